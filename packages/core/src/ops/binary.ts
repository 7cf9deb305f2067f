import { ShapeError } from "../errors.ts";
import { type DType, isBigInt, isFloat, isInteger } from "../ir/dtype.ts";
import { fromNumbers, toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { broadcastShapes, isStatic, numElements } from "../ir/shape.ts";
import { Tensor } from "../ir/tensor.ts";
import { type Activation, activationFunction } from "./activation.ts";
import { allocate } from "./shared/allocate.ts";
import { bigMax, bigMin } from "./shared/big.ts";
import { checkInputs, checkSameDType } from "./shared/check.ts";
import { broadcastStrides, forEachStrided } from "./shared/strided.ts";
import type { NoAttrs } from "./unary.ts";

export interface FusedAttrs {
  /** Applied to the result. */
  readonly activation?: Activation;
}

type Accepts = "float" | "number" | "integer" | "bool" | "any";
/** Any tensor of numbers. */
const accepts: Readonly<Record<Accepts, (dtype: DType) => boolean>> = {
  float: isFloat,
  number: (dtype) => isFloat(dtype) || isInteger(dtype),
  integer: isInteger,
  bool: (dtype) => dtype === "bool",
  any: () => true,
};

interface BinarySpec<A> {
  readonly name: string;
  readonly accepts: Accepts;
  readonly result?: DType;
  readonly accuracy?: "exact" | "rounding";
  readonly mixesDTypes?: boolean;
  /** For strings, which are accepted where this is there. */
  readonly text?: (x: string, y: string) => boolean;
  apply(x: number, y: number, attrs: A): number;
  /** For i64 and u64; the result is a bigint, or a boolean for comparisons. */
  big?(x: bigint, y: bigint, attrs: A): bigint | boolean;
  /** For integers up to 32 bits, where it differs from `apply`. */
  integer?(x: number, y: number, attrs: A): number;
}

/** An element function of two inputs with numpy broadcasting. */
function defineBinary<A>(spec: BinarySpec<A>): Op<A> {
  return defineOp<A>({
    name: spec.name,
    accuracy: spec.accuracy ?? "rounding",
    ...(spec.text && { takes: "strings" as const }),
    infer(inputs) {
      checkInputs(inputs, 2);
      const [x, y] = [inputs[0]!, inputs[1]!];
      if (!spec.mixesDTypes) checkSameDType(inputs);
      if (!accepts[spec.accepts](x.dtype))
        throw new ShapeError(`inputs are ${x.dtype}; expected ${spec.accepts}.`);
      return [{ dtype: spec.result ?? x.dtype, shape: broadcastShapes(x.shape, y.shape) }];
    },
    reference: ([x, y], attrs) => [applyActivation(evaluate(spec, x!, y!, attrs), attrs)],
    flops: (_, [out]) => (isStatic(out!.shape) ? numElements(out!.shape) : 0),
  });
}

function evaluate<A>(spec: BinarySpec<A>, x: Tensor, y: Tensor, attrs: A): Tensor {
  const shape = broadcastShapes(x.shape, y.shape) as readonly number[];
  const strides = [broadcastStrides(x.shape, shape), broadcastStrides(y.shape, shape)];
  const dtype = spec.result ?? x.dtype;
  if (spec.text && x.dtype === "string") return compareStrings(spec.text, x, y);
  if (spec.big && isBigInt(x.dtype) && isBigInt(y.dtype)) return evaluateBig(spec, [x, y], attrs);
  const out = allocate("f64", shape) as Float64Array;
  const [a, b] = [toNumbers(x), toNumbers(y)];
  const apply = spec.integer && isInteger(x.dtype) ? spec.integer : spec.apply;
  forEachStrided(shape, strides, (i, at) => {
    out[i] = apply(a[at[0]!]!, b[at[1]!]!, attrs);
  });
  return fromNumbers(dtype, shape, out);
}

function compareStrings(compare: (x: string, y: string) => boolean, x: Tensor, y: Tensor): Tensor {
  const shape = broadcastShapes(x.shape, y.shape) as readonly number[];
  const strides = [broadcastStrides(x.shape, shape), broadcastStrides(y.shape, shape)];
  const out = allocate("bool", shape);
  const [a, b] = [x.strings, y.strings];
  forEachStrided(shape, strides, (i, at) => {
    out[i] = compare(a[at[0]!]!, b[at[1]!]!) ? 1 : 0;
  });
  return Tensor.from("bool", shape, out);
}

function evaluateBig<A>(spec: BinarySpec<A>, [x, y]: readonly [Tensor, Tensor], attrs: A): Tensor {
  const shape = broadcastShapes(x.shape, y.shape) as readonly number[];
  const strides = [broadcastStrides(x.shape, shape), broadcastStrides(y.shape, shape)];
  const dtype = spec.result ?? x.dtype;
  const out = allocate(dtype, shape);
  const [a, b] = [x.data as BigInt64Array, y.data as BigInt64Array];
  forEachStrided(shape, strides, (i, at) => {
    const value = spec.big!(a[at[0]!]!, b[at[1]!]!, attrs);
    if (typeof value === "bigint") (out as BigInt64Array)[i] = value;
    else (out as Uint8Array)[i] = value ? 1 : 0;
  });
  return Tensor.from(dtype, shape, out);
}

function applyActivation(tensor: Tensor, attrs: unknown): Tensor {
  const { activation } = attrs as FusedAttrs;
  if (!activation) return tensor;
  const apply = activationFunction(activation);
  const values = toNumbers(tensor);
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = apply(values[i]!);
  return fromNumbers(tensor.dtype, tensor.shape, out);
}

/** Integer division and remainder by zero give 0. */
const bigDivide = (x: bigint, y: bigint): bigint => (y === 0n ? 0n : x / y);
const bigRemainder = (x: bigint, y: bigint): bigint => (y === 0n ? 0n : x % y);

/** Modulo 2^64, so that no exponent takes more than 64 steps. */
function bigPower(x: bigint, y: bigint): bigint {
  if (y < 0n) return x === 1n || (x === -1n && y % 2n === 0n) ? 1n : x === -1n ? -1n : 0n;
  let [product, square] = [1n, x];
  for (let rest = y; rest > 0n; rest >>= 1n) {
    if (rest & 1n) product = BigInt.asIntN(64, product * square);
    square = BigInt.asIntN(64, square * square);
  }
  return product;
}

const bigFloorMod = (x: bigint, y: bigint): bigint => {
  const rest = bigRemainder(x, y);
  return rest !== 0n && rest < 0n !== y < 0n ? rest + y : rest;
};
const floorMod = (x: number, y: number): number => {
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
};

export const add: Op<FusedAttrs> = defineBinary({
  name: "add",
  accepts: "number",
  apply: (x, y) => x + y,
  big: (x, y) => x + y,
});
export const sub: Op<FusedAttrs> = defineBinary({
  name: "sub",
  accepts: "number",
  apply: (x, y) => x - y,
  big: (x, y) => x - y,
});
export const mul: Op<FusedAttrs> = defineBinary({
  name: "mul",
  accepts: "number",
  apply: (x, y) => x * y,
  integer: Math.imul,
  big: (x, y) => x * y,
});
/** Integers truncate toward zero; by zero they give 0. */
export const div: Op<FusedAttrs> = defineBinary({
  name: "div",
  accepts: "number",
  apply: (x, y) => x / y,
  integer: (x, y) => (y === 0 ? 0 : Math.trunc(x / y)),
  big: bigDivide,
});
/** The result has the dtype of x. */
export const pow: Op<NoAttrs> = defineBinary({
  name: "pow",
  accepts: "number",
  mixesDTypes: true,
  apply: (x, y) => x ** y,
  big: bigPower,
});
export const min: Op<NoAttrs> = defineBinary({
  name: "min",
  accepts: "number",
  accuracy: "exact",
  apply: (x, y) => Math.min(x, y),
  big: bigMin,
});
export const max: Op<NoAttrs> = defineBinary({
  name: "max",
  accepts: "number",
  accuracy: "exact",
  apply: (x, y) => Math.max(x, y),
  big: bigMax,
});
/** x < 0: slope * x. slope broadcasts to x. */
export const prelu: Op<NoAttrs> = defineBinary({
  name: "prelu",
  accepts: "number",
  apply: (x, slope) => (x < 0 ? slope * x : x),
  big: (x, slope) => (x < 0n ? slope * x : x),
});

export interface ModAttrs {
  /** true: the sign of x, as C's fmod; false: the sign of y. */
  readonly fmod: boolean;
}
export const mod: Op<ModAttrs> = defineBinary({
  name: "mod",
  accepts: "number",
  apply: (x, y, { fmod }) => (fmod ? x % y : floorMod(x, y)),
  integer: (x, y, { fmod }) => (y === 0 ? 0 : fmod ? x % y : floorMod(x, y)),
  big: (x, y, { fmod }) => (fmod ? bigRemainder(x, y) : bigFloorMod(x, y)),
});

export interface BitShiftAttrs {
  readonly direction: "left" | "right";
}
export const bitShift: Op<BitShiftAttrs> = defineBinary({
  name: "bitShift",
  accepts: "integer",
  accuracy: "exact",
  apply: (x, y, { direction }) => (direction === "left" ? x * 2 ** y : Math.floor(x / 2 ** y)),
  big: (x, y, { direction }) => (y < 0n || y > 63n ? 0n : direction === "left" ? x << y : x >> y),
});

const logical = (name: string, apply: (x: number, y: number) => number): Op<NoAttrs> =>
  defineBinary({ name, accepts: "bool", accuracy: "exact", apply });
export const and: Op<NoAttrs> = logical("and", (x, y) => x & y);
export const or: Op<NoAttrs> = logical("or", (x, y) => x | y);
export const xor: Op<NoAttrs> = logical("xor", (x, y) => x ^ y);

const bitwise = (
  name: string,
  apply: (x: number, y: number) => number,
  big: (x: bigint, y: bigint) => bigint,
): Op<NoAttrs> => defineBinary({ name, accepts: "integer", accuracy: "exact", apply, big });
export const bitwiseAnd: Op<NoAttrs> = bitwise(
  "bitwiseAnd",
  (x, y) => x & y,
  (x, y) => x & y,
);
export const bitwiseOr: Op<NoAttrs> = bitwise(
  "bitwiseOr",
  (x, y) => x | y,
  (x, y) => x | y,
);
export const bitwiseXor: Op<NoAttrs> = bitwise(
  "bitwiseXor",
  (x, y) => x ^ y,
  (x, y) => x ^ y,
);

const comparison = (
  name: string,
  apply: (x: number, y: number) => boolean,
  big: (x: bigint, y: bigint) => boolean,
  text?: (x: string, y: string) => boolean,
): Op<NoAttrs> =>
  defineBinary({
    name,
    ...(text && { text }),
    accepts: "any",
    result: "bool",
    accuracy: "exact",
    apply: (x, y) => (apply(x, y) ? 1 : 0),
    big,
  });
export const equal: Op<NoAttrs> = comparison(
  "equal",
  (x, y) => x === y,
  (x, y) => x === y,
  (x, y) => x === y,
);
export const less: Op<NoAttrs> = comparison(
  "less",
  (x, y) => x < y,
  (x, y) => x < y,
);
export const lessOrEqual: Op<NoAttrs> = comparison(
  "lessOrEqual",
  (x, y) => x <= y,
  (x, y) => x <= y,
);
export const greater: Op<NoAttrs> = comparison(
  "greater",
  (x, y) => x > y,
  (x, y) => x > y,
);
export const greaterOrEqual: Op<NoAttrs> = comparison(
  "greaterOrEqual",
  (x, y) => x >= y,
  (x, y) => x >= y,
);
