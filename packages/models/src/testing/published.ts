import { type Node, numElements, type Program } from "@coracle/core";
import { countMacs } from "./count.ts";

export interface Published {
  readonly parameters: number;
  /** Billions, as the source counts; absent where none is published. */
  readonly gmac?: number;
  /** How the source counts, in billions. Default `countMacs`. */
  readonly count?: (program: Program) => number;
  readonly source: string;
}

const macs = (program: Program): number => countMacs(program) / 1e9;

/** Elements of the outputs of such nodes, in billions. */
function elements(program: Program, ...names: readonly string[]): number {
  const nodes = program.nodes.filter(({ op }) => names.includes(op.name));
  return nodes.reduce((sum, { outputs }) => sum + numElements(outputs[0]!.type.shape), 0) / 1e9;
}

/** Transposed convolutions at every output, as many as a convolution of that size. */
function everyOutput(program: Program): number {
  const transposed = program.nodes.filter(({ op }) => op.name === "convTranspose");
  return macs(program) + 3 * macs({ ...program, nodes: transposed });
}

/** Without what follows the detections: the mask head. */
function untilDetections(program: Program): number {
  const isAlign = ({ op }: Node): boolean => op.name === "roiAlign";
  const end = program.nodes.findLastIndex(isAlign);
  return macs({ ...program, nodes: program.nodes.slice(0, end) });
}

/** Batch norms, activations and biases as one operation an element. */
const withElements = (program: Program): number =>
  macs(program) + elements(program, "conv", "batchNorm", "relu");

/** Half of the operations: biases, activations and `area` a pooled element beside two of each multiply-add. */
const halfOfOperations =
  (area: number) =>
  (program: Program): number =>
    macs(program) +
    (elements(program, "conv", "prelu", "relu") + area * elements(program, "maxPool", "averagePool")) / 2;

const efficientnets = [
  ["b1", 7_794_184, 0.687],
  ["b2", 9_109_994, 1.088],
  ["b3", 12_233_232, 1.827],
  ["b4", 19_341_616, 4.394],
  ["b5", 30_389_784, 10.266],
  ["b6", 43_040_704, 19.068],
  ["b7", 66_347_960, 37.746],
] as const;

const ssd: Published = { parameters: 5.8e6, gmac: 1.15, source: "chuanqi305/MobileNet-SSD" };
const yolo: Published = {
  parameters: 23.6e6,
  gmac: 5.27,
  source: "PaddleDetection yolov3_mobilenet_v3_large",
};
const blazeface: Published = {
  parameters: 0.101e6,
  gmac: 0.0308,
  source: "Bazarevsky et al. 2019, the front model",
};

/** GMAC beside the parameters; where a paper gives only one of them, its published code gives the other. */
export const published: Readonly<Record<string, Published>> = {
  mobilenet_v1: { parameters: 4.23e6, gmac: 0.569, source: "Howard et al. 2017, table 4, and its code" },
  mobilenet_v2: { parameters: 3_504_872, gmac: 0.301, source: "torchvision mobilenet_v2" },
  mobilenet_v3_large: { parameters: 5_483_032, gmac: 0.217, source: "torchvision mobilenet_v3_large" },
  mnasnet_b1: { parameters: 4_383_312, gmac: 0.314, source: "torchvision mnasnet1_0" },
  efficientnet_b0: { parameters: 5_288_548, gmac: 0.386, source: "torchvision efficientnet_b0" },
  shufflenet_v2: { parameters: 2_278_604, gmac: 0.145, source: "torchvision shufflenet_v2_x1_0" },
  squeezenet_1_1: { parameters: 1_235_496, gmac: 0.349, source: "torchvision squeezenet1_1" },
  resnet18: { parameters: 11_689_512, gmac: 1.81, source: "torchvision resnet18" },
  resnet50: { parameters: 25_557_032, gmac: 4.09, source: "torchvision resnet50" },
  googlenet: { parameters: 6_998_552, gmac: 1.58, source: "the Caffe model bvlc_googlenet" },
  inception_v4: { parameters: 42_679_816, gmac: 12.3, source: "timm inception_v4" },
  vgg16: { parameters: 138_357_544, gmac: 15.5, source: "torchvision vgg16" },
  unet: { parameters: 7_763_041, gmac: 12.1, source: "mateuszbuda/brain-segmentation-pytorch" },
  deeplabv3_mobilenet_v2: {
    parameters: 4.52e6,
    gmac: 5.36,
    source: "Chen et al. 2017 on Sandler et al. 2018",
  },
  ssd_mobilenet_v1: ssd,
  yolov3_mobilenet_v3: yolo,
  blazeface,
  crnn: { parameters: 8.33e6, gmac: 0.705, source: "Shi et al. 2017, and meijieru/crnn.pytorch" },
  bert_base: { parameters: 109_482_240, gmac: 11.2, source: "Devlin et al. 2019, bert-base-uncased" },
  ...Object.fromEntries(
    efficientnets.map(([variant, parameters, gmac]) => [
      `efficientnet_${variant}`,
      { parameters, gmac, source: `torchvision efficientnet_${variant}` },
    ]),
  ),
  shufflenet: {
    parameters: 1.87e6,
    gmac: 0.137,
    source: "Zhang et al. 2018, table 1, 3 groups, and MMClassification shufflenet_v1",
  },
  vgg19: { parameters: 143_667_240, gmac: 19.632, source: "torchvision vgg19" },
  faster_rcnn: { parameters: 41_755_286, gmac: 134.38, source: "torchvision fasterrcnn_resnet50_fpn" },
  mask_rcnn: {
    parameters: 44_401_393,
    gmac: 134.38,
    count: untilDetections,
    source: "torchvision maskrcnn_resnet50_fpn, counted without masks",
  },
  ssd_mobilenet_v1_boxes: ssd,
  yolov3_mobilenet_v3_boxes: yolo,
  blazeface_boxes: blazeface,
  ultraface_rfb: {
    parameters: 1.11e6 / 4,
    gmac: 0.109,
    count: withElements,
    source: "the authors' README: a file of 1.11 MB of floats, 109 MFlops",
  },
  ultraface_slim: {
    parameters: 1.04e6 / 4,
    gmac: 0.09,
    count: withElements,
    source: "the authors' README: a file of 1.04 MB of floats, 90 MFlops",
  },
  faceboxes: {
    parameters: 1.0059e6,
    gmac: 1.8975 / 2,
    count: halfOfOperations(9),
    source: "Open Model Zoo faceboxes-pytorch",
  },
  mtcnn_pnet: {
    parameters: 6_632,
    gmac: 3.366 / 2,
    count: halfOfOperations(4),
    source: "facenet-pytorch PNet, and Open Model Zoo mtcnn-p",
  },
  mtcnn_rnet: { parameters: 100_178, source: "facenet-pytorch RNet; Open Model Zoo rounds to 0.003 GFLOPs" },
  mtcnn_onet: {
    parameters: 389_040,
    gmac: 0.026 / 2,
    count: halfOfOperations(9),
    source: "facenet-pytorch ONet, and Open Model Zoo mtcnn-o",
  },
  mtcnn: { parameters: 6_632 + 100_178 + 389_040, source: "facenet-pytorch MTCNN" },
  ocr_attention: {
    parameters: 1_827_041,
    source: "PaddlePaddle/models ocr_recognition: the sizes in attention_model.py, added up",
  },
  cyclegan: {
    parameters: 11.378e6,
    gmac: 56.8,
    count: everyOutput,
    source: "junyanz/pytorch-CycleGAN-and-pix2pix, and Li et al. 2020, figure 1",
  },
  transformer: {
    parameters: 44_140_544 - 2 * 1024 + 37_000 * 512,
    source: "torch.nn.Transformer less its last norms, and Vaswani et al. 2017's shared vocabulary",
  },
  ernie_base: { parameters: 118e6, gmac: 11.2, source: "PaddleNLP ernie-3.0-base-zh; layers as bert_base" },
};
