import {
  type Block,
  ConvertError,
  type DType,
  evaluateBlock,
  inferNode,
  makeValue,
  type Op,
  ops,
  type Program,
  ProgramBuilder,
  type Shape,
  Tensor,
  type Value,
} from "@coracle/core";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { fromOnnx } from "../onnx/reader.ts";
import { opNames } from "../testing/model.ts";
import { randomFrom } from "../testing/random.ts";
import { toOnnx, writableOps } from "./to-onnx.ts";

const random = randomFrom(7);
const floats = (shape: readonly number[]): Tensor =>
  Tensor.from(
    "f32",
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() * 4 - 2),
  );

/** A program of one input, made by `build`. */
function programOf(shape: Shape, build: (b: ProgramBuilder, x: Value) => Value): Program {
  const builder = new ProgramBuilder();
  const x = builder.input("x", "f32", shape);
  return builder.build([build(builder, x)]);
}

const ortTypes: Partial<Record<DType, string>> = {
  f32: "float32",
  i64: "int64",
  bool: "bool",
  u8: "uint8",
  i8: "int8",
  i32: "int32",
};

async function runOrt(
  bytes: Uint8Array,
  feed: Tensor,
): Promise<readonly { data: ArrayLike<number | bigint>; dims: readonly number[] }[]> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const input = new OrtTensor(ortTypes[feed.dtype] as "float32", feed.data as Float32Array, [...feed.shape]);
  const results = await session.run({ x: input });
  const outputs = session.outputNames.map((name) => results[name]!);
  await session.release();
  return outputs.map(({ data, dims }) => ({ data: data as unknown as ArrayLike<number>, dims }));
}

function expectClose(actual: ArrayLike<number | bigint>, expected: ArrayLike<number | bigint>): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [Number(actual[i]), Number(expected[i])];
    expect(Math.abs(a - b), `element ${i}: ${a} and ${b}`).toBeLessThanOrEqual(1e-5 + 1e-5 * Math.abs(b));
  }
}

/** What is written gives the same numbers read again here and run by onnxruntime. */
async function expectSame(program: Program, feed: Tensor): Promise<void> {
  const bytes = toOnnx(program);
  const [expected] = evaluateBlock(program, [feed]);
  const [again] = evaluateBlock(fromOnnx(bytes), [feed]);
  expect(again!.shape).toEqual(expected!.shape);
  expectClose(again!.data, expected!.data);
  const [theirs] = await runOrt(bytes, feed);
  expect(theirs!.dims).toEqual(expected!.shape);
  expectClose(theirs!.data, expected!.data);
}

const conv = { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1, autoPad: "none" } as const;
const pool = {
  kernel: [2, 2],
  strides: [2, 2],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  ceilMode: false,
  autoPad: "none",
} as const;
const plain = { ...conv, strides: [...conv.strides], pads: [...conv.pads], dilations: [...conv.dilations] };
const pooling = {
  ...pool,
  kernel: [...pool.kernel],
  strides: [...pool.strides],
  pads: [...pool.pads],
  dilations: [...pool.dilations],
};

const image = [1, 4, 6, 6];
type Case = readonly [string, readonly number[], (b: ProgramBuilder, x: Value) => Value];
const one =
  <A>(op: Op<A>, attrs: A, ...more: readonly Tensor[]): Case[2] =>
  (b, x) =>
    b.one(op, attrs, [x, ...more.map((tensor) => b.constant(tensor))]);

const cases: readonly Case[] = [
  [
    "conv with bias and fused relu6",
    image,
    one(
      ops.conv,
      { ...plain, activation: { kind: "clip", min: 0, max: 6 } },
      floats([4, 4, 3, 3]),
      floats([4]),
    ),
  ],
  [
    "conv with residual and swish",
    image,
    one(
      ops.conv,
      { ...plain, activation: { kind: "swish", alpha: 1 } },
      floats([4, 4, 3, 3]),
      floats([4]),
      floats(image),
    ),
  ],
  [
    "grouped conv, same padding",
    image,
    one(ops.conv, { ...plain, groups: 2, autoPad: "sameUpper" }, floats([4, 2, 3, 3])),
  ],
  [
    "convTranspose",
    image,
    one(ops.convTranspose, { ...plain, strides: [2, 2], outputPadding: [1, 1] }, floats([4, 2, 3, 3])),
  ],
  [
    "matMul with everything",
    [3, 4],
    one(
      ops.matMul,
      { transB: true, alpha: 0.5, activation: { kind: "leakyRelu", alpha: 0.1 } },
      floats([5, 4]),
      floats([5]),
    ),
  ],
  [
    "matMul with residual",
    [3, 4],
    one(
      ops.matMul,
      { alpha: 0.5, activation: { kind: "relu" } },
      floats([4, 5]),
      floats([5]),
      floats([3, 5]),
    ),
  ],
  [
    "batched matMul with residual",
    [2, 3, 4],
    one(ops.matMul, {}, floats([4, 5]), floats([5]), floats([2, 3, 5])),
  ],
  [
    "attention",
    [1, 2, 3, 4],
    one(ops.attention, { scale: 0.5 }, floats([1, 2, 5, 4]), floats([1, 2, 5, 6]), floats([3, 5])),
  ],
  [
    "attention of joined heads",
    [2, 3, 8],
    one(ops.attention, { scale: 0.5, heads: 2 }, floats([2, 5, 8]), floats([2, 5, 8])),
  ],
  ["batched matMul", [2, 3, 4], one(ops.matMul, { transA: true, alpha: 2 }, floats([2, 3, 5]))],
  ["add with a fused activation", [2, 3], one(ops.add, { activation: { kind: "relu" } }, floats([3]))],
  ["maxPool", image, one(ops.maxPool, { ...pooling, storageOrder: 0, withIndices: false })],
  ["averagePool", image, one(ops.averagePool, { ...pooling, ceilMode: true, countIncludePad: true })],
  ["globalAveragePool", image, one(ops.globalAveragePool, {})],
  [
    "batchNorm",
    image,
    one(
      ops.batchNorm,
      { epsilon: 1e-5 },
      floats([4]),
      floats([4]),
      floats([4]),
      Tensor.from("f32", [4], [1, 2, 3, 4]),
    ),
  ],
  ["instanceNorm", image, one(ops.instanceNorm, { epsilon: 1e-5 }, floats([4]), floats([4]))],
  ["groupNorm", image, one(ops.groupNorm, { groups: 2, epsilon: 1e-5 }, floats([4]), floats([4]))],
  ["layerNorm", [2, 8], one(ops.layerNorm, { axis: -1, epsilon: 1e-5 }, floats([8]), floats([8]))],
  ["rmsNorm", [2, 8], one(ops.rmsNorm, { axis: -1, epsilon: 1e-5 }, floats([8]))],
  ["lrn", image, one(ops.lrn, { size: 3, alpha: 0.1, beta: 0.75, bias: 1 })],
  ["softmax", [2, 8], one(ops.softmax, { axis: -1 })],
  ["clip without a maximum", [2, 8], one(ops.clip, { min: 0.5, max: Number.POSITIVE_INFINITY })],
  ["gelu", [2, 8], one(ops.gelu, { approximate: "tanh" })],
  ["swish", [2, 8], one(ops.swish, { alpha: 1.5 })],
  ["elu", [2, 8], one(ops.elu, { alpha: 0.5 })],
  ["hardSwish", [2, 8], one(ops.hardSwish, {})],
  ["cast", [2, 8], one(ops.cast, { to: "i32" })],
  [
    "reduceMean",
    image,
    one(ops.reduceMean, { keepDims: false, noopWithEmptyAxes: false }, Tensor.ints([2, 3])),
  ],
  ["argMax", image, one(ops.argMax, { axis: 1, keepDims: true, selectLastIndex: false })],
  ["transpose", image, one(ops.transpose, { perm: [0, 2, 3, 1] })],
  ["reshape", image, one(ops.reshape, { allowZero: false }, Tensor.ints([0, -1]))],
  ["flatten", image, one(ops.flatten, { axis: 2 })],
  ["unsqueeze", [2, 3], one(ops.unsqueeze, {}, Tensor.ints([0, 3]))],
  [
    "slice",
    image,
    one(ops.slice, {}, Tensor.ints([1]), Tensor.ints([5]), Tensor.ints([2]), Tensor.ints([2])),
  ],
  ["split", [2, 7], (b, x) => b.node(ops.split, { axis: 1, numOutputs: 2 }, [x])[1]!],
  ["concat", [2, 3], one(ops.concat, { axis: 1 }, floats([2, 4]))],
  ["gather", [4, 3], one(ops.gather, { axis: 0 }, Tensor.ints([3, 0]))],
  [
    "pad",
    [2, 3],
    one(ops.pad, { mode: "constant" }, Tensor.ints([1, 2]), Tensor.scalar("f32", 9), Tensor.ints([1])),
  ],
  ["expand", [1, 3], one(ops.expand, {}, Tensor.ints([4, 3]))],
  ["tile", [1, 3], one(ops.tile, {}, Tensor.ints([2, 2]))],
  ["depthToSpace", image, one(ops.depthToSpace, { blockSize: 2, mode: "CRD" })],
  [
    "roiAlign",
    [2, 3, 9, 8],
    one(
      ops.roiAlign,
      {
        mode: "avg",
        outputHeight: 2,
        outputWidth: 3,
        samplingRatio: 2,
        spatialScale: 0.5,
        coordinateMode: "outputHalfPixel",
      },
      Tensor.from("f32", [2, 4], [0, 1, 9, 12, 4, 2, 15, 7]),
      Tensor.ints([1, 0]),
    ),
  ],
  ["globalLpPool", image, one(ops.globalLpPool, { p: 2 })],
  [
    "nonMaxSuppression",
    [1, 6, 4],
    (b, x) => {
      const scores = b.constant(
        Tensor.from("f32", [1, 2, 6], [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.1, 0.2, 0.5, 0.6, 0.7]),
      );
      const most = b.constant(Tensor.scalar("i64", 4));
      const limits = [0.3, 0.25].map((value) => b.constant(Tensor.scalar("f32", value)));
      return b.one(ops.nonMaxSuppression, { centerPointBox: true }, [x, scores, most, ...limits]);
    },
  ],
  [
    "gatherND and scatterND",
    [2, 3, 4],
    (b, x) => {
      const indices = b.constant(Tensor.from("i64", [2, 1, 1], [2, 0]));
      const rows = b.one(ops.gatherND, { batchDims: 1 }, [x, indices]);
      const at = b.constant(Tensor.from("i64", [2, 2], [0, 1, 1, 2]));
      const flat = b.one(ops.reshape, { allowZero: false }, [rows, b.constant(Tensor.ints([2, 4]))]);
      return b.one(ops.scatterND, { reduction: "none" }, [x, at, flat]);
    },
  ],
  ["cumSum", [2, 8], one(ops.cumSum, { exclusive: true, reverse: false }, Tensor.scalar("i64", 1))],
  ["gatherElements", [2, 3], one(ops.gatherElements, { axis: 1 }, Tensor.from("i64", [2, 2], [2, 0, 1, 1]))],
  ["topK", [2, 8], one(ops.topK, { axis: -1, largest: true, sorted: true }, Tensor.ints([3]))],
  [
    "where",
    [2, 3],
    (b, x) =>
      b.one(ops.where, {}, [
        b.one(ops.greater, {}, [x, b.constant(Tensor.scalar("f32", 0))]),
        x,
        b.one(ops.neg, {}, [x]),
      ]),
  ],
  [
    "resize",
    image,
    one(
      ops.resize,
      {
        by: "sizes",
        axes: [2, 3],
        mode: "linear",
        coordinateMode: "halfPixel",
        nearestMode: "roundPreferFloor",
        cubicCoeffA: -0.75,
        excludeOutside: false,
        antialias: false,
        extrapolationValue: 0,
        keepAspectRatio: "stretch",
      },
      Tensor.ints([9, 12]),
    ),
  ],
  [
    "quantizeLinear and dequantizeLinear",
    [2, 8],
    (b, x) => {
      const [scale, zero] = [b.constant(Tensor.scalar("f32", 0.05)), b.constant(Tensor.scalar("u8", 100))];
      const y = b.one(ops.quantizeLinear, { axis: 1, blockSize: 0, saturate: true }, [x, scale, zero]);
      return b.one(ops.dequantizeLinear, { axis: 1, blockSize: 0 }, [y, scale, zero]);
    },
  ],
  ...(["i4", "u4", "f8e4m3fn"] as const).map(
    (dtype): Case => [
      `quantizeLinear to ${dtype} and back`,
      [2, 8],
      (b, x) => {
        const [scale, zero] = [b.constant(Tensor.scalar("f32", 0.5)), b.constant(Tensor.scalar(dtype, 0))];
        const y = b.one(ops.quantizeLinear, { axis: 1, blockSize: 0, saturate: true }, [x, scale, zero]);
        return b.one(ops.dequantizeLinear, { axis: 1, blockSize: 0 }, [y, scale, zero]);
      },
    ],
  ),
  [
    "packed weights",
    [2, 3],
    (b, x) => {
      const weights = b.constant(Tensor.fromPacked("i4", [2, 3], Uint8Array.of(0x21, 0xf3, 0x87)));
      const [scale, zero] = [b.constant(Tensor.scalar("f32", 0.5)), b.constant(Tensor.scalar("i4", 0))];
      return b.one(ops.add, {}, [
        x,
        b.one(ops.dequantizeLinear, { axis: 1, blockSize: 0 }, [weights, scale, zero]),
      ]);
    },
  ],
  [
    "strings",
    [2, 3],
    (b, x) => {
      const text = b.one(ops.cast, { to: "string" }, [x]);
      const longer = b.one(ops.stringConcat, {}, [text, b.constant(Tensor.from("string", [1], ["1"]))]);
      return b.one(ops.cast, { to: "f32" }, [longer]);
    },
  ],
  [
    "patterns",
    [2, 3],
    (b, x) => {
      const text = b.one(ops.cast, { to: "string" }, [x]);
      return b.one(ops.cast, { to: "f32" }, [
        b.one(ops.regexFullMatch, { pattern: "-?[01]\\.[0-4]\\d*" }, [text]),
      ]);
    },
  ],
  [
    "stringSplit",
    [4],
    (b, x) => {
      const text = b.one(ops.cast, { to: "string" }, [x]);
      return b.node(ops.stringSplit, { delimiter: ".", maxSplit: 3 }, [text])[1]!;
    },
  ],
  [
    "sequences",
    [2, 3],
    (b, x) => {
      const one = b.constant(Tensor.scalar("i64", 1));
      const made = b.one(ops.sequenceConstruct, {}, [x, b.one(ops.neg, {}, [x]), b.one(ops.exp, {}, [x])]);
      const longer = b.one(ops.sequenceInsert, {}, [made, b.one(ops.abs, {}, [x]), one]);
      const erased = b.one(ops.sequenceErase, {}, [longer, b.constant(Tensor.scalar("i64", -1))]);
      return b.one(ops.concatFromSequence, { axis: 1, newAxis: true }, [erased]);
    },
  ],
  [
    "splitToSequence and sequenceAt",
    [4, 3],
    (b, x) => {
      const parts = b.one(ops.splitToSequence, { axis: 0, keepDims: false }, [x]);
      return b.one(ops.sequenceAt, {}, [parts, b.constant(Tensor.scalar("i64", 2))]);
    },
  ],
  ["optionals", [2], (b, x) => b.one(ops.optionalGetElement, {}, [b.one(ops.optional, {}, [x])])],
  [
    "sequenceMap",
    [3],
    (b, x) => {
      const made = b.one(ops.sequenceConstruct, {}, [x, b.one(ops.neg, {}, [x])]);
      const inner = new ProgramBuilder();
      const item = inner.input("item", "f32", ["w"]);
      const other = inner.input("other", "f32", [3]);
      const body = inner.build([inner.one(ops.add, {}, [item, other])]);
      const mapped = b.one(ops.sequenceMap, { body, numInputs: 1 }, [made, x]);
      return b.one(ops.concatFromSequence, { axis: 0, newAxis: false }, [mapped]);
    },
  ],
];

describe("what is written runs the same here and in onnxruntime", () => {
  test.each(cases)("%s", async (_, shape, build) => {
    await expectSame(programOf(shape, build), floats(shape));
  });
});

/** A block whose inputs have the types of `outer`; its body is one op on the first two. */
function blockOf<A>(op: Op<A>, attrs: A, outer: readonly Value[]): Block {
  const inputs = outer.map(({ type }, i) => makeValue(`in${i}`, type));
  const used = inputs.slice(0, 2);
  const [type] = inferNode({ name: "inner", op, attrs, inputs: used });
  const output = makeValue("y", type!);
  return {
    inputs,
    outputs: [output],
    nodes: [{ name: "inner", op: op as Op, attrs, inputs: used, outputs: [output] }],
  };
}

test("branches name outer values", async () => {
  const program = programOf([3], (b, x) => {
    const total = b.one(ops.reduceSum, { keepDims: false, noopWithEmptyAxes: false }, [x]);
    const isPositive = b.one(ops.greater, {}, [total, b.constant(Tensor.scalar("f32", 0))]);
    const doubled = b.one(ops.add, {}, [x, x]);
    const captured = [x, doubled];
    // biome-ignore lint/suspicious/noThenProperty: the catalogue's name for the branch.
    const attrs = { then: blockOf(ops.add, {}, captured), else: blockOf(ops.mul, {}, captured) };
    return b.one(ops.ifElse, attrs, [isPositive, ...captured]);
  });
  await expectSame(program, Tensor.from("f32", [3], [1, 2, 3]));
  await expectSame(program, Tensor.from("f32", [3], [-1, -2, -3]));
});

test("a loop carries values, reads outer ones and may end early", async () => {
  const program = programOf([3], (b, x) => {
    const inner = new ProgramBuilder();
    const trip = inner.input("trip", "i64", []);
    inner.input("running", "bool", []);
    const [sum, outer] = [inner.input("sum", "f32", [3]), inner.input("outer", "f32", [3])];
    const next = inner.one(ops.add, {}, [sum, outer]);
    const goesOn = inner.one(ops.less, {}, [trip, inner.constant(Tensor.scalar("i64", 2))]);
    const doubled = inner.one(ops.mul, {}, [next, inner.constant(Tensor.from("f32", [3], [1, 2, 3]))]);
    const body = inner.build([goesOn, next, doubled]);
    const counts = [b.constant(Tensor.scalar("i64", 9)), b.constant(Tensor.scalar("bool", 1))];
    const [total, all] = b.node(ops.loop, { body, numCarried: 1 }, [...counts, x, x]);
    const last = b.one(ops.reduceSum, { keepDims: false, noopWithEmptyAxes: false }, [
      all!,
      b.constant(Tensor.ints([0])),
    ]);
    return b.one(ops.concat, { axis: 0 }, [total!, last]);
  });
  await expectSame(program, Tensor.from("f32", [3], [1, 2, 3]));
});

test("names and symbols survive", () => {
  const program = programOf(["n", 3], (b, x) => b.one(ops.relu, {}, [x], { outputs: ["prob"] }));
  const again = fromOnnx(toOnnx(program));
  expect(again.inputs[0]!.type).toEqual(program.inputs[0]!.type);
  expect(again.outputs[0]!.name).toBe("prob");
  expect(opNames(again)).toEqual(["relu"]);
});

test("ops without an ONNX form are listed at once", () => {
  const builder = new ProgramBuilder();
  const x = builder.input("x", "f32", [1, 16, 2, 2]);
  const y = builder.one(ops.reorder, { layout: undefined }, [x]);
  const program = builder.build([builder.one(ops.reorder, { layout: undefined }, [y])]);
  expect(() => toOnnx(program)).toThrow(new ConvertError("onnx: 1 op cannot be written: reorder (2)."));
});

test("nearly every op can be written", () => {
  const all = Object.values(ops).filter(
    (op): op is Op => typeof op === "object" && op !== null && "infer" in op,
  );
  const missing = all.filter((op) => !writableOps().has(op.name)).map(({ name }) => name);
  expect(missing.sort()).toMatchInlineSnapshot(`
    [
      "convChain",
      "densityPriorBox",
      "matrixNms",
      "multiclassNms",
      "pickChannels",
      "priorBox",
      "reorder",
      "yoloBox",
    ]
  `);
});
