import { type DType, type Op, ops } from "@coracle/core";
import { type CaseEntry, cases, given, type OpCase, random } from "../case.ts";
import { mapShapes, plainShapes } from "./shapes.ts";

type None = Readonly<Record<never, never>>;

interface Domain {
  readonly op: Op<None>;
  readonly low: number;
  readonly high: number;
  /** Beside f32. */
  readonly dtypes?: readonly DType[];
}

const floats: readonly DType[] = ["f64", "f16", "bf16"];
const signed: readonly DType[] = [...floats, "i8", "i32", "i64"];

const domains: readonly Domain[] = [
  { op: ops.abs, low: -9, high: 9, dtypes: [...signed, "u8", "u64"] },
  { op: ops.neg, low: -9, high: 9, dtypes: signed },
  { op: ops.sign, low: -2, high: 2, dtypes: [...signed, "u8"] },
  { op: ops.ceil, low: -9, high: 9, dtypes: floats },
  { op: ops.floor, low: -9, high: 9, dtypes: floats },
  { op: ops.round, low: -9, high: 9, dtypes: floats },
  { op: ops.sqrt, low: 0, high: 100, dtypes: floats },
  { op: ops.reciprocal, low: 0.1, high: 9, dtypes: floats },
  { op: ops.exp, low: -20, high: 10, dtypes: ["f64", "f16"] },
  { op: ops.log, low: 0.001, high: 100, dtypes: ["f64", "f16"] },
  { op: ops.sin, low: -9, high: 9 },
  { op: ops.cos, low: -9, high: 9 },
  { op: ops.tan, low: -1.4, high: 1.4 },
  { op: ops.asin, low: -1, high: 1 },
  { op: ops.acos, low: -1, high: 1 },
  { op: ops.atan, low: -9, high: 9 },
  { op: ops.sinh, low: -5, high: 5 },
  { op: ops.cosh, low: -5, high: 5 },
  { op: ops.asinh, low: -9, high: 9 },
  { op: ops.acosh, low: 1.01, high: 9 },
  { op: ops.atanh, low: -0.95, high: 0.95 },
  { op: ops.erf, low: -4, high: 4, dtypes: ["f64", "f16"] },
  { op: ops.softsign, low: -9, high: 9 },
  { op: ops.not, low: 0, high: 1 },
  { op: ops.bitwiseNot, low: -100, high: 100, dtypes: ["i8", "u8", "i32", "i64"] },
  { op: ops.isNaN, low: -9, high: 9, dtypes: ["f16"] },
  { op: ops.identity, low: -9, high: 9, dtypes: ["f16", "bool", "i64"] },
];

/** The dtype that most kernels are made for. */
function mainDType({ op }: Domain): DType {
  return op.name === "not" ? "bool" : op.name === "bitwiseNot" ? "i32" : "f32";
}

function entries(domain: Domain): readonly CaseEntry<None>[] {
  const { low, high, dtypes = [] } = domain;
  const main = [...plainShapes, ...mapShapes].map((shape) => random(mainDType(domain), shape, low, high));
  const others = dtypes.map((dtype) => random(dtype, [3, 11], low, high));
  return [...main, ...others].map((input) => ({ attrs: {}, inputs: [input] }));
}

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const odd = [nan, infinity, -infinity, 0, -0, 0.5, -0.5, 1.5, 2.5, -1.5, -2.5, 1e30, -1e30, 1, -1];

/** NaN, infinities, halves: for functions that are exact there. */
const special: readonly OpCase[] = [
  ops.abs,
  ops.neg,
  ops.sign,
  ops.ceil,
  ops.floor,
  ops.round,
  ops.isNaN,
].flatMap((op) =>
  cases(op, [{ name: "of NaN, infinities and halves", attrs: {}, inputs: [given("f32", [37], odd)] }]),
);

/** Far out, where kernels must saturate instead of overflow. */
const saturating: readonly OpCase[] = [ops.exp, ops.erf].flatMap((op) =>
  cases(op, [
    {
      name: "of extremes",
      attrs: {},
      inputs: [given("f32", [19], [nan, infinity, -infinity, 0, -0, 88, -87, 200, -200, 1e-30])],
    },
  ]),
);

const infinities: readonly OpCase[] = cases(
  ops.isInf,
  [true, false].flatMap((detectNegative) =>
    [true, false].map((detectPositive) => ({
      attrs: { detectNegative, detectPositive },
      inputs: [given("f32", [37], odd)],
    })),
  ),
);

export const unaryCases: readonly OpCase[] = [
  ...domains.flatMap((domain) => cases(domain.op, entries(domain))),
  ...special,
  ...saturating,
  ...infinities,
];
