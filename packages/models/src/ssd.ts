import { ops, type Program, type Value } from "@coracle/core";
import { decodeFromPriors, type Prior } from "./detection/boxes.ts";
import { imageSize, mapSize, type OptionalBoxes } from "./detection/options.ts";
import { centred, gridPriors, ofRatio } from "./detection/priors.ts";
import { outputsOf, select } from "./detection/select.ts";
import { anyImage, Layers } from "./layers.ts";
import { mobilenetV1Blocks } from "./mobilenet-v1.ts";

/** Sides of the priors of each map at 300 x 300; the next one's side bounds the second square. */
const sides = [60, 105, 150, 195, 240, 285, 300];
const anchors = [3, 6, 6, 6, 6, 6];

/** Half of a map's side, with twice the channels of the convolution between. */
function shrink(layers: Layers, x: Value, channels: number): Value {
  const narrow = layers.conv(x, channels / 2, { activation: "relu" });
  return layers.conv(narrow, channels, { kernel: 3, stride: 2, activation: "relu" });
}

interface Prediction {
  readonly anchors: number;
  readonly size: number;
  readonly gain: number;
}

/** x [N,C,H,W] -> [N,H*W*anchors,size]. */
function predict(layers: Layers, x: Value, { anchors: count, size, gain }: Prediction): Value {
  const maps = layers.conv(x, count * size, { after: "bias", gain });
  return layers.reshape(layers.transpose(maps, [0, 2, 3, 1]), [0, -1, size]);
}

/** Liu et al. 2016, section 2.2: squares of two sizes, then boxes of 2:1, 1:2, 3:1 and 1:3. */
function priorsOf(maps: readonly Value[], [width, height]: readonly [number, number]): readonly Prior[] {
  const unit = Math.min(width, height) / 300;
  return maps.flatMap((map, i) => {
    const [small, large] = [sides[i]! * unit, sides[i + 1]! * unit];
    const halves = [2, 1 / 2].map((ratio) => ofRatio(small, ratio));
    const more = [centred(Math.sqrt(small * large)), ...halves, ofRatio(small, 3), ofRatio(small, 1 / 3)];
    const [columns, rows] = mapSize(map);
    const grid = { width: columns, height: rows, step: [width / columns, height / rows] } as const;
    return gridPriors(grid, [centred(small), ...(i === 0 ? halves : more)]);
  });
}

/**
 * SSD (Liu et al. 2016) on MobileNetV1, six maps from blocks 11 and 13 and four shrinking layers: image [N,3,H,W] f32
 * -> box offsets [N,anchors,4] and class probabilities [N,anchors,numClasses]; 1917 anchors at 300 x 300. 21 classes
 * by default, the first for what is no object. With `postprocess` boxes over 0.25, none of which overlaps another of
 * its class by more than 0.45, 100 of them at most.
 */
export function ssdMobilenetV1(options: OptionalBoxes = {}): Program {
  const { numClasses = 21, inputShape = anyImage, postprocess = false } = options;
  const { scoreThreshold = 0.25, iouThreshold = 0.45, maxDetections = 100 } = options;
  const image = postprocess ? imageSize(inputShape) : undefined;
  const layers = new Layers(options);
  const blocks = mobilenetV1Blocks(layers, layers.input("image", inputShape));
  const maps = [blocks[10]!, blocks[12]!];
  for (const channels of [512, 256, 256, 128]) maps.push(shrink(layers, maps.at(-1)!, channels));
  const of = (size: number, gain: number): readonly Value[] =>
    maps.map((map, i) => predict(layers, map, { anchors: anchors[i]!, size, gain }));
  const [offsets, classes] = [of(4, image ? 4 : 1), of(numClasses, image ? 4 : 1)];
  const scores = layers.one(ops.softmax, { axis: 2 }, [layers.concat(classes)]);
  const deltas = layers.concat(offsets);
  if (!image) return layers.build([deltas, scores]);
  const priors = priorsOf(maps, image);
  const boxes = decodeFromPriors(layers, deltas, priors, { variances: [0.1, 0.2], image });
  const detections = select(layers, boxes, layers.slice(scores, 1, numClasses, 2), {
    iouThreshold,
    scoreThreshold,
    most: maxDetections,
    rows: maxDetections,
    candidates: 400,
    numClasses: numClasses - 1,
    numBoxes: priors.length,
    firstLabel: 1,
  });
  return layers.build(outputsOf(detections));
}
