import type { Program } from "@coracle/core";
import { invertedResidual, roundChannels } from "./inverted-residual.ts";
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

/** Factors of channels and of repeats, as in the authors' code. */
const factors = {
  b0: [1, 1],
  b1: [1, 1.1],
  b2: [1.1, 1.2],
  b3: [1.2, 1.4],
  b4: [1.4, 1.8],
  b5: [1.6, 2.2],
  b6: [1.8, 2.6],
  b7: [2, 3.1],
} as const;

export type EfficientNetVariant = keyof typeof factors;

/**
 * EfficientNet-B0 to B7 (Tan and Le 2019, table 1 scaled as section 3.3 says): image [N,3,H,W] f32 -> logits
 * [N,numClasses]. Parameters and multiply-adds as torchvision's efficientnet_b0 to b7 at 224, 240, 288, 300, 380,
 * 456, 528 and 600.
 */
export function efficientnet(variant: EfficientNetVariant, options: ClassifierOptions = {}): Program {
  const { numClasses = 1000, inputShape = anyImage } = options;
  const [width, depth] = factors[variant];
  const layers = new Layers(options, { epsilon: 1e-3 });
  const activation = "swish";
  const widened = (channels: number): number => roundChannels(channels * width);
  const image = layers.input("image", inputShape);
  let x = layers.conv(image, widened(32), { kernel: 3, stride: 2, activation });
  for (const [kernel, expansion, outChannels, repeats, firstStride] of stages) {
    const channels = widened(outChannels);
    for (let i = 0; i < Math.ceil(repeats * depth); i++) {
      const inChannels = Number(x.type.shape[1]);
      const stride = i === 0 ? firstStride : 1;
      const squeeze = { channels: Math.floor(inChannels / 4), activation, gate: "sigmoid" } as const;
      const expanded = inChannels * expansion;
      x = invertedResidual(layers, x, { kernel, stride, expanded, channels, activation, squeeze });
    }
  }
  return layers.build([layers.head(layers.conv(x, widened(1280), { activation }), numClasses)]);
}

/** `efficientnet` of variant "b0". */
export function efficientnetB0(options: ClassifierOptions = {}): Program {
  return efficientnet("b0", options);
}
