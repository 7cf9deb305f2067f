import type { Program } from "@coracle/core";
import { invertedResidual } from "./inverted-residual.ts";
import { anyImage, type ClassifierOptions, Layers } from "./layers.ts";

/** Kernel, expansion, channels, repeats, stride. */
const stages = [
  [3, 3, 24, 3, 2],
  [5, 3, 40, 3, 2],
  [5, 6, 80, 3, 2],
  [3, 6, 96, 2, 1],
  [5, 6, 192, 4, 2],
  [3, 6, 320, 1, 1],
] as const;

/** MnasNet-B1 1.0 (Tan et al. 2019, without squeeze-excite): image [N,3,H,W] f32 -> logits [N,numClasses]. */
export function mnasnetB1(options: ClassifierOptions = {}): Program {
  const { numClasses = 1000, inputShape = anyImage } = options;
  const layers = new Layers(options);
  const activation = "relu";
  const image = layers.input("image", inputShape);
  const stem = layers.conv(image, 32, { kernel: 3, stride: 2, activation });
  let x = layers.conv(layers.depthwise(stem, { kernel: 3, activation }), 16);
  for (const [kernel, expansion, channels, repeats, firstStride] of stages) {
    for (let i = 0; i < repeats; i++) {
      const expanded = Number(x.type.shape[1]) * expansion;
      const stride = i === 0 ? firstStride : 1;
      x = invertedResidual(layers, x, { kernel, stride, expanded, channels, activation });
    }
  }
  return layers.build([layers.head(layers.conv(x, 1280, { activation }), numClasses)]);
}
