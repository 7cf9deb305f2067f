import type { Program } from "@coracle/core";
import { LayerBuilder } from "./layers.ts";

/** MobileNetV1 1.0 224 (Howard et al. 2017, table 1): image [1,3,224,224] -> logits [1,1000]. */
export function mobilenetV1(): Program {
  const layers = new LayerBuilder(1);
  let x = layers.builder.input("image", "f32", [1, 3, 224, 224]);
  const stages = [
    [64, 1],
    [128, 2],
    [128, 1],
    [256, 2],
    [256, 1],
    [512, 2],
    [512, 1],
    [512, 1],
    [512, 1],
    [512, 1],
    [512, 1],
    [1024, 2],
    [1024, 1],
  ] as const;
  x = layers.conv(x, 32, { kernel: 3, stride: 2, activation: "relu6" });
  for (const [channels, stride] of stages) {
    const groups = Number(x.type.shape[1]);
    x = layers.conv(x, groups, { kernel: 3, stride, groups, activation: "relu6" });
    x = layers.conv(x, channels, { activation: "relu6" });
  }
  return layers.builder.build([layers.head(x, 1000)]);
}
