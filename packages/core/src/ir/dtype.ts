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

export type DType = (typeof dtypes)[number];

/** f16 and bf16 hold their bit patterns; bool holds 0 or 1. */
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

export function isInteger(dtype: DType): boolean {
  return !isFloat(dtype) && dtype !== "bool";
}
