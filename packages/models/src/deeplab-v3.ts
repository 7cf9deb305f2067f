import type { Program, Value } from "@coracle/core";
import { anyImage, type ClassifierOptions, Layers } from "./layers.ts";
import { mobilenetV2Features } from "./mobilenet-v2.ts";

const width = 256;

/** Chen et al. 2017, figure 5: one 1x1, three dilated 3x3 convolutions and the mean of the map, side by side. */
function pyramid(layers: Layers, x: Value): Value {
  const activation = "relu";
  const pooled = layers.conv(layers.globalAveragePool(x), width, { activation });
  const branches = [
    layers.conv(x, width, { activation }),
    ...[6, 12, 18].map((dilation) => layers.conv(x, width, { kernel: 3, dilation, activation })),
    layers.resizeTo(pooled, x),
  ];
  return layers.conv(layers.concat(branches), width, { activation });
}

/**
 * DeepLabV3 at output stride 16 (Chen et al. 2017) on MobileNetV2: image [N,3,H,W] f32 -> logits [N,numClasses,H,W],
 * resampled to the size of the image. 21 classes by default.
 */
export function deeplabV3(options: ClassifierOptions = {}): Program {
  const { numClasses = 21, inputShape = anyImage } = options;
  const layers = new Layers(options);
  const image = layers.input("image", inputShape);
  const context = pyramid(layers, mobilenetV2Features(layers, image, 16));
  const logits = layers.conv(context, numClasses, { after: "bias" });
  return layers.build([layers.resizeTo(logits, image)]);
}
