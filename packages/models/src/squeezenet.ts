import type { Program, Value } from "@coracle/core";
import { anyImage, type ClassifierOptions, Layers } from "./layers.ts";

/** Iandola et al. 2016, figure 1: squeeze, then expand by 1x1 and by 3x3 side by side. */
function fire(layers: Layers, x: Value, squeezed: number, expanded: number): Value {
  const shared = { after: "bias", activation: "relu" } as const;
  const narrow = layers.conv(x, squeezed, shared);
  const by1 = layers.conv(narrow, expanded, shared);
  return layers.concat([by1, layers.conv(narrow, expanded, { ...shared, kernel: 3 })]);
}

/** SqueezeNet 1.1 (Iandola et al. 2016, the authors' smaller release): image [N,3,H,W] f32 -> logits [N,numClasses]. */
export function squeezenet(options: ClassifierOptions = {}): Program {
  const { numClasses = 1000, inputShape = anyImage } = options;
  const layers = new Layers(options);
  const shared = { after: "bias", activation: "relu" } as const;
  const pool = (x: Value): Value => layers.maxPool(x, { kernel: 3, stride: 2, ceilMode: true });
  const image = layers.input("image", inputShape);
  let x = pool(layers.conv(image, 64, { ...shared, kernel: 3, stride: 2, pads: 0 }));
  x = fire(layers, x, 16, 64);
  x = pool(fire(layers, x, 16, 64));
  x = fire(layers, x, 32, 128);
  x = pool(fire(layers, x, 32, 128));
  for (const width of [48, 48, 64, 64]) x = fire(layers, x, width, width * 4);
  const maps = layers.conv(x, numClasses, shared);
  return layers.build([layers.flatten(layers.globalAveragePool(maps))]);
}
