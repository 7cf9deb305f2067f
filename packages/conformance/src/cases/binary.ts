import { type DType, type Op, ops } from "@coracle/core";
import { type CaseEntry, cases, constant, f32, given, type InputSpec, type OpCase, random } from "../case.ts";
import { broadcastPairs, mapShapes } from "./shapes.ts";

interface Range {
  readonly low: number;
  readonly high: number;
}

const wide: Range = { low: -9, high: 9 };

/** All kinds of broadcasting in one dtype; the second input constant where it is the smaller. */
function broadcasting<A>(attrs: A, dtype: DType, x: Range, y: Range = x): readonly CaseEntry<A>[] {
  const pairs = broadcastPairs.map(([a, b]): InputSpec[] => [
    random(dtype, a, x.low, x.high),
    random(dtype, b, y.low, y.high),
  ]);
  const maps = mapShapes.map((shape): InputSpec[] => [
    random(dtype, shape, x.low, x.high),
    random(dtype, shape, y.low, y.high),
  ]);
  const constants = [[], [17], [1, 17], [5, 17]].map((shape): InputSpec[] => [
    random(dtype, [5, 17], x.low, x.high),
    constant(random(dtype, shape, y.low, y.high)),
  ]);
  return [...pairs, ...maps, ...constants].map((inputs) => ({ attrs, inputs }));
}

function alike<A>(attrs: A, dtypes: readonly DType[], x: Range, y: Range = x): readonly CaseEntry<A>[] {
  return dtypes.flatMap((dtype) =>
    [[5, 17], [17], []].map((shape) => ({
      attrs,
      inputs: [random(dtype, [5, 17], x.low, x.high), random(dtype, shape, y.low, y.high)],
    })),
  );
}

const otherNumbers: readonly DType[] = [
  "f64",
  "f16",
  "bf16",
  "i8",
  "u8",
  "i16",
  "u16",
  "i32",
  "u32",
  "i64",
  "u64",
];
const integers: readonly DType[] = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64"];
const unsigned: readonly DType[] = ["u8", "u16", "u32", "u64"];

const arithmetic = [ops.add, ops.sub, ops.mul].flatMap((op) =>
  cases(op, [
    ...broadcasting({}, "f32", wide),
    ...alike({}, otherNumbers, wide),
    ...["i32", "i64", "u8"].map((dtype) => ({
      name: `${dtype} that wraps`,
      attrs: {},
      inputs: [
        given(dtype as DType, [19], [2147483647, -2147483648, 255, 65537, -3]),
        given(dtype as DType, [19], [2, -1, 65537, 2147483647]),
      ],
    })),
  ]),
);

const fused = [ops.add, ops.sub, ops.mul, ops.div].flatMap((op) =>
  cases(
    op,
    (
      [
        { kind: "relu" },
        { kind: "clip", min: 0, max: 6 },
        { kind: "hardSwish" },
        { kind: "sigmoid" },
        { kind: "leakyRelu", alpha: 0.1 },
        { kind: "gelu", approximate: "none" },
      ] as const
    ).map((activation) => ({
      name: `then ${activation.kind}`,
      attrs: { activation },
      inputs: [f32([2, 19, 5, 7], -4, 4), f32([19, 1, 1], 0.5, 2)],
    })),
  ),
);

const division = cases(ops.div, [
  ...broadcasting({}, "f32", wide, { low: 0.5, high: 4 }),
  ...alike({}, ["f64", "f16", ...integers], { low: -99, high: 99 }, { low: 1, high: 7 }),
  ...(["i32", "i64"] as const).map((dtype) => ({
    name: `${dtype} toward zero`,
    attrs: {},
    inputs: [given(dtype, [8], [7, -7, 7, -7, 6, -6, 1, -1]), given(dtype, [8], [2, 2, -2, -2, 3, -3, 2, 2])],
  })),
  {
    name: "f32 by zero",
    attrs: {},
    inputs: [given("f32", [6], [1, -1, 0, NaN, Infinity, 2]), given("f32", [6], [0, 0, 0, 1, Infinity, -0])],
  },
]);

const power = cases(ops.pow, [
  ...broadcasting({}, "f32", { low: 0.1, high: 3 }, { low: -3, high: 3 }),
  ...[0.5, 2, 3, -1, 0, 1].map((exponent) => ({
    name: `f32 to the ${exponent}`,
    attrs: {},
    inputs: [f32([5, 17], 0.1, 4), constant(given("f32", [], [exponent]))],
  })),
  {
    name: "negative base, whole exponent",
    attrs: {},
    inputs: [f32([19], -3, -0.5), constant(given("f32", [], [2]))],
  },
  { name: "f32 to i64", attrs: {}, inputs: [f32([19], -3, 3), random("i64", [19], 0, 4)] },
  { name: "i64 to i64", attrs: {}, inputs: [random("i64", [19], -9, 9), random("i64", [19], 0, 9)] },
  { name: "i32 to f32", attrs: {}, inputs: [random("i32", [19], 0, 9), f32([19], 0, 3)] },
]);

const extreme = [ops.min, ops.max].flatMap((op) =>
  cases(op, [
    ...broadcasting({}, "f32", wide),
    ...alike({}, otherNumbers, wide),
    {
      name: "NaN propagates",
      attrs: {},
      inputs: [given("f32", [20], [NaN, 1, Infinity, -Infinity]), given("f32", [20], [0, NaN, 2, 5, NaN])],
    },
  ]),
);

const slopes = cases(ops.prelu, [
  ...broadcasting({}, "f32", wide).filter(
    ({ inputs }) => inputs[0]!.shape.length >= inputs[1]!.shape.length && !isWidened(inputs),
  ),
  ...alike({}, ["f64", "f16", "i32", "i64"], wide),
]);

/** The second input would make the result larger than the first. */
function isWidened([x, slope]: readonly InputSpec[]): boolean {
  const lead = x!.shape.length - slope!.shape.length;
  return slope!.shape.some((dim, i) => dim !== 1 && x!.shape[lead + i] !== dim);
}

const remainder = cases(ops.mod, [
  ...broadcasting({ fmod: true }, "f32", wide, { low: 0.5, high: 4 }),
  ...[true, false].flatMap((fmod) => alike({ fmod }, integers, { low: -99, high: 99 }, { low: 1, high: 7 })),
  ...[true, false].map((fmod) => ({
    name: `signs, ${fmod ? "as C's fmod" : "as Python's %"}`,
    attrs: { fmod },
    inputs: [given("i32", [4], [7, -7, 7, -7]), given("i32", [4], [3, 3, -3, -3])],
  })),
]);

const shifts = cases(
  ops.bitShift,
  (["left", "right"] as const).flatMap((direction) => [
    ...alike({ direction }, unsigned, { low: 0, high: 200 }, { low: 0, high: 7 }),
    ...broadcasting({ direction }, "u8", { low: 0, high: 200 }, { low: 0, high: 9 }),
  ]),
);

function logical(op: Op<Readonly<Record<never, never>>>): readonly OpCase[] {
  return cases(op, broadcasting({}, "bool", { low: 0, high: 1 }));
}

function bitwise(op: Op<Readonly<Record<never, never>>>): readonly OpCase[] {
  return cases(op, [
    ...broadcasting({}, "i32", { low: -99, high: 99 }),
    ...alike({}, integers, { low: -99, high: 99 }),
  ]);
}

function comparison(op: Op<Readonly<Record<never, never>>>): readonly OpCase[] {
  return cases(op, [
    ...broadcasting({}, "f32", { low: -2, high: 2 }),
    ...alike({}, otherNumbers, { low: -2, high: 2 }),
    ...alike({}, op.name === "equal" ? ["bool"] : [], { low: 0, high: 1 }),
    {
      name: "NaN, infinities and zeros",
      attrs: {},
      inputs: [
        given("f32", [21], [NaN, 1, Infinity, 0, 2, 2]),
        given("f32", [21], [NaN, NaN, Infinity, -0, 2, 3]),
      ],
    },
  ]);
}

export const binaryCases: readonly OpCase[] = [
  ...arithmetic,
  ...fused,
  ...division,
  ...power,
  ...extreme,
  ...slopes,
  ...remainder,
  ...shifts,
  ...[ops.and, ops.or, ops.xor].flatMap(logical),
  ...[ops.bitwiseAnd, ops.bitwiseOr, ops.bitwiseXor].flatMap(bitwise),
  ...[ops.equal, ops.less, ops.lessOrEqual, ops.greater, ops.greaterOrEqual].flatMap(comparison),
];
