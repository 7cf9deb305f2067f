import { ShapeError } from "../errors.ts";
import { type DType, isFloat, isInteger } from "../ir/dtype.ts";
import { fromNumbers, roundHalfEven, toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { isStatic, numElements } from "../ir/shape.ts";
import { Tensor, type TensorType } from "../ir/tensor.ts";
import { errorFunction } from "./activation.ts";
import { allocate } from "./shared/allocate.ts";
import { checkInputs } from "./shared/check.ts";

export type NoAttrs = Readonly<Record<never, never>>;

type Accepts = "float" | "number" | "integer" | "bool" | "any";

const accepts: Readonly<Record<Accepts, (dtype: DType) => boolean>> = {
  float: isFloat,
  number: (dtype) => isFloat(dtype) || isInteger(dtype),
  integer: isInteger,
  bool: (dtype) => dtype === "bool",
  any: () => true,
};

interface UnaryBase {
  readonly name: string;
  readonly accepts: Accepts;
  readonly result?: DType;
  readonly accuracy?: "exact" | "rounding";
  readonly flopsPerElement?: number;
}

export interface PreparedUnarySpec<A> extends UnaryBase {
  /** The function for these attributes. */
  prepare(attrs: A): (x: number) => number;
  /** For i64 and u64, where numbers would lose digits. */
  big?(x: bigint, attrs: A): bigint;
}

export interface UnarySpec<A> extends UnaryBase {
  apply(x: number, attrs: A): number;
  big?(x: bigint, attrs: A): bigint;
}

/** An op that applies one function to every element. x any shape -> y same shape. */
export function definePreparedUnary<A>(spec: PreparedUnarySpec<A>): Op<A> {
  const { name, result, accuracy = "rounding", flopsPerElement = 1 } = spec;
  return defineOp<A>({
    name,
    accuracy,
    infer(inputs) {
      checkInputs(inputs, 1);
      const [x] = inputs as [TensorType];
      if (!accepts[spec.accepts](x.dtype)) throw new ShapeError(`x is ${x.dtype}; expected ${spec.accepts}.`);
      return [{ dtype: result ?? x.dtype, shape: x.shape }];
    },
    reference([x], attrs) {
      const { dtype, shape, data } = x!;
      if (spec.big && (data instanceof BigInt64Array || data instanceof BigUint64Array)) {
        const out = allocate(dtype, shape) as BigInt64Array;
        for (let i = 0; i < out.length; i++) out[i] = spec.big(data[i]!, attrs);
        return [Tensor.from(dtype, shape, out)];
      }
      const values = toNumbers(x!);
      const out = allocate("f64", shape) as Float64Array;
      const apply = spec.prepare(attrs);
      for (let i = 0; i < out.length; i++) out[i] = apply(values[i]!);
      return [fromNumbers(result ?? dtype, shape, out)];
    },
    flops: ([x]) => (isStatic(x!.shape) ? flopsPerElement * numElements(x!.shape) : 0),
  });
}

/** `definePreparedUnary` for a function that needs no preparation. */
export function defineUnary<A>({ apply, ...rest }: UnarySpec<A>): Op<A> {
  return definePreparedUnary<A>({ ...rest, prepare: (attrs) => (x) => apply(x, attrs) });
}

const float = (name: string, apply: (x: number) => number): Op<NoAttrs> =>
  defineUnary({ name, accepts: "float", apply });
const bigAbs = (x: bigint): bigint => (x < 0n ? -x : x);

export const abs: Op<NoAttrs> = defineUnary({
  name: "abs",
  accepts: "number",
  accuracy: "exact",
  apply: Math.abs,
  big: bigAbs,
});
export const neg: Op<NoAttrs> = defineUnary({
  name: "neg",
  accepts: "number",
  accuracy: "exact",
  apply: (x) => -x,
  big: (x) => -x,
});
export const sign: Op<NoAttrs> = defineUnary({
  name: "sign",
  accepts: "number",
  accuracy: "exact",
  apply: Math.sign,
  big: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
});
export const ceil: Op<NoAttrs> = defineUnary({
  name: "ceil",
  accepts: "float",
  accuracy: "exact",
  apply: Math.ceil,
});
export const floor: Op<NoAttrs> = defineUnary({
  name: "floor",
  accepts: "float",
  accuracy: "exact",
  apply: Math.floor,
});
/** To the nearest integer, halves to even. */
export const round: Op<NoAttrs> = defineUnary({
  name: "round",
  accepts: "float",
  accuracy: "exact",
  apply: roundHalfEven,
});
export const sqrt: Op<NoAttrs> = float("sqrt", Math.sqrt);
export const reciprocal: Op<NoAttrs> = float("reciprocal", (x) => 1 / x);
export const exp: Op<NoAttrs> = float("exp", Math.exp);
export const log: Op<NoAttrs> = float("log", Math.log);
export const sin: Op<NoAttrs> = float("sin", Math.sin);
export const cos: Op<NoAttrs> = float("cos", Math.cos);
export const tan: Op<NoAttrs> = float("tan", Math.tan);
export const asin: Op<NoAttrs> = float("asin", Math.asin);
export const acos: Op<NoAttrs> = float("acos", Math.acos);
export const atan: Op<NoAttrs> = float("atan", Math.atan);
export const sinh: Op<NoAttrs> = float("sinh", Math.sinh);
export const cosh: Op<NoAttrs> = float("cosh", Math.cosh);
export const asinh: Op<NoAttrs> = float("asinh", Math.asinh);
export const acosh: Op<NoAttrs> = float("acosh", Math.acosh);
export const atanh: Op<NoAttrs> = float("atanh", Math.atanh);
export const erf: Op<NoAttrs> = float("erf", errorFunction);
export const softsign: Op<NoAttrs> = float("softsign", (x) => x / (1 + Math.abs(x)));
export const not: Op<NoAttrs> = defineUnary({
  name: "not",
  accepts: "bool",
  accuracy: "exact",
  apply: (x) => (x === 0 ? 1 : 0),
});
export const bitwiseNot: Op<NoAttrs> = defineUnary({
  name: "bitwiseNot",
  accepts: "integer",
  accuracy: "exact",
  apply: (x) => -x - 1,
  big: (x) => ~x,
});
// biome-ignore lint/suspicious/noShadowRestrictedNames: the name the standard gives it.
export const isNaN: Op<NoAttrs> = defineUnary({
  name: "isNaN",
  accepts: "float",
  result: "bool",
  accuracy: "exact",
  apply: (x) => (Number.isNaN(x) ? 1 : 0),
});
export interface IsInfAttrs {
  readonly detectNegative: boolean;
  readonly detectPositive: boolean;
}
export const isInf: Op<IsInfAttrs> = defineUnary({
  name: "isInf",
  accepts: "float",
  result: "bool",
  accuracy: "exact",
  apply: (x, { detectNegative, detectPositive }) =>
    (detectPositive && x === Number.POSITIVE_INFINITY) || (detectNegative && x === Number.NEGATIVE_INFINITY)
      ? 1
      : 0,
});

export const identity: Op<NoAttrs> = defineOp({
  name: "identity",
  accuracy: "exact",
  takes: "anything",
  infer(inputs) {
    checkInputs(inputs, 1);
    const { dtype, shape, element } = inputs[0]!;
    return [element === undefined ? { dtype, shape } : { dtype, shape, element }];
  },
  reference: ([x]) => [x!],
});
