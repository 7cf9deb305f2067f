import { x86 } from "@coracle/backend-x86";
import { fromOnnx, toOnnx } from "@coracle/convert";
import {
  evaluateBlock,
  isStatic,
  optimize,
  Predictor,
  type Program,
  type Tensor,
  verify,
} from "@coracle/core";
import { beforeAll, describe, expect, test } from "vitest";
import * as all from "./index.ts";
import { type ModelOptions, models, randomFeeds } from "./index.ts";
import { countMacs, countParameters } from "./testing/count.ts";

interface Published {
  readonly parameters: number;
  readonly gmac: number;
  readonly source: string;
}

/** GMAC beside the parameters; where a paper gives only one of them, its published code gives the other. */
const published: Readonly<Record<string, Published>> = {
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
  ssd_mobilenet_v1: { parameters: 5.8e6, gmac: 1.15, source: "chuanqi305/MobileNet-SSD" },
  yolov3_mobilenet_v3: {
    parameters: 23.6e6,
    gmac: 5.27,
    source: "PaddleDetection yolov3_mobilenet_v3_large",
  },
  blazeface: { parameters: 0.101e6, gmac: 0.0308, source: "Bazarevsky et al. 2019, the front model" },
  crnn: { parameters: 8.33e6, gmac: 0.705, source: "Shi et al. 2017, and meijieru/crnn.pytorch" },
  bert_base: { parameters: 109_482_240, gmac: 11.2, source: "Devlin et al. 2019, bert-base-uncased" },
};

/** Shapes on which the reference takes well under a second, beside options that make a network shallow. */
const small: Readonly<Record<string, readonly number[]>> = {
  mobilenet_v1: [2, 3, 32, 32],
  mobilenet_v2: [1, 3, 32, 48],
  mobilenet_v3_large: [1, 3, 32, 32],
  mnasnet_b1: [1, 3, 32, 32],
  efficientnet_b0: [1, 3, 32, 32],
  shufflenet_v2: [1, 3, 64, 32],
  squeezenet_1_1: [1, 3, 40, 40],
  resnet18: [1, 3, 32, 32],
  resnet50: [1, 3, 32, 32],
  googlenet: [1, 3, 32, 32],
  deeplabv3_mobilenet_v2: [1, 3, 33, 65],
  ssd_mobilenet_v1: [1, 3, 64, 64],
  yolov3_mobilenet_v3: [1, 3, 32, 32],
  blazeface: [2, 3, 64, 64],
  crnn: [2, 1, 32, 8],
};

const random = (inputShape: readonly number[]): ModelOptions => ({
  inputShape,
  statistics: "random",
  seed: 3,
});

function smallProgram(name: string): Program {
  if (name === "bert_base") {
    return all.bertBase({ ...random([2, 9]), numLayers: 2, width: 96, numHeads: 3, vocabularySize: 1000 });
  }
  if (name === "unet") return all.unet({ ...random([1, 3, 32, 16]), width: 8 });
  return models[name]!.build(random(small[name]!));
}

/** The largest difference, of the largest magnitude. */
function relativeError(given: Tensor, expected: Tensor): number {
  expect(given.shape).toEqual(expected.shape);
  const [a, b] = [given.data as Float32Array, expected.data as Float32Array];
  const largest = b.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  expect(largest).toBeGreaterThan(0);
  return a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - b[i]!)), 0) / largest;
}

function expectClose(given: readonly Tensor[], expected: readonly Tensor[], tolerance: number): void {
  expect(given.length).toBe(expected.length);
  given.forEach((tensor, i) => {
    expect(relativeError(tensor, expected[i]!), `output ${i}`).toBeLessThan(tolerance);
  });
}

const runReference = (program: Program, feeds: Readonly<Record<string, Tensor>>): readonly Tensor[] =>
  evaluateBlock(
    program,
    program.inputs.map(({ name }) => feeds[name]!),
  );

test("every model has published figures", () => {
  expect(Object.keys(models)).toEqual(Object.keys(published));
});

describe.each(Object.entries(models))("%s", (name, { build, inputShape, gmac, parameters }) => {
  test("has the published parameters and multiply-adds", () => {
    const wanted = published[name]!;
    const program = build();
    verify(program);
    expect(program.inputs[0]!.type.shape).toEqual(inputShape);
    expect(program.outputs.every(({ type }) => isStatic(type.shape))).toBe(true);
    expect(countParameters(program)).toBe(parameters);
    expect(countMacs(program) / 1e9).toBeCloseTo(gmac, 3);
    expect(Math.abs(parameters / wanted.parameters - 1), wanted.source).toBeLessThan(0.01);
    expect(Math.abs(gmac / wanted.gmac - 1), wanted.source).toBeLessThan(0.01);
  });
});

async function runX86(program: Program, feeds: Readonly<Record<string, Tensor>>): Promise<readonly Tensor[]> {
  using predictor = await Predictor.create(program, { backends: [x86], threads: 2 });
  const outputs = await predictor.run(feeds);
  return program.outputs.map(({ name }) => outputs[name]!);
}

describe.each([...Object.keys(small), "unet", "bert_base"])("%s, small", (name) => {
  const program = smallProgram(name);
  const feeds = randomFeeds(program, 5);
  let expected: readonly Tensor[];
  beforeAll(() => {
    expected = runReference(program, feeds);
  });

  test("has no batch norm left when optimised", () => {
    const optimized = optimize(program);
    verify(optimized);
    expect(optimized.nodes.filter(({ op }) => op.name === "batchNorm")).toEqual([]);
  });

  test("runs on x86 as by reference", async () => {
    expectClose(await runX86(program, feeds), expected, 1e-3);
  });

  test("is the same written as ONNX and read again", async () => {
    const again = fromOnnx(toOnnx(program));
    verify(again);
    expectClose(await runX86(again, feeds), expected, 1e-3);
  });
});

/** Too large for the reference. */
test.each([
  ["vgg16", [1, 3, 32, 32]],
  ["inception_v4", [1, 3, 75, 75]],
] as const)("%s is the same written as ONNX and read again", async (name, inputShape) => {
  const program = models[name]!.build(random(inputShape));
  const feeds = randomFeeds(program, 5);
  const again = fromOnnx(toOnnx(program));
  expectClose(await runX86(again, feeds), await runX86(program, feeds), 1e-3);
});
