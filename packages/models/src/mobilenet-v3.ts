import type { Program, Value } from "@coracle/core";
import { invertedResidual, mobileSqueeze } from "./inverted-residual.ts";
import { anyImage, type ClassifierOptions, Layers } from "./layers.ts";

/** Kernel, expanded, channels, squeeze-excite, activation, stride. */
const blocks = [
  [3, 16, 16, false, "relu", 1],
  [3, 64, 24, false, "relu", 2],
  [3, 72, 24, false, "relu", 1],
  [5, 72, 40, true, "relu", 2],
  [5, 120, 40, true, "relu", 1],
  [5, 120, 40, true, "relu", 1],
  [3, 240, 80, false, "hardSwish", 2],
  [3, 200, 80, false, "hardSwish", 1],
  [3, 184, 80, false, "hardSwish", 1],
  [3, 184, 80, false, "hardSwish", 1],
  [3, 480, 112, true, "hardSwish", 1],
  [3, 672, 112, true, "hardSwish", 1],
  [5, 672, 160, true, "hardSwish", 2],
  [5, 960, 160, true, "hardSwish", 1],
  [5, 960, 160, true, "hardSwish", 1],
] as const;

/** Outputs of the 15 inverted residuals. */
export function mobilenetV3Blocks(layers: Layers, image: Value): readonly Value[] {
  let x = layers.conv(image, 16, { kernel: 3, stride: 2, activation: "hardSwish" });
  return blocks.map(([kernel, expanded, channels, isSqueezed, activation, stride]) => {
    const shared = { kernel, stride, expanded, channels, activation };
    const block = isSqueezed ? { ...shared, squeeze: mobileSqueeze(expanded) } : shared;
    x = invertedResidual(layers, x, block);
    return x;
  });
}

/** MobileNetV3-Large 1.0 (Howard et al. 2019, table 1): image [N,3,H,W] f32 -> logits [N,numClasses]. */
export function mobilenetV3Large(options: ClassifierOptions = {}): Program {
  const { numClasses = 1000, inputShape = anyImage } = options;
  const layers = new Layers(options, { epsilon: 1e-3 });
  const image = layers.input("image", inputShape);
  const features = mobilenetV3Blocks(layers, image).at(-1)!;
  const last = layers.conv(features, 960, { activation: "hardSwish" });
  const pooled = layers.flatten(layers.globalAveragePool(last));
  const hidden = layers.activate(layers.linear(pooled, 1280), "hardSwish");
  return layers.build([layers.linear(hidden, numClasses)]);
}
