import type { Program } from "@coracle/core";
import { invertedResidual } from "./inverted-residual.ts";
import { anyImage, type ClassifierOptions, Layers } from "./layers.ts";

/** Kernel, expansion, channels, repeats, stride. */
const stages = [
  [3, 1, 16, 1, 1],
  [3, 6, 24, 2, 2],
  [5, 6, 40, 2, 2],
  [3, 6, 80, 3, 2],
  [5, 6, 112, 3, 1],
  [5, 6, 192, 4, 2],
  [3, 6, 320, 1, 1],
] as const;

/** EfficientNet-B0 (Tan and Le 2019, table 1): image [N,3,H,W] f32 -> logits [N,numClasses]. */
export function efficientnetB0(options: ClassifierOptions = {}): Program {
  const { numClasses = 1000, inputShape = anyImage } = options;
  const layers = new Layers(options, { epsilon: 1e-3 });
  const activation = "swish";
  let x = layers.conv(layers.input("image", inputShape), 32, { kernel: 3, stride: 2, activation });
  for (const [kernel, expansion, channels, repeats, firstStride] of stages) {
    for (let i = 0; i < repeats; i++) {
      const inChannels = Number(x.type.shape[1]);
      const stride = i === 0 ? firstStride : 1;
      const squeeze = { channels: inChannels / 4, activation, gate: "sigmoid" } as const;
      const expanded = inChannels * expansion;
      x = invertedResidual(layers, x, { kernel, stride, expanded, channels, activation, squeeze });
    }
  }
  return layers.build([layers.head(layers.conv(x, 1280, { activation }), numClasses)]);
}
