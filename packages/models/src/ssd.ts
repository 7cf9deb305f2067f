import { ops, type Program, type Value } from "@coracle/core";
import { anyImage, type ClassifierOptions, Layers } from "./layers.ts";
import { mobilenetV1Blocks } from "./mobilenet-v1.ts";

/** Half of a map's side, with twice the channels of the convolution between. */
function shrink(layers: Layers, x: Value, channels: number): Value {
  const narrow = layers.conv(x, channels / 2, { activation: "relu" });
  return layers.conv(narrow, channels, { kernel: 3, stride: 2, activation: "relu" });
}

/** x [N,C,H,W] -> [N,H*W*anchors,size]. */
function predict(layers: Layers, x: Value, anchors: number, size: number): Value {
  const maps = layers.conv(x, anchors * size, { after: "bias" });
  return layers.reshape(layers.transpose(maps, [0, 2, 3, 1]), [0, -1, size]);
}

/**
 * SSD (Liu et al. 2016) on MobileNetV1, six maps from blocks 11 and 13 and four shrinking layers: image [N,3,H,W] f32
 * -> box offsets [N,anchors,4] and class probabilities [N,anchors,numClasses]; 1917 anchors at 300 x 300. 21 classes
 * by default.
 */
export function ssdMobilenetV1(options: ClassifierOptions = {}): Program {
  const { numClasses = 21, inputShape = anyImage } = options;
  const layers = new Layers(options);
  const blocks = mobilenetV1Blocks(layers, layers.input("image", inputShape));
  const maps = [blocks[10]!, blocks[12]!];
  for (const channels of [512, 256, 256, 128]) maps.push(shrink(layers, maps.at(-1)!, channels));
  const anchors = [3, 6, 6, 6, 6, 6];
  const boxes = maps.map((map, i) => predict(layers, map, anchors[i]!, 4));
  const classes = maps.map((map, i) => predict(layers, map, anchors[i]!, numClasses));
  const scores = layers.one(ops.softmax, { axis: 2 }, [layers.concat(classes)]);
  return layers.build([layers.concat(boxes), scores]);
}
