import type { Program, Value } from "@coracle/core";
import { anyImage, type ClassifierOptions, Layers } from "./layers.ts";
import { mobilenetV3Blocks } from "./mobilenet-v3.ts";

const activation = "leakyRelu";

/** Five convolutions, 1x1 and 3x3 in turn (Redmon and Farhadi 2018, section 2.3). */
function narrow(layers: Layers, x: Value, channels: number): Value {
  let y = x;
  for (let i = 0; i < 2; i++) {
    y = layers.conv(y, channels, { activation });
    y = layers.conv(y, channels * 2, { kernel: 3, activation });
  }
  return layers.conv(y, channels, { activation });
}

/**
 * YOLOv3 (Redmon and Farhadi 2018) on MobileNetV3-Large, as in PaddleDetection: image [N,3,H,W] f32, H and W multiples
 * of 32 -> three maps [N,3*(5+numClasses),H/s,W/s], s 32, 16, 8. 80 classes by default.
 */
export function yoloV3MobilenetV3(options: ClassifierOptions = {}): Program {
  const { numClasses = 80, inputShape = anyImage } = options;
  const layers = new Layers(options);
  const blocks = mobilenetV3Blocks(layers, layers.input("image", inputShape));
  const features = [blocks[14]!, blocks[11]!, blocks[5]!];
  const maps: Value[] = [];
  let route: Value | undefined;
  features.forEach((feature, i) => {
    const channels = 512 >> i;
    const up = route && layers.upsample(layers.conv(route, channels, { activation }));
    route = narrow(layers, up ? layers.concat([up, feature]) : feature, channels);
    const tip = layers.conv(route, channels * 2, { kernel: 3, activation });
    maps.push(layers.conv(tip, 3 * (5 + numClasses), { after: "bias" }));
  });
  return layers.build(maps);
}
