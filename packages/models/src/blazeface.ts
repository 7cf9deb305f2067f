import { ops, type Program, Tensor, type Value } from "@coracle/core";
import { Layers, type ModelOptions } from "./layers.ts";

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

/** x [N,C,H,W] -> [N,H*W*anchors,size]. */
function predict(layers: Layers, x: Value, anchors: number, size: number): Value {
  const maps = layers.conv(x, anchors * size, { after: "bias" });
  return layers.reshape(layers.transpose(maps, [0, 2, 3, 1]), [0, -1, size]);
}

/**
 * BlazeFace for front cameras (Bazarevsky et al. 2019, with single blocks, as released): image [N,3,128,128] f32 ->
 * boxes with key points [N,896,16] and face scores before the sigmoid [N,896,1].
 */
export function blazeface(options: ModelOptions = {}): Program {
  const { inputShape = ["n", 3, 128, 128] } = options;
  const layers = new Layers(options);
  const image = layers.input("image", inputShape);
  const stem = { kernel: 5, stride: 2, pads: [1, 1, 2, 2], after: "bias", activation: "relu" } as const;
  let x = layers.conv(image, 24, stem);
  for (const [channels, stride] of early) x = blazeBlock(layers, x, channels, stride);
  const large = x;
  for (const [channels, stride] of late) x = blazeBlock(layers, x, channels, stride);
  const scores = [predict(layers, large, 2, 1), predict(layers, x, 6, 1)];
  const boxes = [predict(layers, large, 2, 16), predict(layers, x, 6, 16)];
  return layers.build([layers.concat(boxes), layers.concat(scores)]);
}
