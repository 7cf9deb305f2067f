import { ops, type Program, type Value } from "@coracle/core";
import { type ClassifierOptions, Layers } from "./layers.ts";

/** x [N,C,H,W] with its channels c and c + C/2 side by side (Zhang et al. 2018, figure 1). */
function shuffle(layers: Layers, x: Value): Value {
  const [channels, height, width] = x.type.shape.slice(1).map(Number) as [number, number, number];
  const groups = layers.reshape(x, [0, 2, channels / 2, height, width]);
  return layers.reshape(layers.transpose(groups, [0, 2, 1, 3, 4]), [0, channels, height, width]);
}

/** A filter of each channel between two pointwise convolutions. */
function branch(layers: Layers, x: Value, channels: number, stride: number): Value {
  const mixed = layers.conv(x, channels, { activation: "relu" });
  const filtered = layers.depthwise(mixed, { kernel: 3, stride });
  return layers.conv(filtered, channels, { activation: "relu" });
}

/** Ma et al. 2018, figure 3c: half of the channels pass as they are. */
function basicUnit(layers: Layers, x: Value): Value {
  const [kept, changed] = layers.builder.node(ops.split, { axis: 1, numOutputs: 2 }, [x]);
  const width = Number(changed!.type.shape[1]);
  return shuffle(layers, layers.concat([kept!, branch(layers, changed!, width, 1)]));
}

/** Ma et al. 2018, figure 3d. */
function downUnit(layers: Layers, x: Value, channels: number): Value {
  const filtered = layers.depthwise(x, { kernel: 3, stride: 2 });
  const left = layers.conv(filtered, channels / 2, { activation: "relu" });
  return shuffle(layers, layers.concat([left, branch(layers, x, channels / 2, 2)]));
}

/**
 * ShuffleNetV2 1.0x (Ma et al. 2018, table 5): image [N,3,224,224] f32 -> logits [N,numClasses].
 * Another height and width must be numbers.
 */
export function shufflenetV2(options: ClassifierOptions = {}): Program {
  const { numClasses = 1000, inputShape = ["n", 3, 224, 224] } = options;
  const layers = new Layers(options);
  const image = layers.input("image", inputShape);
  const stem = layers.conv(image, 24, { kernel: 3, stride: 2, activation: "relu" });
  let x = layers.maxPool(stem, { kernel: 3, stride: 2, pads: 1 });
  const stages = [
    [116, 4],
    [232, 8],
    [464, 4],
  ] as const;
  for (const [channels, repeats] of stages) {
    x = downUnit(layers, x, channels);
    for (let i = 1; i < repeats; i++) x = basicUnit(layers, x);
  }
  return layers.build([layers.head(layers.conv(x, 1024, { activation: "relu" }), numClasses)]);
}
