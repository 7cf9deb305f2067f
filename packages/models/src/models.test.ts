import { fromOnnx, toOnnx } from "@coracle/convert";
import { isStatic, optimize, type Program, Tensor, verify } from "@coracle/core";
import { beforeAll, describe, expect, test } from "vitest";
import * as all from "./index.ts";
import { type ModelOptions, models, randomFeeds } from "./index.ts";
import { expectClose } from "./testing/compare.ts";
import { countMacs, countParameters } from "./testing/count.ts";
import { published } from "./testing/published.ts";
import { runReference, runX86 } from "./testing/run.ts";

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
  efficientnet_b1: [1, 3, 32, 32],
  efficientnet_b3: [1, 3, 32, 32],
  shufflenet: [1, 3, 64, 32],
  mtcnn_pnet: [2, 3, 40, 31],
  mtcnn_rnet: [2, 3, 24, 24],
  mtcnn_onet: [2, 3, 48, 48],
};

const random = (inputShape: readonly number[]): ModelOptions => ({
  inputShape,
  statistics: "random",
  seed: 3,
});

const tiny = { ...random([2, 9]), numLayers: 2, width: 96, numHeads: 3, vocabularySize: 1000 };

/** Networks that options make narrow or shallow. */
const narrowed: Readonly<Record<string, () => Program>> = {
  unet: () => all.unet({ ...random([1, 3, 32, 16]), width: 8 }),
  bert_base: () => all.bertBase(tiny),
  ernie_base: () => all.ernieBase(tiny),
  cyclegan: () => all.cycleganGenerator({ ...random([1, 3, 24, 32]), width: 8, numBlocks: 2 }),
};

const smallProgram = (name: string): Program =>
  narrowed[name]?.() ?? models[name]!.build(random(small[name]!));

test("every model has published figures", () => {
  expect(Object.keys(models).sort()).toEqual(Object.keys(published).sort());
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
    if (wanted.gmac === undefined) return;
    const counted = wanted.count?.(program) ?? gmac;
    expect(Math.abs(counted / wanted.gmac - 1), wanted.source).toBeLessThan(0.01);
  });
});

describe.each([...Object.keys(small), ...Object.keys(narrowed)])("%s, small", (name) => {
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
  ["vgg19", [1, 3, 32, 32]],
  ["efficientnet_b7", [1, 3, 64, 64]],
  ["inception_v4", [1, 3, 75, 75]],
] as const)("%s is the same written as ONNX and read again", async (name, inputShape) => {
  const program = models[name]!.build(random(inputShape));
  const feeds = randomFeeds(program, 5);
  const again = fromOnnx(toOnnx(program));
  expectClose(await runX86(again, feeds), await runX86(program, feeds), 1e-3);
});

test("ERNIE looks at no padding", async () => {
  const program = all.ernieBase(tiny);
  const ids = randomFeeds(program, 5)["ids"]!;
  const padded = Tensor.from("i64", ids.shape, BigInt64Array.from(ids.data as BigInt64Array));
  padded.data[8] = 0n;
  const [hidden] = await runX86(program, { ids: padded });
  expectClose([hidden!], [runReference(program, { ids: padded })[0]!], 1e-3);
  const short = all.ernieBase({ ...tiny, inputShape: [1, 8] });
  const first = Tensor.from("i64", [1, 8], (padded.data as BigInt64Array).slice(0, 8));
  const [alone] = await runX86(short, { ids: first });
  const same = Tensor.from("f32", [1, 8, 96], (hidden!.data as Float32Array).slice(0, 8 * 96));
  expectClose([same], [alone!], 1e-3);
});
