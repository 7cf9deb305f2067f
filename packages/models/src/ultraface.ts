import { ops, type Program, type Value } from "@coracle/core";
import { decodeFromPriors, type Prior } from "./detection/boxes.ts";
import { type DetectorOptions, imageSize, mapSize } from "./detection/options.ts";
import { centred, gridPriors } from "./detection/priors.ts";
import { outputsOf, select } from "./detection/select.ts";
import { type ConvOptions, Layers } from "./layers.ts";

/** Sides of the priors of each map, in pixels, and the pixels of a cell. */
const grids = [
  [8, [10, 16, 24]],
  [16, [32, 48]],
  [32, [64, 96]],
  [64, [128, 192, 256]],
] as const;

/** Channels and stride of the separable convolutions before each predicted map. */
const stages = [
  [
    [32, 1],
    [32, 2],
    [32, 1],
    [64, 2],
    [64, 1],
    [64, 1],
  ],
  [
    [128, 2],
    [128, 1],
    [128, 1],
  ],
  [
    [256, 2],
    [256, 1],
  ],
] as const;

function separable(layers: Layers, x: Value, channels: number, stride: number): Value {
  const activation = "relu";
  return layers.conv(layers.depthwise(x, { kernel: 3, stride, activation }), channels, { activation });
}

/** Liu et al. 2018 (RFB Net), figure 4: three dilations side by side and a shortcut. */
function receptiveField(layers: Layers, x: Value): Value {
  const channels = Number(x.type.shape[1]);
  const width = channels / 8;
  const branch = (middles: readonly number[], dilation: number): Value => {
    let y = layers.conv(x, width);
    for (const middle of middles) y = layers.conv(y, middle, { kernel: 3, activation: "relu" });
    return layers.conv(y, 2 * width, { kernel: 3, dilation });
  };
  const wide = 2 * width;
  const fields = [branch([wide], 2), branch([wide], 3), branch([(width / 2) * 3, wide], 5)];
  const mixed = layers.conv(layers.concat(fields), channels);
  return layers.activate(layers.add(mixed, layers.conv(x, channels)), "relu");
}

interface Prediction extends ConvOptions {
  readonly outputs: number;
  readonly isLast: boolean;
}

/** x [N,C,H,W] -> [N,outputs,H,W]; the last map's convolution is not separable. */
function predict(layers: Layers, x: Value, { outputs, isLast, ...options }: Prediction): Value {
  const shared = { ...options, after: "bias" } as const;
  if (isLast) return layers.conv(x, outputs, { ...shared, kernel: 3 });
  const filtered = layers.depthwise(x, { kernel: 3, after: "bias", activation: "relu" });
  return layers.conv(filtered, outputs, shared);
}

function mapsOf(layers: Layers, image: Value, hasField: boolean): readonly Value[] {
  let x = layers.conv(image, 16, { kernel: 3, stride: 2, activation: "relu" });
  const maps = stages.map((stage, i) => {
    for (const [channels, stride] of stage) x = separable(layers, x, channels, stride);
    if (i === 0) x = hasField ? receptiveField(layers, x) : separable(layers, x, 64, 1);
    return x;
  });
  const plain = { after: "bias", activation: "relu" } as const;
  const narrow = layers.conv(x, 64, plain);
  return [...maps, layers.conv(layers.depthwise(narrow, { ...plain, kernel: 3, stride: 2 }), 256, plain)];
}

function priorsOf(maps: readonly Value[]): readonly Prior[] {
  return maps.flatMap((map, i) => {
    const [step, sides] = grids[i]!;
    const [width, height] = mapSize(map);
    return gridPriors(
      { width, height, step: [step, step] },
      sides.map((side) => centred(side)),
    );
  });
}

/**
 * UltraFace (Linzaer, Ultra-Light-Fast-Generic-Face-Detector-1MB), the version "RFB" or the smaller "slim": image
 * [N,3,240,320] f32 -> faces over 0.7, none of which overlaps another by more than 0.3: boxes [N,maxDetections,4] as
 * x1 y1 x2 y2 in pixels, scores [N,maxDetections], labels [N,maxDetections] i64, all 1, and their count [N] i64; zeros
 * and label -1 after the last. 200 faces at most by default. Parameters and multiply-adds as Open Model Zoo's
 * ultra-lightweight-face-detection-rfb-320 and -slim-320. Another height and width must be numbers.
 */
export function ultraface(version: "RFB" | "slim", options: DetectorOptions = {}): Program {
  const { inputShape = ["n", 3, 240, 320], maxDetections = 200 } = options;
  const { scoreThreshold = 0.7, iouThreshold = 0.3 } = options;
  const image = imageSize(inputShape);
  const layers = new Layers(options);
  const maps = mapsOf(layers, layers.input("image", inputShape), version === "RFB");
  const of = (size: number, gain: number): Value =>
    layers.concat(
      maps.map((map, i) => {
        const outputs = grids[i]![1].length * size;
        const predicted = predict(layers, map, { outputs, isLast: i === maps.length - 1, gain });
        return layers.reshape(layers.transpose(predicted, [0, 2, 3, 1]), [0, -1, size]);
      }),
    );
  const [deltas, classes] = [of(4, 4), of(2, 1)];
  const scores = layers.slice(layers.one(ops.softmax, { axis: 2 }, [classes]), 1, 2, 2);
  const priors = priorsOf(maps);
  const boxes = decodeFromPriors(layers, deltas, priors, { variances: [0.1, 0.2], image });
  const limits = { iouThreshold, scoreThreshold, most: maxDetections, rows: maxDetections };
  const sizes = { numClasses: 1, numBoxes: priors.length, firstLabel: 1 };
  return layers.build(outputsOf(select(layers, boxes, scores, { ...limits, ...sizes })));
}
