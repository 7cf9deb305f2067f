import { type DType, type NarrowDType, packedBits, type TypedData } from "./dtype.ts";

/** A float of up to 8 bits: its sign, exponent and fraction, from the top. */
interface Format {
  readonly bits: number;
  readonly fraction: number;
  readonly bias: number;
  /** The code of the greatest finite value. */
  readonly most: number;
  /** What a value too large becomes when it does not saturate, and what is not a number. */
  readonly overflow: number;
  readonly nan: number;
  /** One zero; the code of -0 is NaN. */
  readonly isUnsignedZero?: boolean;
  readonly hasInfinity?: boolean;
}

/** Micikevicius et al. 2022 (e4m3fn, e5m2), Noune et al. 2022 (fnuz), OCP microscaling formats 1.0 (e2m1). */
const formats: Readonly<Partial<Record<DType, Format>>> = {
  f8e4m3fn: { bits: 8, fraction: 3, bias: 7, most: 0x7e, overflow: 0x7f, nan: 0x7f },
  f8e4m3fnuz: { bits: 8, fraction: 3, bias: 8, most: 0x7f, overflow: 0x80, nan: 0x80, isUnsignedZero: true },
  f8e5m2: { bits: 8, fraction: 2, bias: 15, most: 0x7b, overflow: 0x7c, nan: 0x7e, hasInfinity: true },
  f8e5m2fnuz: { bits: 8, fraction: 2, bias: 16, most: 0x7f, overflow: 0x80, nan: 0x80, isUnsignedZero: true },
  f4e2m1: { bits: 4, fraction: 1, bias: 1, most: 7, overflow: 7, nan: 8 },
};

const integerBits: Readonly<Partial<Record<DType, number>>> = { i4: 4, u4: 4, i2: 2, u2: 2 };

function worthOf(code: number, format: Format): number {
  const { bits, fraction, bias, most } = format;
  const signBit = 2 ** (bits - 1);
  const magnitude = code % signBit;
  if (magnitude > most) {
    const isInfinity = format.hasInfinity && magnitude === format.overflow;
    return isInfinity ? signed(code, signBit, Number.POSITIVE_INFINITY) : Number.NaN;
  }
  if (format.isUnsignedZero && code === format.nan) return Number.NaN;
  const exponent = magnitude >> fraction;
  const rest = magnitude % 2 ** fraction;
  const value =
    exponent === 0
      ? rest * 2 ** (1 - bias - fraction)
      : (2 ** fraction + rest) * 2 ** (exponent - bias - fraction);
  return signed(code, signBit, value);
}

const signed = (code: number, signBit: number, value: number): number => (code >= signBit ? -value : value);

const scaleOf = (code: number): number => (code === 255 ? Number.NaN : 2 ** (code - 127));

const tables = new Map<DType, Float32Array>();

/** What each code of a narrow dtype is worth; the integers are worth themselves and have none. */
function tableOf(dtype: DType): Float32Array | undefined {
  const known = tables.get(dtype);
  if (known) return known;
  const format = formats[dtype];
  if (!format && dtype !== "f8e8m0") return undefined;
  const table = Float32Array.from({ length: format ? 2 ** format.bits : 256 }, (_, code) =>
    format ? worthOf(code, format) : scaleOf(code),
  );
  tables.set(dtype, table);
  return table;
}

/** Elements of a narrow float as numbers; undefined for every other dtype. */
export function narrowNumbers(dtype: DType, data: TypedData): Float32Array | undefined {
  const table = tableOf(dtype);
  if (!table) return undefined;
  const out = new Float32Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = table[data[i] as number]!;
  return out;
}

export type RoundMode = "up" | "down" | "nearest";

export interface NarrowOptions {
  /** What is too large becomes the greatest value; else infinity, or NaN where there is none. Default true. */
  readonly saturate?: boolean;
  /** For powers of two (f8e8m0) only; "nearest": halves up. Default "up". */
  readonly roundMode?: RoundMode;
}

function scaleCode(value: number, { saturate = true, roundMode = "up" }: NarrowOptions): number {
  if (Number.isNaN(value) || value < 0) return 255;
  if (value === 0) return 0;
  if (value === Number.POSITIVE_INFINITY) return saturate ? 254 : 255;
  let exponent = Math.floor(Math.log2(value));
  if (2 ** exponent > value) exponent--;
  if (2 ** (exponent + 1) <= value) exponent++;
  const above = value / 2 ** exponent;
  const isUp = roundMode === "up" ? above > 1 : roundMode === "nearest" && above >= 1.5;
  const code = exponent + 127 + (isUp ? 1 : 0);
  if (code > 254) return saturate ? 254 : 255;
  return Math.max(0, code);
}

/** To nearest, halves to the even code: consecutive codes are consecutive values. */
function floatCode(value: number, format: Format, table: Float32Array, saturate: boolean): number {
  if (Number.isNaN(value)) return format.nan;
  const signBit = 2 ** (format.bits - 1);
  const sign = value < 0 || Object.is(value, -0) ? signBit : 0;
  const code = magnitudeCode(Math.abs(value), format, table, saturate);
  if (code === 0 && format.isUnsignedZero) return 0;
  return code === format.nan && format.isUnsignedZero ? code : sign | code;
}

function magnitudeCode(value: number, format: Format, table: Float32Array, saturate: boolean): number {
  const { most, overflow, fraction } = format;
  const ulp = table[most]! - table[most - 1]!;
  const limit = table[most]! + ulp / 2;
  const isEven = most % 2 === 0 || fraction === 0;
  if (value > limit || (value === limit && !isEven)) return saturate ? most : overflow;
  let [low, high] = [0, most];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (table[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  if (low === most) return most;
  const half = (table[low]! + table[low + 1]!) / 2;
  return value > half || (value === half && low % 2 === 1) ? low + 1 : low;
}

function wrapped(value: number, bits: number, isSigned: boolean): number {
  const low = (Number.isFinite(value) ? Math.trunc(value) : 0) & (2 ** bits - 1);
  return isSigned && low >= 2 ** (bits - 1) ? low - 2 ** bits : low;
}

/** How a number is stored as a narrow dtype: floats to nearest even, integers truncated and wrapped. */
export function narrowStorer(dtype: NarrowDType, options: NarrowOptions = {}): (value: number) => number {
  const bits = integerBits[dtype];
  if (bits !== undefined) return (value) => wrapped(value, bits, dtype[0] === "i");
  if (dtype === "f8e8m0") return (value) => scaleCode(value, options);
  const [format, table] = [formats[dtype]!, tableOf(dtype)!];
  return (value) => floatCode(value, format, table, options.saturate ?? true);
}

/** Bytes that hold `elements` of a dtype whose elements share bytes. */
export function packedLength(dtype: DType, elements: number): number {
  return Math.ceil((elements * (packedBits(dtype) ?? 8)) / 8);
}

/** Several elements a byte, the first in the lowest bits -> one an array element. */
export function unpack(dtype: DType, bytes: Uint8Array, elements: number): TypedData {
  const bits = packedBits(dtype)!;
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  const isSigned = dtype === "i4" || dtype === "i2";
  const out = isSigned ? new Int8Array(elements) : new Uint8Array(elements);
  const shift = 32 - bits;
  for (let i = 0; i < elements; i++) {
    const code = (bytes[Math.floor(i / perByte)]! >> ((i % perByte) * bits)) & mask;
    out[i] = isSigned ? (code << shift) >> shift : code;
  }
  return out;
}

/** The inverse of `unpack`; the last byte's free bits are 0. */
export function pack(dtype: DType, data: TypedData): Uint8Array {
  const bits = packedBits(dtype)!;
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  const out = new Uint8Array(packedLength(dtype, data.length));
  for (let i = 0; i < data.length; i++) {
    const at = Math.floor(i / perByte);
    out[at] = out[at]! | (((data[i] as number) & mask) << ((i % perByte) * bits));
  }
  return out;
}
