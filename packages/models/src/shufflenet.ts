import type { Program, Value } from "@coracle/core";
import { type ClassifierOptions, Layers } from "./layers.ts";

const groups = 3;

/** x [N,C,H,W] with the channels of its groups in turn (Zhang et al. 2018, figure 1). */
function shuffle(layers: Layers, x: Value): Value {
  const [channels, height, width] = x.type.shape.slice(1).map(Number) as [number, number, number];
  const apart = layers.reshape(x, [0, groups, channels / groups, height, width]);
  return layers.reshape(layers.transpose(apart, [0, 2, 1, 3, 4]), [0, channels, height, width]);
}

/** Zhang et al. 2018, figure 2b, or 2c where `stride` is 2. The first unit of all has no groups before its shuffle. */
function unit(layers: Layers, x: Value, channels: number, stride: number): Value {
  const inChannels = Number(x.type.shape[1]);
  const added = stride === 2 ? channels - inChannels : channels;
  const isFirst = inChannels === 24;
  const narrow = layers.conv(x, channels / 4, { groups: isFirst ? 1 : groups, activation: "relu" });
  const filtered = layers.depthwise(isFirst ? narrow : shuffle(layers, narrow), { kernel: 3, stride });
  const wide = layers.conv(filtered, added, { groups });
  if (stride === 1) return layers.activate(layers.add(x, wide), "relu");
  const pooled = layers.averagePool(x, { kernel: 3, stride: 2, pads: 1, countIncludePad: true });
  return layers.concat([pooled, layers.activate(wide, "relu")]);
}

/**
 * ShuffleNet 1x with 3 groups (Zhang et al. 2018, table 1): image [N,3,224,224] f32 -> logits [N,numClasses]. Another
 * height and width must be numbers. Multiply-adds as in the table (137 million), parameters as the authors' code has.
 */
export function shufflenet(options: ClassifierOptions = {}): Program {
  const { numClasses = 1000, inputShape = ["n", 3, 224, 224] } = options;
  const layers = new Layers(options);
  const image = layers.input("image", inputShape);
  const stem = layers.conv(image, 24, { kernel: 3, stride: 2, activation: "relu" });
  let x = layers.maxPool(stem, { kernel: 3, stride: 2, pads: 1 });
  for (const [channels, repeats] of [
    [240, 4],
    [480, 8],
    [960, 4],
  ] as const) {
    for (let i = 0; i < repeats; i++) x = unit(layers, x, channels, i === 0 ? 2 : 1);
  }
  return layers.build([layers.head(x, numClasses)]);
}
