import type { Program, Value } from "@coracle/core";
import { anyImage, type ClassifierOptions, Layers } from "./layers.ts";

const stages = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const;

/** Up to the 13 depthwise separable blocks; the output of each is kept. */
export function mobilenetV1Blocks(layers: Layers, image: Value): readonly Value[] {
  let x = layers.conv(image, 32, { kernel: 3, stride: 2, activation: "relu" });
  return stages.map(([channels, stride]) => {
    const filtered = layers.depthwise(x, { kernel: 3, stride, activation: "relu" });
    x = layers.conv(filtered, channels, { activation: "relu" });
    return x;
  });
}

/**
 * MobileNetV1 1.0 (Howard et al. 2017, table 1): image [N,3,H,W] f32 -> logits [N,numClasses]. Its 27 convolutions
 * are "conv2d_0" and up, the odd ones depthwise.
 */
export function mobilenetV1(options: ClassifierOptions = {}): Program {
  const { numClasses = 1000, inputShape = anyImage } = options;
  const layers = new Layers(options);
  const image = layers.input("image", inputShape);
  const x = mobilenetV1Blocks(layers, image).at(-1)!;
  return layers.build([layers.head(x, numClasses)]);
}
