import { DataError, ShapeError } from "../errors.ts";
import {
  type DType,
  dataConstructor,
  dtypeBytes,
  hasBytes,
  isBigInt,
  isContainer,
  isInteger,
  isNarrow,
} from "../ir/dtype.ts";
import { type NarrowOptions, narrowStorer } from "../ir/narrow.ts";
import { fromNumbers, toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { Tensor } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { checkInputs } from "./shared/check.ts";

export interface CastAttrs extends NarrowOptions {
  readonly to: DType;
}

/**
 * Floats round to nearest even, float to integer truncates, integers wrap, bool is non-zero. `saturate` is for 8-bit
 * floats, `roundMode` for f8e8m0. Strings are read and written as decimal numbers (NaN, INF, -INF).
 */
export const cast: Op<CastAttrs> = defineOp({
  name: "cast",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, { to }) {
    checkInputs(inputs, 1);
    if (isContainer(to)) throw new ShapeError(`to ${to}; expected the dtype of a tensor.`);
    return [{ dtype: to, shape: inputs[0]!.shape }];
  },
  reference([x], attrs) {
    const { to } = attrs;
    if (x!.dtype === to) return [x!];
    if (to === "string") return [toStrings(x!)];
    if (x!.dtype === "string") return [fromStrings(x!, attrs)];
    if (isBigInt(x!.dtype) && isBigInt(to)) {
      const out = allocate(to, x!.shape) as BigInt64Array;
      out.set(x!.data as BigInt64Array);
      return [Tensor.from(to, x!.shape, out)];
    }
    if (isBigInt(x!.dtype) && isInteger(to)) return [wrapped(x!, to)];
    return [stored(attrs, x!.shape, toNumbers(x!))];
  },
});

function stored(attrs: CastAttrs, shape: readonly number[], values: ArrayLike<number>): Tensor {
  const { to } = attrs;
  if (!isNarrow(to)) return fromNumbers(to, shape, values);
  const store = narrowStorer(to, attrs);
  const out = allocate(to, shape) as Uint8Array;
  for (let i = 0; i < out.length; i++) out[i] = store(values[i]!);
  return Tensor.from(to, shape, out);
}

/** i64 or u64 -> the low bits as an integer of at most 32 bits. */
function wrapped(x: Tensor, to: DType): Tensor {
  const out = allocate(to, x.shape) as Int32Array;
  const data = x.data as BigInt64Array;
  for (let i = 0; i < out.length; i++) out[i] = Number(BigInt.asIntN(32, data[i]!));
  return Tensor.from(to, x.shape, out);
}

/** Decimal, as short as tells the value from its neighbours of the same dtype. */
function toStrings(x: Tensor): Tensor {
  const { dtype, data, shape } = x;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return Tensor.from("string", shape, Array.from(data, String));
  }
  const write = dtype === "bool" ? (value: number) => (value ? "True" : "False") : decimalOf(dtype);
  return Tensor.from("string", shape, Array.from(toNumbers(x), write));
}

function decimalOf(dtype: DType): (value: number) => string {
  const shorten =
    dtype === "f32" ? shortest(9) : dtype === "f16" ? shortest(5) : dtype === "bf16" ? shortest(4) : String;
  return (value) => {
    if (Number.isNaN(value)) return "NaN";
    if (!Number.isFinite(value)) return value > 0 ? "INF" : "-INF";
    return Object.is(value, -0) ? "-0" : shorten(value);
  };
}

/** The fewest digits, up to `most`, that give the same single-precision number. */
function shortest(most: number): (value: number) => string {
  return (value) => {
    for (let digits = 1; digits < most; digits++) {
      const text = Number(value.toPrecision(digits));
      if (Math.fround(text) === value) return String(text);
    }
    return String(Number(value.toPrecision(most)));
  };
}

const words: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["+inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
  ["infinity", Number.POSITIVE_INFINITY],
  ["-infinity", Number.NEGATIVE_INFINITY],
  ["true", 1],
  ["false", 0],
]);

/** Throws DataError for what is no number. */
function numberOf(text: string): number {
  const trimmed = text.trim();
  const value = words.get(trimmed.toLowerCase()) ?? (trimmed === "" ? Number.NaN : Number(trimmed));
  if (!Number.isNaN(value) || trimmed.toLowerCase() === "nan") return value;
  throw new DataError(`string ${JSON.stringify(text.slice(0, 40))}; expected a decimal number.`);
}

function fromStrings(x: Tensor, attrs: CastAttrs): Tensor {
  const { to } = attrs;
  if (!isBigInt(to)) return stored(attrs, x.shape, Float64Array.from(x.strings, numberOf));
  const out = allocate(to, x.shape) as BigInt64Array;
  for (let i = 0; i < out.length; i++) {
    const text = x.strings[i]!.trim();
    const isWhole = /^[-+]?\d{1,20}$/.test(text);
    out[i] = isWhole ? BigInt(text) : (fromNumbers(to, [], [numberOf(text)]).data as BigInt64Array)[0]!;
  }
  return Tensor.from(to, x.shape, out);
}

/** The same bytes read as another dtype of the same width. */
export const bitCast: Op<CastAttrs> = defineOp({
  name: "bitCast",
  accuracy: "exact",
  infer(inputs, { to }) {
    checkInputs(inputs, 1);
    const { dtype, shape } = inputs[0]!;
    if (!hasBytes(to)) throw new ShapeError(`to ${to}; expected a dtype of numbers.`);
    if (dtypeBytes(dtype) !== dtypeBytes(to)) {
      throw new ShapeError(`${dtype} to ${to}; expected dtypes of the same width.`);
    }
    return [{ dtype: to, shape }];
  },
  reference([x], { to }) {
    const bytes = new Uint8Array(x!.data.buffer, x!.data.byteOffset, x!.data.byteLength).slice();
    return [Tensor.from(to, x!.shape, new (dataConstructor(to))(bytes.buffer, 0, x!.data.length))];
  },
});
