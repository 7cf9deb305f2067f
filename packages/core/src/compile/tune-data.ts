import { bug } from "../errors.ts";
import { type DType, dataConstructor } from "../ir/dtype.ts";

const periodElements = 4096;

const f32Bits = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]!;

/** The element for a value between -1 and 1; never 0, infinite, or too small for full speed. */
const makers: Readonly<Partial<Record<DType, (value: number) => number>>> = {
  f32: (value) => value,
  f64: (value) => value,
  bf16: (value) => f32Bits(value) >>> 16,
  f16: (value) => (value < 0 ? 0x8000 : 0) | (0x3400 + Math.floor(Math.abs(value) * 0x7ff)),
  u8: (value) => 1 + Math.floor(Math.abs(value) * 126),
  i8: (value) => (value < 0 ? -1 : 1) * (1 + Math.floor(Math.abs(value) * 126)),
};

/** Whether any values of this dtype are good ones: wide integers may be indices. */
export function isFree(dtype: DType): boolean {
  return makers[dtype] !== undefined;
}

const periods = new Map<DType, Uint8Array>();

function periodOf(dtype: DType): Uint8Array {
  const known = periods.get(dtype);
  if (known) return known;
  const make = makers[dtype] ?? bug(`no data to tune with in ${dtype}`);
  const data = new (dataConstructor(dtype))(periodElements);
  let state = 1;
  for (let i = 0; i < periodElements; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = make((state / 2 ** 32) * 1.98 - 0.99 || 0.5);
  }
  const bytes = new Uint8Array(data.buffer);
  periods.set(dtype, bytes);
  return bytes;
}

/** Writes noise of a dtype, always the same. */
export function fillNoise(target: Uint8Array, dtype: DType): void {
  const period = periodOf(dtype);
  target.set(period.subarray(0, Math.min(period.length, target.length)));
  for (let filled = period.length; filled < target.length; filled *= 2) target.copyWithin(filled, 0, filled);
}
