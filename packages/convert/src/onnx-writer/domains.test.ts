import { evaluateBlock, type Op, ops, type Program, ProgramBuilder, Tensor, type Value } from "@coracle/core";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { fromOnnx } from "../onnx/reader.ts";
import { RandomTensors } from "../testing/onnxruntime.ts";
import { toOnnx } from "./to-onnx.ts";

const r = new RandomTensors(3);
const types: Readonly<Record<string, string>> = { f32: "float32", i64: "int64", i32: "int32" };

interface Written<A = unknown> {
  readonly op: Op<A>;
  readonly attrs: A;
  /** The first is fed, the others are constants. */
  readonly inputs: readonly Tensor[];
  /** Why onnxruntime does not run it; absent where it does. */
  readonly refused?: string;
}

const written = <A>(op: Op<A>, attrs: A, inputs: readonly Tensor[], refused?: string): Written => ({
  op: op as Op,
  attrs,
  inputs,
  ...(refused ? { refused } : {}),
});

const scalar = (value: number): Tensor => Tensor.scalar("i64", value);

const trees: ops.TreeEnsembleAttrs = {
  nodes: {
    feature: [0, 1, 2],
    mode: ["<=", ">", "<"],
    split: [0.1, -0.5, 0.2],
    members: [undefined, undefined, undefined],
    whenTrue: [1, ~0, ~3],
    whenFalse: [~1, ~2, ~4],
    nanIsTrue: [true, false, false],
  },
  roots: [0, 2, ~1],
  leafTargets: [[0], [1, 0], [1], [0], [1]],
  leafWeights: [[1], [2, 3], [-1], [0.5], [4]],
  numTargets: 2,
  aggregate: "sum",
  base: [0.25, 0],
};

const linear = [
  r.f32([1, 3, 8]),
  r.f32([1, 3, 4]),
  r.f32([1, 3, 6]),
  r.f32([1, 2, 2, 3]),
  r.f32([1, 3, 2], -1, 0),
];

const list: readonly (readonly [string, Written])[] = [
  ["dft", written(ops.dft, { inverse: false, onesided: true }, [r.f32([2, 9, 1]), scalar(9), scalar(1)])],
  ["stft", written(ops.stft, { onesided: true }, [r.f32([1, 32]), scalar(4), r.f32([8], 0, 1), scalar(8)])],
  [
    "col2Im",
    written(ops.col2Im, { strides: [1, 1], dilations: [1, 1], pads: [0, 1, 0, 1] }, [
      r.f32([1, 8, 15]),
      Tensor.ints([4, 4]),
      Tensor.ints([2, 2]),
    ]),
  ],
  [
    "deformConv",
    written(
      ops.deformConv,
      { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1, offsetGroups: 1 },
      [r.f32([1, 2, 4, 4]), r.f32([3, 2, 2, 2]), r.f32([1, 8, 5, 5]), r.f32([3]), r.f32([1, 4, 5, 5])],
    ),
  ],
  [
    "maxRoiPool",
    written(
      ops.maxRoiPool,
      { pooledHeight: 2, pooledWidth: 2, spatialScale: 0.5 },
      [r.f32([1, 2, 6, 6]), Tensor.from("f32", [2, 5], [0, 0, 0, 8, 9, 0, 3, 2, 11, 6])],
      "Could not find an implementation",
    ),
  ],
  [
    "cropAndResize",
    written(ops.cropAndResize, { mode: "linear", extrapolationValue: 2 }, [
      r.f32([1, 2, 5, 5]),
      Tensor.from("f32", [1, 4], [0, 0.1, 1.2, 0.9]),
      Tensor.from("i32", [1], [0]),
      Tensor.ints([3, 4]),
    ]),
  ],
  ["inverse", written(ops.inverse, {}, [r.f32([3, 3])])],
  ["det", written(ops.det, {}, [r.f32([3, 3])])],
  [
    "blockRepeated",
    written(ops.blockRepeated, { size: 2 }, [Tensor.from("i64", [1, 4], [1, 2, 0, 1]), r.f32([1, 5])]),
  ],
  [
    "lookup",
    written(
      ops.lookup,
      {
        keys: Tensor.ints([1, 5]),
        values: Tensor.from("f32", [2], [0.5, 2]),
        otherwise: Tensor.from("f32", [1], [-1]),
      },
      [Tensor.from("i64", [2, 2], [5, 1, 3, 5])],
    ),
  ],
  ["treeEnsemble", written(ops.treeEnsemble, trees, [r.f32([6, 3])])],
  [
    "treeEnsemble with membership",
    written(
      ops.treeEnsemble,
      {
        ...trees,
        nodes: { ...trees.nodes, mode: ["in", ">", "<"], members: [[1, 2], undefined, undefined] },
        roots: [0, 2],
        leafTargets: [[0], [1], [1], [0], [1]],
        leafWeights: [[1], [2], [-1], [0.5], [4]],
        base: [],
      },
      [Tensor.from("f32", [2, 3], [1, 2, 3, 4, 5, 6])],
    ),
  ],
  [
    "linearAttention by the delta rule",
    written(ops.linearAttention, { queryHeads: 4, heads: 2, scale: 0.5, isDelta: true }, [
      ...linear,
      r.f32([1, 3, 2], 0, 1),
    ]),
  ],
  [
    "linearAttention with rates",
    written(ops.linearAttention, { queryHeads: 4, heads: 2, scale: 0.5, isDelta: false }, [
      ...linear,
      r.f32([1, 3, 2], 0, 1),
    ]),
  ],
  [
    "tensorScatter",
    written(ops.tensorScatter, { axis: 1, mode: "linear" }, [
      r.f32([2, 5, 3]),
      r.f32([2, 2, 3]),
      Tensor.ints([1, 3]),
    ]),
  ],
  ["cumProd", written(ops.cumProd, { exclusive: true, reverse: false }, [r.f32([2, 4]), scalar(1)])],
  ["bitCast", written(ops.bitCast, { to: "i32" }, [r.f32([2, 4])])],
];

function programOf({ op, attrs, inputs }: Written): Program {
  const builder = new ProgramBuilder();
  const values = inputs.map(
    (tensor, i): Value =>
      i === 0 ? builder.input("x", tensor.dtype, tensor.shape) : builder.constant(tensor),
  );
  return builder.build(builder.node(op, attrs, values));
}

async function runOrt(
  bytes: Uint8Array,
  feed: Tensor,
): Promise<readonly ArrayLike<number | bigint>[] | string> {
  try {
    const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 });
    const input = new OrtTensor(types[feed.dtype] as "float32", feed.data as Float32Array, [...feed.shape]);
    const results = await session.run({ x: input });
    const outputs = session.outputNames.map((name) => results[name]!.data as unknown as ArrayLike<number>);
    await session.release();
    return outputs;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function expectClose(actual: ArrayLike<number | bigint>, expected: ArrayLike<number | bigint>): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [Number(actual[i]), Number(expected[i])];
    if (Object.is(a, b) || a === b) continue;
    expect(Math.abs(a - b), `element ${i}: ${a} and ${b}`).toBeLessThanOrEqual(2e-5 + 2e-5 * Math.abs(b));
  }
}

describe("what is written is read as it was, and run by onnxruntime", () => {
  test.each(list)("%s", async (_, item) => {
    const program = programOf(item);
    const feed = item.inputs[0]!;
    const bytes = toOnnx(program);
    const expected = evaluateBlock(program, [feed]);
    const again = evaluateBlock(fromOnnx(bytes), [feed]);
    expected.forEach(({ data }, i) => {
      expectClose(again[i]!.data, data);
    });
    const theirs = await runOrt(bytes, feed);
    if (typeof theirs === "string") return expect(theirs).toContain(item.refused ?? "nothing: it must run");
    expected.forEach(({ data }, i) => {
      expectClose(theirs[i]!, data);
    });
  });
});

test("random ops keep their seed", () => {
  const builder = new ProgramBuilder();
  const x = builder.input("x", "f32", [1]);
  const shape = builder.constant(Tensor.ints([3, 2]));
  const drawn = builder.one(ops.randomNormal, { mean: 1, scale: 2, dtype: "f32", seed: 5 }, [shape]);
  const program = builder.build([builder.one(ops.add, {}, [x, drawn])]);
  const feed = Tensor.from("f32", [1], [0]);
  const [once] = evaluateBlock(program, [feed]);
  const [again] = evaluateBlock(fromOnnx(toOnnx(program)), [feed]);
  expect(again!.data).toEqual(once!.data);
});
