import { ops, type Program, type Value } from "@coracle/core";
import { LayerBuilder } from "./layers.ts";

function bottleneck(layers: LayerBuilder, x: Value, width: number, stride: number): Value {
  const inner = layers.conv(x, width, { activation: "relu" });
  const middle = layers.conv(inner, width, { kernel: 3, stride, activation: "relu" });
  const expanded = layers.conv(middle, width * 4);
  const isSame = stride === 1 && x.type.shape[1] === width * 4;
  const shortcut = isSame ? x : layers.conv(x, width * 4, { stride });
  return layers.activate(layers.builder.one(ops.add, {}, [expanded, shortcut]), "relu");
}

/** ResNet50, the stride in the 3x3 (He et al. 2016 with the v1.5 placement): image [1,3,224,224] -> logits [1,1000]. */
export function resnet50(): Program {
  const layers = new LayerBuilder(2);
  const image = layers.builder.input("image", "f32", [1, 3, 224, 224]);
  const stem = layers.conv(image, 64, { kernel: 7, stride: 2, activation: "relu" });
  const pool = {
    kernel: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    dilations: [1, 1],
    ceilMode: false,
  } as const;
  let x = layers.builder.one(ops.maxPool, { ...pool, autoPad: "none", storageOrder: 0, withIndices: false }, [
    stem,
  ]);
  const stages = [
    [64, 3, 1],
    [128, 4, 2],
    [256, 6, 2],
    [512, 3, 2],
  ] as const;
  for (const [width, count, stride] of stages) {
    for (let i = 0; i < count; i++) x = bottleneck(layers, x, width, i === 0 ? stride : 1);
  }
  return layers.builder.build([layers.head(x, 1000)]);
}
