import type { Program } from "@coracle/core";
import { type ClassifierOptions, Layers } from "./layers.ts";

const channels = [64, 128, 256, 512, 512] as const;

function vgg(options: ClassifierOptions, repeats: readonly number[]): Program {
  const { numClasses = 1000, inputShape = ["n", 3, 224, 224] } = options;
  const layers = new Layers(options);
  let x = layers.input("image", inputShape);
  for (const [stage, count] of repeats.entries()) {
    for (let i = 0; i < count; i++) {
      x = layers.conv(x, channels[stage]!, { kernel: 3, after: "bias", activation: "relu" });
    }
    x = layers.maxPool(x, { kernel: 2, stride: 2 });
  }
  x = layers.flatten(x);
  for (let i = 0; i < 2; i++) x = layers.activate(layers.linear(x, 4096), "relu");
  return layers.build([layers.linear(x, numClasses)]);
}

/** VGG16 (Simonyan and Zisserman 2015, table 1, D): image [N,3,224,224] f32 -> logits [N,numClasses]. */
export function vgg16(options: ClassifierOptions = {}): Program {
  return vgg(options, [2, 2, 3, 3, 3]);
}

/** VGG19 (Simonyan and Zisserman 2015, table 1, E): image [N,3,224,224] f32 -> logits [N,numClasses]. */
export function vgg19(options: ClassifierOptions = {}): Program {
  return vgg(options, [2, 2, 4, 4, 4]);
}
