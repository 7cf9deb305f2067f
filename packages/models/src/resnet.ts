import type { Program, Value } from "@coracle/core";
import { anyImage, type ClassifierOptions, Layers } from "./layers.ts";

type Block = (layers: Layers, x: Value, width: number, stride: number) => Value;

function joined(layers: Layers, x: Value, y: Value, stride: number): Value {
  const channels = Number(y.type.shape[1]);
  const isSame = stride === 1 && x.type.shape[1] === channels;
  const shortcut = isSame ? x : layers.conv(x, channels, { stride });
  return layers.activate(layers.add(y, shortcut), "relu");
}

const basic: Block = (layers, x, width, stride) => {
  const middle = layers.conv(x, width, { kernel: 3, stride, activation: "relu" });
  return joined(layers, x, layers.conv(middle, width, { kernel: 3 }), stride);
};

/** The stride is in the 3x3 convolution. */
const bottleneck: Block = (layers, x, width, stride) => {
  const narrow = layers.conv(x, width, { activation: "relu" });
  const middle = layers.conv(narrow, width, { kernel: 3, stride, activation: "relu" });
  return joined(layers, x, layers.conv(middle, width * 4), stride);
};

function resnet(options: ClassifierOptions, block: Block, repeats: readonly number[]): Program {
  const { numClasses = 1000, inputShape = anyImage } = options;
  const layers = new Layers(options);
  const image = layers.input("image", inputShape);
  const stem = layers.conv(image, 64, { kernel: 7, stride: 2, activation: "relu" });
  let x = layers.maxPool(stem, { kernel: 3, stride: 2, pads: 1 });
  repeats.forEach((count, stage) => {
    for (let i = 0; i < count; i++) x = block(layers, x, 64 << stage, stage > 0 && i === 0 ? 2 : 1);
  });
  return layers.build([layers.head(x, numClasses)]);
}

/** ResNet18 (He et al. 2016, table 1): image [N,3,H,W] f32 -> logits [N,numClasses]. */
export function resnet18(options: ClassifierOptions = {}): Program {
  return resnet(options, basic, [2, 2, 2, 2]);
}

/** ResNet50 (He et al. 2016, table 1, the stride in the 3x3): image [N,3,H,W] f32 -> logits [N,numClasses]. */
export function resnet50(options: ClassifierOptions = {}): Program {
  return resnet(options, bottleneck, [3, 4, 6, 3]);
}
