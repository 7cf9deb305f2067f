import type { Program } from "@coracle/core";
import { type ClassifierOptions, Layers } from "./layers.ts";

const stages = [
  [64, 2],
  [128, 2],
  [256, 3],
  [512, 3],
  [512, 3],
] as const;

/** VGG16 (Simonyan and Zisserman 2015, table 1, D): image [N,3,224,224] f32 -> logits [N,numClasses]. */
export function vgg16(options: ClassifierOptions = {}): Program {
  const { numClasses = 1000, inputShape = ["n", 3, 224, 224] } = options;
  const layers = new Layers(options);
  let x = layers.input("image", inputShape);
  for (const [channels, repeats] of stages) {
    for (let i = 0; i < repeats; i++) {
      x = layers.conv(x, channels, { kernel: 3, after: "bias", activation: "relu" });
    }
    x = layers.maxPool(x, { kernel: 2, stride: 2 });
  }
  x = layers.flatten(x);
  for (let i = 0; i < 2; i++) x = layers.activate(layers.linear(x, 4096), "relu");
  return layers.build([layers.linear(x, numClasses)]);
}
