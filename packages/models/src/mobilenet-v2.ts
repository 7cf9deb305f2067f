import type { Program, Value } from "@coracle/core";
import { invertedResidual } from "./inverted-residual.ts";
import { anyImage, type ClassifierOptions, Layers } from "./layers.ts";

/** Expansion, channels, repeats, stride. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** The network before its last convolution. From `maxStride` on, strides become dilations (Chen et al. 2017). */
export function mobilenetV2Features(layers: Layers, image: Value, maxStride = 32): Value {
  const activation = "relu6";
  let x = layers.conv(image, 32, { kernel: 3, stride: 2, activation });
  let total = 2;
  let dilation = 1;
  for (const [expansion, channels, repeats, wantedStride] of stages) {
    for (let i = 0; i < repeats; i++) {
      const wanted = i === 0 ? wantedStride : 1;
      const stride = total * wanted > maxStride ? 1 : wanted;
      const expanded = Number(x.type.shape[1]) * expansion;
      x = invertedResidual(layers, x, { kernel: 3, stride, expanded, channels, activation, dilation });
      total *= stride;
      dilation *= wanted / stride;
    }
  }
  return x;
}

/** MobileNetV2 1.0 (Sandler et al. 2018, table 2): image [N,3,H,W] f32 -> logits [N,numClasses]. */
export function mobilenetV2(options: ClassifierOptions = {}): Program {
  const { numClasses = 1000, inputShape = anyImage } = options;
  const layers = new Layers(options);
  const image = layers.input("image", inputShape);
  const features = mobilenetV2Features(layers, image);
  const last = layers.conv(features, 1280, { activation: "relu6" });
  return layers.build([layers.head(last, numClasses)]);
}
