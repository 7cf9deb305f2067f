import type { Program, Value } from "@coracle/core";
import { anyImage, type ClassifierOptions, Layers } from "./layers.ts";

interface BlockOptions {
  readonly width: number;
  readonly stride: number;
  /** Initial scale of the last batch norm. */
  readonly scale: number;
}

type Block = (layers: Layers, x: Value, options: BlockOptions) => Value;

function joined(layers: Layers, x: Value, y: Value, stride: number): Value {
  const channels = Number(y.type.shape[1]);
  const isSame = stride === 1 && x.type.shape[1] === channels;
  const shortcut = isSame ? x : layers.conv(x, channels, { stride });
  return layers.activate(layers.add(y, shortcut), "relu");
}

const basic: Block = (layers, x, { width, stride, scale }) => {
  const middle = layers.conv(x, width, { kernel: 3, stride, activation: "relu" });
  return joined(layers, x, layers.conv(middle, width, { kernel: 3, initial: scale }), stride);
};

/** The stride is in the 3x3 convolution. */
const bottleneck: Block = (layers, x, { width, stride, scale }) => {
  const narrow = layers.conv(x, width, { activation: "relu" });
  const middle = layers.conv(narrow, width, { kernel: 3, stride, activation: "relu" });
  return joined(layers, x, layers.conv(middle, width * 4, { initial: scale }), stride);
};

/** Outputs of the four stages, of strides 4, 8, 16 and 32. */
function stagesOf(
  layers: Layers,
  image: Value,
  { block, repeats, scale }: { block: Block; repeats: readonly number[]; scale: number },
): readonly Value[] {
  const stem = layers.conv(image, 64, { kernel: 7, stride: 2, activation: "relu" });
  let x = layers.maxPool(stem, { kernel: 3, stride: 2, pads: 1 });
  return repeats.map((count, stage) => {
    for (let i = 0; i < count; i++) {
      x = block(layers, x, { width: 64 << stage, stride: stage > 0 && i === 0 ? 2 : 1, scale });
    }
    return x;
  });
}

function resnet(options: ClassifierOptions, block: Block, repeats: readonly number[]): Program {
  const { numClasses = 1000, inputShape = anyImage } = options;
  const layers = new Layers(options);
  const stages = stagesOf(layers, layers.input("image", inputShape), { block, repeats, scale: 1 });
  return layers.build([layers.head(stages.at(-1)!, numClasses)]);
}

/**
 * The stages of ResNet50 [N,256,H/4,W/4] to [N,2048,H/32,W/32]. What each block adds is scaled by a quarter at first,
 * so that the last maps are about as large as the first.
 */
export function resnet50Stages(layers: Layers, image: Value): readonly Value[] {
  return stagesOf(layers, image, { block: bottleneck, repeats: [3, 4, 6, 3], scale: 0.25 });
}

/** ResNet18 (He et al. 2016, table 1): image [N,3,H,W] f32 -> logits [N,numClasses]. */
export function resnet18(options: ClassifierOptions = {}): Program {
  return resnet(options, basic, [2, 2, 2, 2]);
}

/** ResNet50 (He et al. 2016, table 1, the stride in the 3x3): image [N,3,H,W] f32 -> logits [N,numClasses]. */
export function resnet50(options: ClassifierOptions = {}): Program {
  return resnet(options, bottleneck, [3, 4, 6, 3]);
}
