import { ops, type Program, Tensor, type Value } from "@coracle/core";
import { clipBoxes, corners } from "./detection/boxes.ts";
import { imageSize, mapSize, type OptionalBoxes } from "./detection/options.ts";
import { centred, gridPriors } from "./detection/priors.ts";
import { outputsOf, pick, select } from "./detection/select.ts";
import { type ConvOptions, Layers } from "./layers.ts";

/** Channels and stride of the blocks up to the first predicted map, then up to the second. */
const early = [
  [24, 1],
  [28, 1],
  [32, 2],
  [36, 1],
  [42, 1],
  [48, 2],
  [56, 1],
  [64, 1],
  [72, 1],
  [80, 1],
  [88, 1],
] as const;
const late = [
  [96, 2],
  [96, 1],
  [96, 1],
  [96, 1],
  [96, 1],
] as const;

function padChannels(layers: Layers, x: Value, channels: number): Value {
  const missing = channels - Number(x.type.shape[1]);
  if (missing === 0) return x;
  const zero = layers.builder.constant(Tensor.scalar("f32", 0), "zero");
  const inputs = [x, layers.ints([0, 0, 0, 0, 0, missing, 0, 0]), zero, layers.ints([0, 1, 2, 3])];
  return layers.one(ops.pad, { mode: "constant" }, inputs);
}

/** Bazarevsky et al. 2019, figure 1, left: a separable convolution beside x, pooled and padded to fit. */
function blazeBlock(layers: Layers, x: Value, channels: number, stride: number): Value {
  const pads = stride === 2 ? [0, 0, 1, 1] : 1;
  const groups = Number(x.type.shape[1]);
  const filtered = layers.conv(x, groups, { kernel: 3, stride, pads, groups, after: "bias" });
  const mixed = layers.conv(filtered, channels, { after: "bias" });
  const shortcut = stride === 2 ? layers.maxPool(x, { kernel: 2, stride: 2 }) : x;
  return layers.activate(layers.add(mixed, padChannels(layers, shortcut, channels)), "relu");
}

interface Prediction extends ConvOptions {
  readonly anchors: number;
  readonly size: number;
}

/** x [N,C,H,W] -> [N,H*W*anchors,size]. */
function predict(layers: Layers, x: Value, { anchors, size, ...options }: Prediction): Value {
  const maps = layers.conv(x, anchors * size, { ...options, after: "bias" });
  return layers.reshape(layers.transpose(maps, [0, 2, 3, 1]), [0, -1, size]);
}

const numPoints = 6;
/** Of a box and its points, in pixels, with `postprocess`: a quarter of the image of the front camera. */
const boxBias = Array.from({ length: 4 + 2 * numPoints }, (_, i) => (i === 2 || i === 3 ? 32 : 0));

/** [1,B,2] in pixels: the middle of each cell, as often as it has boxes. */
function origins(
  layers: Layers,
  maps: readonly (readonly [Value, number])[],
  [width]: readonly [number, number],
): readonly [Value, number] {
  const points = maps.flatMap(([map, anchors]) => {
    const [columns, rows] = mapSize(map);
    const step = width / columns;
    const shapes = Array.from({ length: anchors }, () => centred(1));
    return gridPriors({ width: columns, height: rows, step: [step, step] }, shapes);
  });
  const values = points.flatMap(({ x, y }) => [x, y]);
  return [layers.floats(values, [1, points.length, 2]), points.length];
}

/** raw [N,B,16] in pixels from the origins -> boxes [N,B,4] and points [N,B,6,2]. */
function decodeFaces(
  layers: Layers,
  raw: Value,
  starts: Value,
  image: readonly [number, number],
): readonly [Value, Value] {
  const [offsets, sizes, points] = layers.split(raw, [2, 2, 2 * numPoints], 2);
  const halves = layers.mul(sizes!, layers.scalar(0.5));
  const boxes = clipBoxes(layers, corners(layers, layers.add(offsets!, starts), halves), image);
  const apart = layers.reshape(points!, [0, 0, numPoints, 2]);
  return [boxes, layers.add(apart, layers.unsqueeze(starts, 2))];
}

/**
 * BlazeFace for front cameras (Bazarevsky et al. 2019, with single blocks, as released): image [N,3,128,128] f32 ->
 * boxes with key points [N,896,16] and face scores before the sigmoid [N,896,1]. With `postprocess` faces over 0.75,
 * none of which overlaps another by more than 0.3, 50 of them at most, and after their count six points of each
 * [N,maxDetections,6,2]; the best face stays as it is, not blended with those it suppresses.
 */
export function blazeface(options: OptionalBoxes = {}): Program {
  const { inputShape = ["n", 3, 128, 128], postprocess = false } = options;
  const { scoreThreshold = 0.75, iouThreshold = 0.3, maxDetections = 50 } = options;
  const layers = new Layers(options);
  const image = layers.input("image", inputShape);
  const stem = { kernel: 5, stride: 2, pads: [1, 1, 2, 2], after: "bias", activation: "relu" } as const;
  let x = layers.conv(image, 24, stem);
  for (const [channels, stride] of early) x = blazeBlock(layers, x, channels, stride);
  const large = x;
  for (const [channels, stride] of late) x = blazeBlock(layers, x, channels, stride);
  const maps = [[large, 2] as const, [x, 6] as const];
  const of = (size: number, options: ConvOptions, initial?: readonly number[]): readonly Value[] =>
    maps.map(([map, anchors]) => {
      const biases = initial && Array.from({ length: anchors }, () => initial).flat();
      return predict(layers, map, { anchors, size, ...options, ...(biases ? { initial: biases } : {}) });
    });
  const chances = of(1, postprocess ? { gain: 1 / 16 } : {});
  const raw = layers.concat(of(4 + 2 * numPoints, {}, postprocess ? boxBias : undefined));
  const scores = layers.concat(chances);
  if (!postprocess) return layers.build([raw, scores]);
  const size = imageSize(inputShape);
  const [starts, numBoxes] = origins(layers, maps, size);
  const [boxes, points] = decodeFaces(layers, raw, starts, size);
  const limits = { iouThreshold, scoreThreshold, most: maxDetections, rows: maxDetections };
  const faces = layers.activate(scores, "sigmoid");
  const detections = select(layers, boxes, faces, { ...limits, numClasses: 1, numBoxes });
  const found = layers.one(ops.unsqueeze, {}, [detections.found, layers.ints([2, 3])]);
  const marked = layers.mul(pick(layers, points, detections.rows), found);
  return layers.build([...outputsOf(detections), marked]);
}
