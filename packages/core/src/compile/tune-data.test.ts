import { expect, test } from "vitest";
import type { DType } from "../ir/dtype.ts";
import { numbers, Tensor } from "../ir/tensor.ts";
import { fillNoise, isFree } from "./tune-data.ts";

const halfValue = (bits: number): number =>
  (bits & 0x8000 ? -1 : 1) * 2 ** (((bits >> 10) & 31) - 15) * (1 + (bits & 1023) / 1024);
const brainValue = (bits: number): number => new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;

function noise(dtype: DType, length: number): number[] {
  const tensor = Tensor.zeros(dtype, [length]);
  fillNoise(new Uint8Array(tensor.data.buffer), dtype);
  const raw = Array.from(tensor.data as Uint16Array, Number);
  if (dtype === "f16") return raw.map(halfValue);
  return dtype === "bf16" ? raw.map(brainValue) : [...numbers(tensor)].map(Number);
}

test.each(["f32", "f64", "f16", "bf16"] as const)("%s: both signs, within 1, never near 0", (dtype) => {
  const values = noise(dtype, 10_007);
  expect(Math.min(...values)).toBeLessThan(-0.5);
  expect(Math.max(...values)).toBeGreaterThan(0.5);
  expect(values.every((value) => Math.abs(value) <= 1 && Math.abs(value) > 1e-6)).toBe(true);
  expect(noise(dtype, 10_007)).toEqual(values);
});

test.each(["u8", "i8"] as const)("%s: no zero", (dtype) => {
  const values = noise(dtype, 5);
  expect(values.every((value) => value !== 0)).toBe(true);
});

test("integers that may be indices are left alone", () => {
  expect((["i32", "i64", "bool"] as const).map(isFree)).toEqual([false, false, false]);
});
