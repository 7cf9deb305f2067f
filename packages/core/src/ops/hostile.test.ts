import { describe, expect, test } from "vitest";
import { CoracleError } from "../errors.ts";
import { ProgramBuilder } from "../ir/build.ts";
import { evaluateNode } from "../ir/evaluate.ts";
import type { Op } from "../ir/op.ts";
import { constantValue, type Program } from "../ir/program.ts";
import { Tensor } from "../ir/tensor.ts";
import { foldConstantsPass } from "../passes/fold-constants.ts";
import { Predictor } from "../run/predictor.ts";
import * as ops from "./index.ts";

const mostMs = 2_000;
const huge = 1e12;
const f32 = (shape: readonly number[]): Tensor => Tensor.zeros("f32", shape);
const scalar = (value: number): Tensor => Tensor.scalar("f32", value);
const ints = Tensor.ints;
const i64 = (value: bigint): Tensor => Tensor.from("i64", [1], BigInt64Array.of(value));
const window = { strides: [1], dilations: [1], autoPad: "none" as const };
const pool = { ...window, ceilMode: false };

interface Hostile {
  readonly title: string;
  readonly op: Op;
  readonly attrs: unknown;
  readonly inputs: readonly Tensor[];
}

function hostile<A>(title: string, op: Op<A>, attrs: A, ...inputs: readonly Tensor[]): Hostile {
  return { title: `${op.name}: ${title}`, op: op as Op, attrs, inputs };
}

const roi = {
  mode: "avg",
  outputHeight: 2,
  outputWidth: 2,
  spatialScale: 1,
  coordinateMode: "halfPixel",
} as const;
const rois = (size: number): Tensor => Tensor.from("f32", [1, 4], [0, 0, size, size]);
const conv = { ...window, groups: 1 };
const transposed = { ...conv, pads: [0, 0], outputPadding: [0] };
const uniform = { dtype: "f32", low: 0, high: 1 } as const;

const nothing = Tensor.sequence([], { dtype: "f32" });
const text = Tensor.from("string", [1], ["a"]);

const count = (value: number): Tensor => Tensor.scalar("i64", value);
const one = { strides: [1], dilations: [1], pads: [0, 0] };
const circle = {
  feature: [0],
  mode: ["<="],
  split: [1],
  members: [undefined],
  whenTrue: [0],
  whenFalse: [0],
  nanIsTrue: [true],
} as const;
const trees = {
  roots: [0],
  leafTargets: [],
  leafWeights: [],
  numTargets: 1,
  aggregate: "sum",
  base: [],
} as const;
const wide = Tensor.from("u8", [14], [...Buffer.from("P5 99999 99999")]);

/** What cannot be computed in any memory or time. */
const refused: readonly Hostile[] = [
  hostile("1e12 bins", ops.dft, { inverse: false, onesided: false }, f32([1, 4, 1]), count(huge), count(1)),
  hostile("frames of 1e12", ops.stft, { onesided: true }, f32([1, 4]), count(1), f32([4]), count(huge)),
  hostile("no step", ops.stft, { onesided: true }, f32([1, 4]), count(0), f32([2]), count(2)),
  hostile(
    "1e12 bands",
    ops.melWeights,
    { dtype: "f32" },
    count(huge),
    count(8),
    count(100),
    scalar(0),
    scalar(50),
  ),
  hostile("1e12 pixels", ops.col2Im, one, f32([1, 2, 4]), ints([huge]), ints([2])),
  hostile(
    "to 1e12 pixels",
    ops.cropAndResize,
    { mode: "linear", extrapolationValue: 0 },
    f32([1, 1, 2, 2]),
    rois(1),
    ints([0]),
    ints([huge, 1]),
  ),
  hostile(
    "1e12 bins",
    ops.maxRoiPool,
    { pooledHeight: huge, pooledWidth: 1, spatialScale: 1 },
    f32([1, 1, 2, 2]),
    f32([1, 5]),
  ),
  hostile("a tree with a loop", ops.treeEnsemble, { ...trees, nodes: circle }, f32([1, 1])),
  hostile("1e10 pixels", ops.decodeImage, { format: "rgb" }, wide),
  hostile("singular", ops.inverse, {}, f32([2, 2])),
  hostile("1e9 parts", ops.splitToSequence, { axis: 0, keepDims: true }, Tensor.zeros("bool", [2 ** 20])),
  hostile("nothing to join", ops.concatFromSequence, { axis: 0, newAxis: true }, nothing),
  hostile("an item of nothing", ops.sequenceAt, {}, nothing, ints([0])),
  hostile("1e12 times", ops.tile, {}, text, ints([huge])),
  hostile("1e8 strings", ops.expand, {}, text, ints([1e8])),
  hostile("a pattern of 1e9 steps", ops.regexFullMatch, { pattern: "((a{1000}){1000}){1000}" }, text),
  hostile("no number", ops.cast, { to: "f32" }, text),
  hostile("1e12 elements", ops.range, {}, scalar(0), scalar(huge), scalar(1)),
  hostile("without an end", ops.range, {}, scalar(0), scalar(Number.POSITIVE_INFINITY), scalar(1)),
  hostile("from nowhere", ops.range, {}, scalar(Number.NaN), scalar(1), scalar(1)),
  hostile("tiny steps", ops.range, {}, scalar(0), scalar(1), scalar(1e-30)),
  hostile("1e12 times", ops.tile, {}, f32([2, 2]), ints([huge, 1])),
  hostile("times that overflow", ops.tile, {}, f32([2, 2]), ints([2 ** 52, 2 ** 52])),
  hostile("1e12 times nothing", ops.tile, {}, f32([2, 0]), ints([huge, 1])),
  hostile("1e12 elements", ops.expand, {}, f32([1, 2]), ints([huge, 2])),
  hostile("1e12 rows of nothing", ops.expand, {}, f32([1, 0]), ints([huge, 0])),
  hostile("1e12 elements", ops.fill, { value: Tensor.scalar("f32", 1) }, ints([huge])),
  hostile("1e12 rows of nothing", ops.fill, { value: Tensor.scalar("f32", 1) }, ints([huge, 0])),
  hostile("a negative size", ops.fill, { value: Tensor.scalar("f32", 1) }, ints([-1])),
  hostile("depth 1e12", ops.oneHot, { axis: -1 }, ints([1]), scalar(huge), f32([2])),
  hostile("depth -5", ops.oneHot, { axis: -1 }, ints([1]), scalar(-5), f32([2])),
  hostile("depth NaN", ops.oneHot, { axis: -1 }, ints([1]), scalar(Number.NaN), f32([2])),
  hostile("1e12 around", ops.pad, { mode: "constant" }, f32([2]), ints([huge, huge]), scalar(0), ints([0])),
  hostile(
    "1e12 around nothing",
    ops.pad,
    { mode: "edge" },
    f32([0, 2]),
    ints([0, huge, 0, huge]),
    scalar(0),
    ints([0, 1]),
  ),
  hostile("1e12 numbers", ops.randomUniform, uniform, ints([huge])),
  hostile("1e12 samples", ops.multinomial, { sampleSize: huge, dtype: "i32" }, f32([1, 3])),
  hostile(
    "a sum of 1e16 products",
    ops.einsum,
    { equation: "a,b,c,d->" },
    ...Array.from({ length: 4 }, () => f32([10_000])),
  ),
  hostile("pads of 2^40", ops.conv, { ...conv, pads: [2 ** 40, 2 ** 40] }, f32([1, 1, 4]), f32([1, 1, 3])),
  hostile("pads of 2^30", ops.conv, { ...conv, pads: [2 ** 30, 2 ** 30] }, f32([1, 1, 4]), f32([1, 1, 3])),
  hostile(
    "output 2^40",
    ops.convTranspose,
    { ...transposed, outputShape: [2 ** 40] },
    f32([1, 1, 4]),
    f32([1, 1, 3]),
  ),
  hostile(
    "stride 2^40",
    ops.convTranspose,
    { ...transposed, strides: [2 ** 40] },
    f32([1, 1, 4]),
    f32([1, 1, 3]),
  ),
  hostile(
    "kernel 2^30",
    ops.averagePool,
    { ...pool, kernel: [2 ** 30], pads: [2 ** 30, 2 ** 30], countIncludePad: true },
    f32([1, 1, 4]),
  ),
  hostile(
    "kernel 2^30",
    ops.maxPool,
    { ...pool, kernel: [2 ** 30], pads: [2 ** 30, 2 ** 30], storageOrder: 0, withIndices: false },
    f32([1, 1, 4]),
  ),
  hostile(
    "kernel 2^30",
    ops.lpPool,
    { ...pool, kernel: [2 ** 30], pads: [2 ** 30, 2 ** 30], p: 2 },
    f32([1, 1, 4]),
  ),
  hostile(
    "output 2^40",
    ops.maxUnpool,
    { kernel: [2], strides: [2], pads: [0, 0] },
    f32([1, 1, 2]),
    Tensor.zeros("i64", [1, 1, 2]),
    ints([1, 1, 2 ** 40]),
  ),
  hostile(
    "a region of 1e30",
    ops.roiAlign,
    { ...roi, samplingRatio: 0 },
    f32([1, 1, 4, 4]),
    rois(1e30),
    ints([0]),
  ),
  hostile("1e9 samples", ops.roiAlign, { ...roi, samplingRatio: 1e9 }, f32([1, 1, 4, 4]), rois(2), ints([0])),
  hostile("k 1e12", ops.topK, { axis: 0, largest: true, sorted: true }, f32([4]), ints([huge])),
  hostile("1e12 rows", ops.reshape, { allowZero: true }, f32([0]), ints([huge, 0])),
];

/** What looks endless and is not. */
const answered: readonly Hostile[] = [
  hostile("1e18", ops.pow, {}, i64(3n), i64(10n ** 18n)),
  hostile("the least exponent", ops.pow, {}, i64(3n), i64(-(2n ** 63n))),
  hostile(
    "of many",
    ops.cumProd,
    { exclusive: false, reverse: false },
    Tensor.from("i64", [200_000], new BigInt64Array(200_000).fill(3n)),
    ints([0]),
  ),
  hostile("right by -2^62", ops.bitShift, { direction: "right" }, i64(1n), i64(-(2n ** 62n))),
  hostile("left by 2^62", ops.bitShift, { direction: "left" }, i64(1n), i64(2n ** 62n)),
  hostile(
    "a wide window of padding",
    ops.averagePool,
    { ...pool, kernel: [2 ** 21], pads: [2 ** 21 - 1, 2 ** 21 - 1], countIncludePad: true },
    f32([1, 1, 4]),
  ),
  hostile(
    "of nothing",
    ops.pad,
    { mode: "wrap" },
    Tensor.zeros("i64", [0]),
    ints([1, 1]),
    ints([7]),
    ints([0]),
  ),
  hostile("a window of 1e9 channels", ops.lrn, { size: 1e9, alpha: 1, beta: 1, bias: 1 }, f32([1, 4, 2])),
];

/** The inputs are constants, as a hostile file would have them. */
function programOf({ op, attrs, inputs }: Hostile): Program {
  const b = new ProgramBuilder();
  const outputs = b.node(
    op,
    attrs,
    inputs.map((data) => b.constant(data)),
    { name: "it" },
  );
  return b.build(outputs);
}

/** The inputs come with the run. */
function fedProgram({ op, attrs, inputs }: Hostile): Program {
  const b = new ProgramBuilder();
  const values = inputs.map(({ type: { dtype, shape, element } }, i) =>
    b.input(`x${i}`, dtype, shape, element),
  );
  return b.build(b.node(op, attrs, values, { name: "it" }));
}

async function quickly<T>(work: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  try {
    return await work();
  } finally {
    expect(performance.now() - start).toBeLessThan(mostMs);
  }
}

async function expectRefusal(work: () => unknown): Promise<void> {
  const error: unknown = await quickly(work).then(
    () => undefined,
    (reason) => reason,
  );
  expect(CoracleError.isInstance(error), `got ${String(error)}`).toBe(true);
}

async function runAll(program: Program, inputs: readonly Tensor[]): Promise<unknown> {
  using predictor = await Predictor.create(program, { backends: [] });
  return await predictor.run(Object.fromEntries(program.inputs.map(({ name }, i) => [name, inputs[i]!])));
}

describe.each(refused.map((one) => [one.title, one] as const))("%s", (_, one) => {
  test("by reference", () =>
    expectRefusal(() => {
      const values = one.inputs.map((data, i) => constantValue(`c${i}`, data));
      const node = { name: "it", op: one.op, attrs: one.attrs, inputs: values, outputs: [] };
      evaluateNode(node, one.inputs);
    }));

  test("as constants of a program: while it is made, folded or run", () =>
    expectRefusal(async () => {
      const program = programOf(one);
      await runAll(foldConstantsPass.run(program) ?? program, []);
    }));

  test("fed", () => expectRefusal(() => runAll(fedProgram(one), one.inputs)));
});

test.each(answered.map((one) => [one.title, one] as const))("%s", async (_, one) => {
  const outputs = await quickly(() => runAll(programOf(one), []));
  expect(Object.keys(outputs as object)).not.toEqual([]);
});

test("non-maximum suppression of many constant boxes is left to the run", async () => {
  const count = 50_000;
  const boxes = Float32Array.from({ length: count * 4 }, (_, i) => [2 * i, 0, 2 * i + 4, 1][i % 4]!);
  const scores = Float32Array.from({ length: count }, (_, i) => i + 1);
  const b = new ProgramBuilder();
  const inputs = [
    Tensor.from("f32", [1, count, 4], boxes),
    Tensor.from("f32", [1, 1, count], scores),
    ints([count]),
    scalar(0.5),
    scalar(0),
  ];
  const constants = inputs.map((data) => b.constant(data));
  const program = b.build(b.node(ops.nonMaxSuppression, { centerPointBox: false }, constants));
  expect(await quickly(() => foldConstantsPass.run(program)?.nodes.length ?? 1)).toBe(1);
});
