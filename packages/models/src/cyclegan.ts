import { ops, type Program, type Value } from "@coracle/core";
import { anyImage, Layers, type ModelOptions } from "./layers.ts";

export interface CycleGanOptions extends ModelOptions {
  /** Channels after the first convolution. Default 64. */
  readonly width?: number;
  /** Residual blocks: 9 for 256 x 256, 6 for 128 x 128. Default 9. */
  readonly numBlocks?: number;
}

/** Instance norm without trained vectors. */
function normed(layers: Layers, x: Value): Value {
  const channels = Number(x.type.shape[1]);
  const [ones, zeros] = [1, 0].map((value) => layers.floats(Array.from({ length: channels }, () => value)));
  return layers.one(ops.instanceNorm, { epsilon: 1e-5 }, [x, ones!, zeros!]);
}

function mirrored(layers: Layers, x: Value, size: number): Value {
  const pads = layers.ints([0, 0, size, size, 0, 0, size, size]);
  return layers.one(ops.pad, { mode: "reflect" }, [x, pads, layers.scalar(0), layers.ints([0, 1, 2, 3])]);
}

function step(layers: Layers, x: Value, channels: number, stride: number): Value {
  const y = layers.conv(x, channels, { kernel: 3, stride, after: "bias" });
  return layers.activate(normed(layers, y), "relu");
}

function block(layers: Layers, x: Value): Value {
  const channels = Number(x.type.shape[1]);
  const conv = (from: Value): Value =>
    normed(layers, layers.conv(mirrored(layers, from, 1), channels, { kernel: 3, pads: 0, after: "bias" }));
  return layers.add(x, conv(layers.activate(conv(x), "relu")));
}

/**
 * CycleGAN's generator (Zhu et al. 2017, appendix 7.2): image [N,3,H,W] f32 in [-1,1], H and W multiples of 4 -> image
 * [N,3,H,W] in [-1,1]. Parameters as the authors' code prints (11.378 million), multiply-adds as Li et al. 2020
 * (GAN Compression, figure 1: 56.8 billion).
 */
export function cycleganGenerator(options: CycleGanOptions = {}): Program {
  const { width = 64, numBlocks = 9, inputShape = anyImage } = options;
  const layers = new Layers(options);
  const wide = { kernel: 7, pads: 0, after: "bias" } as const;
  const image = mirrored(layers, layers.input("image", inputShape), 3);
  let x = layers.activate(normed(layers, layers.conv(image, width, wide)), "relu");
  for (const factor of [2, 4]) x = step(layers, x, width * factor, 2);
  for (let i = 0; i < numBlocks; i++) x = block(layers, x);
  for (const factor of [2, 1]) {
    x = layers.activate(normed(layers, layers.upConv(x, width * factor, 3)), "relu");
  }
  return layers.build([layers.conv(mirrored(layers, x, 3), 3, { ...wide, activation: "tanh" })]);
}
