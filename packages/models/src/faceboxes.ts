import { ops, type Program, type Value } from "@coracle/core";
import { decodeFromPriors, type Prior } from "./detection/boxes.ts";
import { type DetectorOptions, imageSize, mapSize } from "./detection/options.ts";
import { centred, gridPriors } from "./detection/priors.ts";
import { outputsOf, select } from "./detection/select.ts";
import { type ConvOptions, Layers } from "./layers.ts";

/** Pixels of a cell of each map, and side and number along an axis of its priors (Zhang et al. 2017, section 3.3). */
const grids = [
  [
    32,
    [
      [32, 4],
      [64, 2],
      [128, 1],
    ],
  ],
  [64, [[256, 1]]],
  [128, [[512, 1]]],
] as const;

/** Shang et al. 2016: what is positive and what is negative, side by side. */
function bothSigns(layers: Layers, x: Value, channels: number, options: ConvOptions): Value {
  const y = layers.conv(x, channels, options);
  return layers.activate(layers.concat([y, layers.one(ops.neg, {}, [y])]), "relu");
}

/** Zhang et al. 2017, figure 2b. */
function inception(layers: Layers, x: Value): Value {
  const activation = "relu";
  const conv = (from: Value, channels: number, kernel = 1): Value =>
    layers.conv(from, channels, { kernel, activation });
  const pooled = layers.averagePool(x, { kernel: 3, stride: 1, pads: 1, countIncludePad: true });
  return layers.concat([
    conv(x, 32),
    conv(pooled, 32),
    conv(conv(x, 24), 32, 3),
    conv(conv(conv(x, 24), 32, 3), 32, 3),
  ]);
}

function mapsOf(layers: Layers, image: Value): readonly Value[] {
  const pool = { kernel: 3, stride: 2, pads: 1 };
  let x = layers.maxPool(bothSigns(layers, image, 24, { kernel: 7, stride: 4 }), pool);
  x = layers.maxPool(bothSigns(layers, x, 64, { kernel: 5, stride: 2 }), pool);
  for (let i = 0; i < 3; i++) x = inception(layers, x);
  const maps = [x];
  for (let i = 0; i < 2; i++) {
    const narrow = layers.conv(maps.at(-1)!, 128, { activation: "relu" });
    maps.push(layers.conv(narrow, 256, { kernel: 3, stride: 2, activation: "relu" }));
  }
  return maps;
}

/** `count` x `count` priors, evenly from the corner of a cell; one alone is in its middle. */
function dense(step: number, side: number, count: number): readonly Prior[] {
  const offset = (i: number): number => (count === 1 ? 0 : (i / count - 0.5) * step);
  return Array.from({ length: count * count }, (_, i) => ({
    ...centred(side),
    x: offset(i % count),
    y: offset(Math.floor(i / count)),
  }));
}

function priorsOf(maps: readonly Value[]): readonly Prior[] {
  return maps.flatMap((map, i) => {
    const [step, sides] = grids[i]!;
    const [width, height] = mapSize(map);
    const shapes = sides.flatMap(([side, count]) => dense(step, side, count));
    return gridPriors({ width, height, step: [step, step] }, shapes);
  });
}

/**
 * FaceBoxes (Zhang et al. 2017), as zisianw/FaceBoxes.PyTorch has it: image [N,3,H,W] f32, H and W numbers -> faces
 * over 0.5, none of which overlaps another by more than 0.3: boxes [N,maxDetections,4] as x1 y1 x2 y2 in pixels,
 * scores [N,maxDetections], labels [N,maxDetections] i64, all 1, and their count [N] i64; zeros and label -1 after the
 * last. 750 faces at most by default, out of the 5000 boxes of the best scores. 1024 x 1024 by default.
 */
export function faceboxes(options: DetectorOptions = {}): Program {
  const { inputShape = ["n", 3, 1024, 1024], maxDetections = 750 } = options;
  const { scoreThreshold = 0.5, iouThreshold = 0.3 } = options;
  const image = imageSize(inputShape);
  const layers = new Layers(options);
  const maps = mapsOf(layers, layers.input("image", inputShape));
  const of = (size: number, gain: number): Value =>
    layers.concat(
      maps.map((map, i) => {
        const numPriors = grids[i]![1].reduce((sum, [, count]) => sum + count * count, 0);
        const predicted = layers.conv(map, numPriors * size, { kernel: 3, after: "bias", gain });
        return layers.reshape(layers.transpose(predicted, [0, 2, 3, 1]), [0, -1, size]);
      }),
    );
  const [deltas, classes] = [of(4, 4), of(2, 1)];
  const scores = layers.slice(layers.one(ops.softmax, { axis: 2 }, [classes]), 1, 2, 2);
  const priors = priorsOf(maps);
  const boxes = decodeFromPriors(layers, deltas, priors, { variances: [0.1, 0.2], image });
  const limits = { iouThreshold, scoreThreshold, most: maxDetections, rows: maxDetections };
  const sizes = { candidates: 5000, numClasses: 1, numBoxes: priors.length, firstLabel: 1 };
  return layers.build(outputsOf(select(layers, boxes, scores, { ...limits, ...sizes })));
}
