/** What `toOnnx` writes of every network, by onnxruntime and on x86: threads 1 and 2, batches 1 and 4, two sizes. */
import { x86 } from "@coracle/backend-x86";
import { toOnnx } from "@coracle/convert";
import { Predictor, type Program, type Shape } from "@coracle/core";
import { describe, expect, test } from "vitest";
import * as all from "./index.ts";
import { type ModelOptions, models, type OptionalBoxes, randomFeeds } from "./index.ts";
import { expectClose, expectSameDetections } from "./testing/compare.ts";
import { OrtModel } from "./testing/onnxruntime.ts";

interface Case {
  readonly build: (options: ModelOptions) => Program;
  /** Symbolic shapes of the programs; a detector has one for each size. */
  readonly open: readonly Shape[];
  /** Without the batch: each is run by the program of its place, or by the only one. */
  readonly sizes: readonly (readonly number[])[];
  readonly isDetector?: boolean;
  /** Of the greatest magnitude. Default 1e-4. */
  readonly tolerance?: number;
}

const seeded = { statistics: "random", seed: 3 } as const;
const batches = [1, 4];
const anyImage: Shape = ["n", 3, "h", "w"];

/** A network of the table on images of any size. */
const onImages = (
  name: string,
  ...sizes: readonly (readonly [number, number])[]
): readonly [string, Case] => [
  name,
  { build: models[name]!.build, open: [anyImage], sizes: sizes.map((size) => [3, ...size]) },
];

/** With a program for each size: reshapes need them. */
const onFixed = (
  name: string,
  build: Case["build"],
  sizes: readonly (readonly number[])[],
  more: Partial<Case> = {},
): readonly [string, Case] => [name, { build, open: sizes.map((size) => ["n", ...size]), sizes, ...more }];

const detector = (
  name: string,
  build: Case["build"],
  ...sizes: readonly (readonly [number, number])[]
): readonly [string, Case] =>
  onFixed(
    name,
    build,
    sizes.map((size) => [3, ...size]),
    { isDetector: true },
  );

const postprocess =
  (build: (options: OptionalBoxes) => Program) =>
  (options: ModelOptions): Program =>
    build({ ...options, postprocess: true });

/** Second stages with fewer regions, on smaller images: RoIAlign by reference takes seconds for a thousand. */
const few = { maxProposals: 60, maxDetections: 20 };

/** The loop runs by reference: at full size a token takes the reference a second. */
const shallow = { numLayers: 2, vocabularySize: 1000, maxLength: 6 };

const cases: Readonly<Record<string, Case>> = Object.fromEntries([
  onImages("mobilenet_v1", [224, 224], [160, 192]),
  onImages("mobilenet_v2", [224, 224], [160, 192]),
  onImages("mobilenet_v3_large", [224, 224], [160, 192]),
  onImages("mnasnet_b1", [224, 224], [160, 192]),
  onImages("efficientnet_b0", [224, 224], [160, 192]),
  onImages("efficientnet_b1", [240, 240], [160, 192]),
  onImages("efficientnet_b2", [288, 288], [160, 192]),
  onImages("efficientnet_b3", [300, 300], [160, 192]),
  onImages("efficientnet_b4", [224, 224], [160, 192]),
  onImages("efficientnet_b5", [224, 224], [160, 192]),
  onImages("efficientnet_b6", [192, 192], [128, 160]),
  onImages("efficientnet_b7", [160, 160], [96, 128]),
  onImages("squeezenet_1_1", [224, 224], [160, 192]),
  onImages("resnet18", [224, 224], [160, 192]),
  onImages("resnet50", [224, 224], [160, 192]),
  onImages("googlenet", [224, 224], [160, 192]),
  onImages("inception_v4", [299, 299], [171, 203]),
  onImages("unet", [128, 128], [96, 160]),
  onImages("deeplabv3_mobilenet_v2", [257, 257], [129, 193]),
  onImages("ssd_mobilenet_v1", [300, 300], [224, 256]),
  onImages("yolov3_mobilenet_v3", [320, 320], [224, 256]),
  onImages("mtcnn_pnet", [120, 160], [61, 90]),
  onImages("cyclegan", [128, 128], [64, 96]),
  onFixed("shufflenet_v2", models["shufflenet_v2"]!.build, [
    [3, 224, 224],
    [3, 160, 192],
  ]),
  onFixed("shufflenet", models["shufflenet"]!.build, [
    [3, 224, 224],
    [3, 160, 192],
  ]),
  onFixed("vgg16", models["vgg16"]!.build, [[3, 224, 224]]),
  onFixed("vgg19", models["vgg19"]!.build, [[3, 224, 224]]),
  onFixed("blazeface", models["blazeface"]!.build, [[3, 128, 128]]),
  onFixed("mtcnn_rnet", models["mtcnn_rnet"]!.build, [[3, 24, 24]]),
  onFixed("mtcnn_onet", models["mtcnn_onet"]!.build, [[3, 48, 48]]),
  detector("ssd_mobilenet_v1_boxes", postprocess(all.ssdMobilenetV1), [300, 300], [224, 256]),
  detector("yolov3_mobilenet_v3_boxes", postprocess(all.yoloV3MobilenetV3), [320, 320], [224, 256]),
  detector("blazeface_boxes", postprocess(all.blazeface), [128, 128], [96, 128]),
  detector("ultraface_rfb", models["ultraface_rfb"]!.build, [240, 320], [120, 160]),
  detector("ultraface_slim", models["ultraface_slim"]!.build, [240, 320], [120, 160]),
  detector("faceboxes", models["faceboxes"]!.build, [512, 512], [256, 384]),
  detector("mtcnn", models["mtcnn"]!.build, [120, 160], [96, 96]),
  detector("faster_rcnn", (options) => all.fasterRcnn({ ...options, ...few }), [224, 288], [160, 128]),
  detector("mask_rcnn", (options) => all.maskRcnn({ ...options, ...few }), [160, 192], [128, 128]),
  [
    "crnn",
    {
      build: models["crnn"]!.build,
      open: [["n", 1, 32, "w"]],
      sizes: [
        [1, 32, 100],
        [1, 32, 64],
      ],
    },
  ],
  ["bert_base", { build: models["bert_base"]!.build, open: [["n", "t"]], sizes: [[128], [37]] }],
  ["ernie_base", { build: models["ernie_base"]!.build, open: [["n", "t"]], sizes: [[128], [37]] }],
  onFixed("ocr_attention", models["ocr_attention"]!.build, [
    [1, 48, 512],
    [1, 48, 200],
  ]),
  [
    "transformer",
    {
      build: (options) => all.transformer({ ...options, ...shallow }),
      open: [["n", "s"]],
      sizes: [[16], [9]],
    },
  ],
]);

test("every network is here", () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(models).sort());
});

/** The sizes a program is run with. */
const sizesOf = ({ open, sizes }: Case, index: number): readonly (readonly number[])[] =>
  open.length === 1 ? sizes : [sizes[index]!];

async function compare(case_: Case, program: Program, sizes: readonly (readonly number[])[]): Promise<void> {
  const ort = await OrtModel.load(toOnnx(program));
  const create = (threads: number): Promise<Predictor> =>
    Predictor.create(program, { backends: [x86], threads });
  const predictors = [await create(1), await create(2)];
  try {
    for (const size of sizes) {
      for (const batch of batches) {
        const feeds = randomFeeds(withShape(program, [batch, ...size]), 5);
        const theirs = await ort.run(program, feeds);
        for (const predictor of predictors) {
          const outputs = await predictor.run(feeds);
          const ours = program.outputs.map(({ name }) => outputs[name]!);
          const side = Math.max(...size.slice(1));
          if (case_.isDetector) expectSameDetections(ours, theirs, { score: 1e-4, box: 1e-3, side });
          else expectClose(ours, theirs, case_.tolerance ?? 1e-4);
        }
      }
    }
  } finally {
    for (const predictor of predictors) predictor.dispose();
    await ort.release();
  }
}

/** The program as if its one input had this shape: for feeds only. */
function withShape(program: Program, shape: readonly number[]): Program {
  const [input] = program.inputs;
  return { ...program, inputs: [{ ...input!, type: { ...input!.type, shape } }] };
}

describe.each(Object.entries(cases))("%s", (_, case_) => {
  test.each(case_.open.map((shape, i) => [shape.join("x"), i] as const))("%s", async (_shape, index) => {
    const program = case_.build({ ...seeded, inputShape: case_.open[index]! });
    await compare(case_, program, sizesOf(case_, index));
  });
});
