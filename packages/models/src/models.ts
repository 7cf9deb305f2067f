import type { Program } from "@coracle/core";
import { bertBase } from "./bert.ts";
import { blazeface } from "./blazeface.ts";
import { crnn } from "./crnn.ts";
import { deeplabV3 } from "./deeplab-v3.ts";
import { efficientnetB0 } from "./efficientnet.ts";
import { googlenet } from "./googlenet.ts";
import { inceptionV4 } from "./inception-v4.ts";
import type { ModelOptions } from "./layers.ts";
import { mnasnetB1 } from "./mnasnet.ts";
import { mobilenetV1 } from "./mobilenet-v1.ts";
import { mobilenetV2 } from "./mobilenet-v2.ts";
import { mobilenetV3Large } from "./mobilenet-v3.ts";
import { resnet18, resnet50 } from "./resnet.ts";
import { shufflenetV2 } from "./shufflenet-v2.ts";
import { squeezenet } from "./squeezenet.ts";
import { ssdMobilenetV1 } from "./ssd.ts";
import { unet } from "./unet.ts";
import { vgg16 } from "./vgg.ts";
import { yoloV3MobilenetV3 } from "./yolo-v3.ts";

/** A network as it is published and measured. */
export interface Model {
  /** With `inputShape` unless another is given. */
  build(options?: ModelOptions): Program;
  /** Of the one input, batch 1. */
  readonly inputShape: readonly number[];
  /** Billions of multiply-adds of convolutions, fully connected layers, matrix products and recurrent cells. */
  readonly gmac: number;
  /** Trainable numbers. */
  readonly parameters: number;
}

const model = (
  build: (options: ModelOptions) => Program,
  inputShape: readonly number[],
  gmac: number,
  parameters: number,
): Model => ({ build: (options = {}) => build({ inputShape, ...options }), inputShape, gmac, parameters });

const image = (size: number): readonly number[] => [1, 3, size, size];

/** Every network of this package by name. */
export const models: Readonly<Record<string, Model>> = {
  mobilenet_v1: model(mobilenetV1, image(224), 0.56874, 4_231_976),
  mobilenet_v2: model(mobilenetV2, image(224), 0.300774, 3_504_872),
  mobilenet_v3_large: model(mobilenetV3Large, image(224), 0.21659, 5_483_032),
  mnasnet_b1: model(mnasnetB1, image(224), 0.314416, 4_383_312),
  efficientnet_b0: model(efficientnetB0, image(224), 0.385815, 5_288_548),
  shufflenet_v2: model(shufflenetV2, image(224), 0.144908, 2_278_604),
  squeezenet_1_1: model(squeezenet, image(224), 0.349152, 1_235_496),
  resnet18: model(resnet18, image(224), 1.81407, 11_689_512),
  resnet50: model(resnet50, image(224), 4.08918, 25_557_032),
  googlenet: model(googlenet, image(224), 1.58267, 7_005_832),
  inception_v4: model(inceptionV4, image(299), 12.254, 42_679_816),
  vgg16: model(vgg16, image(224), 15.4703, 138_357_544),
  unet: model(unet, image(256), 12.0712, 7_763_041),
  deeplabv3_mobilenet_v2: model(deeplabV3, image(513), 5.36351, 4_523_541),
  ssd_mobilenet_v1: model(ssdMobilenetV1, image(300), 1.14848, 5_796_089),
  yolov3_mobilenet_v3: model(yoloV3MobilenetV3, image(320), 5.27056, 23_608_237),
  blazeface: model(blazeface, image(128), 0.030761, 101_390),
  crnn: model(crnn, [1, 1, 32, 100], 0.705144, 8_330_021),
  bert_base: model(bertBase, [1, 128], 11.1742, 109_482_240),
};
