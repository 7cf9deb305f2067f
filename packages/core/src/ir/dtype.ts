/**
 * The data layer: what a model is, before any machine is known.
 * It knows no operator, no pass and no backend.
 */
export const dtypes = [
  "f32",
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
  "bool",
] as const;

/**
 * What weights are stored as: 8-bit floats (OCP and IEEE-like), a 4-bit float, 4- and 2-bit integers. One array
 * element each: floats as bit patterns, integers as their value.
 */
export const narrowDTypes = [
  "f8e4m3fn",
  "f8e4m3fnuz",
  "f8e5m2",
  "f8e5m2fnuz",
  "f8e8m0",
  "f4e2m1",
  "i4",
  "u4",
  "i2",
  "u2",
] as const;

/** Values of the JavaScript side, which lie in no arena: strings, lists of tensors, and tensors that may be absent. */
export const objectDTypes = ["string", "sequence", "optional"] as const;

export type NarrowDType = (typeof narrowDTypes)[number];
export type ObjectDType = (typeof objectDTypes)[number];
export type DType = (typeof dtypes)[number] | NarrowDType | ObjectDType;

/** f16, bf16 and narrow floats hold their bit patterns; bool holds 0 or 1. */
export type TypedData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

interface DataConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): TypedData;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TypedData;
}

/** What one element that is an object is taken to cost. */
const objectBytes = 64;

/** Elements that are JavaScript values, with as much of a typed array's interface as moving elements takes. */
export class ObjectArray<T = unknown> extends Array<T> {
  static readonly BYTES_PER_ELEMENT: number = objectBytes;

  get byteLength(): number {
    return this.length * objectBytes;
  }

  set(source: ArrayLike<T>, at = 0): void {
    for (let i = 0; i < source.length; i++) this[at + i] = source[i]!;
  }

  subarray(start: number, end?: number): this {
    return this.slice(start, end) as this;
  }
}

/** Empty strings at first. */
export class StringArray extends ObjectArray<string> {
  constructor(length = 0) {
    super(length);
    this.fill("");
  }
}

const objects = (made: unknown): DataConstructor => made as DataConstructor;

const constructors: Readonly<Record<DType, DataConstructor>> = {
  f32: Float32Array,
  f64: Float64Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  bool: Uint8Array,
  f8e4m3fn: Uint8Array,
  f8e4m3fnuz: Uint8Array,
  f8e5m2: Uint8Array,
  f8e5m2fnuz: Uint8Array,
  f8e8m0: Uint8Array,
  f4e2m1: Uint8Array,
  i4: Int8Array,
  u4: Uint8Array,
  i2: Int8Array,
  u2: Uint8Array,
  string: objects(StringArray),
  sequence: objects(ObjectArray),
  optional: objects(ObjectArray),
};

export function dataConstructor(dtype: DType): DataConstructor {
  return constructors[dtype];
}

export function dtypeBytes(dtype: DType): number {
  return constructors[dtype].BYTES_PER_ELEMENT;
}

export function isFloat(dtype: DType): boolean {
  return dtype === "f32" || dtype === "f64" || dtype === "f16" || dtype === "bf16";
}

export function isBigInt(dtype: DType): boolean {
  return dtype === "i64" || dtype === "u64";
}

/** 8 to 64 bits. */
export function isInteger(dtype: DType): boolean {
  return integers.has(dtype);
}

const integers: ReadonlySet<DType> = new Set(["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64"]);
const narrow: ReadonlySet<DType> = new Set(narrowDTypes);

export function isNarrow(dtype: DType): dtype is NarrowDType {
  return narrow.has(dtype);
}

/** False for strings, sequences and optionals. */
export function hasBytes(dtype: DType): boolean {
  return dtype !== "string" && dtype !== "sequence" && dtype !== "optional";
}

export function isContainer(dtype: DType): dtype is "sequence" | "optional" {
  return dtype === "sequence" || dtype === "optional";
}

/** Bits of an element where several share a byte in files, the first in the lowest bits; undefined for the others. */
export function packedBits(dtype: DType): 2 | 4 | undefined {
  if (dtype === "i4" || dtype === "u4" || dtype === "f4e2m1") return 4;
  return dtype === "i2" || dtype === "u2" ? 2 : undefined;
}
