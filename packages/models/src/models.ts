import type { Program } from "@coracle/core";
import { bertBase } from "./bert.ts";
import { blazeface } from "./blazeface.ts";
import { crnn } from "./crnn.ts";
import { cycleganGenerator } from "./cyclegan.ts";
import { deeplabV3 } from "./deeplab-v3.ts";
import { type EfficientNetVariant, efficientnet, efficientnetB0 } from "./efficientnet.ts";
import { ernieBase } from "./ernie.ts";
import { faceboxes } from "./faceboxes.ts";
import { googlenet } from "./googlenet.ts";
import { inceptionV4 } from "./inception-v4.ts";
import type { ModelOptions } from "./layers.ts";
import { mnasnetB1 } from "./mnasnet.ts";
import { mobilenetV1 } from "./mobilenet-v1.ts";
import { mobilenetV2 } from "./mobilenet-v2.ts";
import { mobilenetV3Large } from "./mobilenet-v3.ts";
import { mtcnnOutput, mtcnnProposal, mtcnnRefinement } from "./mtcnn.ts";
import { mtcnn } from "./mtcnn-cascade.ts";
import { ocrAttention } from "./ocr-attention.ts";
import { fasterRcnn, maskRcnn } from "./rcnn.ts";
import { resnet18, resnet50 } from "./resnet.ts";
import { shufflenet } from "./shufflenet.ts";
import { shufflenetV2 } from "./shufflenet-v2.ts";
import { squeezenet } from "./squeezenet.ts";
import { ssdMobilenetV1 } from "./ssd.ts";
import { transformer } from "./transformer.ts";
import { ultraface } from "./ultraface.ts";
import { unet } from "./unet.ts";
import { vgg16, vgg19 } from "./vgg.ts";
import { yoloV3MobilenetV3 } from "./yolo-v3.ts";

/** A network as it is published and measured. */
export interface Model {
  /** With `inputShape` unless another is given. */
  build(options?: ModelOptions): Program;
  /** Of the one input, batch 1. */
  readonly inputShape: readonly number[];
  /**
   * Billions of multiply-adds of convolutions, fully connected layers, matrix products and recurrent cells, loops run
   * as often as they may.
   */
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

const scaled =
  (variant: EfficientNetVariant) =>
  (options: ModelOptions): Program =>
    efficientnet(variant, options);

const boxesOf =
  (build: (options: ModelOptions & { readonly postprocess: boolean }) => Program) =>
  (options: ModelOptions): Program =>
    build({ ...options, postprocess: true });

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
  efficientnet_b1: model(scaled("b1"), image(240), 0.686803, 7_794_184),
  efficientnet_b2: model(scaled("b2"), image(288), 1.08753, 9_109_994),
  efficientnet_b3: model(scaled("b3"), image(300), 1.82714, 12_233_232),
  efficientnet_b4: model(scaled("b4"), image(380), 4.39377, 19_341_616),
  efficientnet_b5: model(scaled("b5"), image(456), 10.2664, 30_389_784),
  efficientnet_b6: model(scaled("b6"), image(528), 19.0676, 43_040_704),
  efficientnet_b7: model(scaled("b7"), image(600), 37.7459, 66_347_960),
  shufflenet: model(shufflenet, image(224), 0.137461, 1_865_728),
  vgg19: model(vgg19, image(224), 19.6321, 143_667_240),
  faster_rcnn: model(fasterRcnn, image(800), 134.3797, 41_808_406),
  mask_rcnn: model(maskRcnn, image(800), 187.5864, 44_454_513),
  ssd_mobilenet_v1_boxes: model(boxesOf(ssdMobilenetV1), image(300), 1.14848, 5_796_089),
  yolov3_mobilenet_v3_boxes: model(boxesOf(yoloV3MobilenetV3), image(320), 5.27056, 23_608_237),
  blazeface_boxes: model(boxesOf(blazeface), image(128), 0.030761, 101_390),
  ultraface_rfb: model((options) => ultraface("RFB", options), [1, 3, 240, 320], 0.100419, 276_292),
  ultraface_slim: model((options) => ultraface("slim", options), [1, 3, 240, 320], 0.081411, 260_188),
  faceboxes: model(faceboxes, image(1024), 0.9332, 1_007_330),
  mtcnn_pnet: model(mtcnnProposal, [1, 3, 720, 1280], 1.65726, 6_632),
  mtcnn_rnet: model(mtcnnRefinement, image(24), 0.001531, 100_178),
  mtcnn_onet: model(mtcnnOutput, image(48), 0.01291, 389_040),
  mtcnn: model(mtcnn, [1, 3, 240, 320], 1.110306, 495_850),
  ocr_attention: model(ocrAttention, [1, 1, 48, 512], 0.398901, 1_827_041),
  cyclegan: model(cycleganGenerator, image(256), 49.5515, 11_378_179),
  transformer: model(transformer, [1, 32], 6.00467, 63_082_496),
  ernie_base: model(ernieBase, [1, 128], 11.1742, 117_944_832),
};
