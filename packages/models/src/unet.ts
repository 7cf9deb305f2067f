import type { Program, Value } from "@coracle/core";
import { anyImage, Layers, type ModelOptions } from "./layers.ts";

export interface UNetOptions extends ModelOptions {
  /** Channels of the first level. Default 32. */
  readonly width?: number;
  /** Maps of the result. Default 1. */
  readonly numClasses?: number;
}

function twice(layers: Layers, x: Value, channels: number): Value {
  const options = { kernel: 3, activation: "relu" } as const;
  return layers.conv(layers.conv(x, channels, options), channels, options);
}

/**
 * U-Net of five levels (Ronneberger et al. 2015, figure 1, padded and with batch norm): image [N,3,H,W] f32, H and W
 * multiples of 16 -> probabilities [N,numClasses,H,W].
 */
export function unet(options: UNetOptions = {}): Program {
  const { width = 32, numClasses = 1, inputShape = anyImage } = options;
  const layers = new Layers(options);
  let x = layers.input("image", inputShape);
  const skips: Value[] = [];
  for (let level = 0; level < 4; level++) {
    const wide = twice(layers, x, width << level);
    skips.push(wide);
    x = layers.maxPool(wide, { kernel: 2, stride: 2 });
  }
  x = twice(layers, x, width << 4);
  for (let level = 3; level >= 0; level--) {
    const up = layers.upConv(x, width << level);
    x = twice(layers, layers.concat([up, skips[level]!]), width << level);
  }
  return layers.build([layers.conv(x, numClasses, { after: "bias", activation: "sigmoid" })]);
}
