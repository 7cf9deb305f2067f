import { expect, test } from "vitest";
import {
  bf16ToNumber,
  f16ToNumber,
  fromNumbers,
  numberToBf16,
  numberToF16,
  roundHalfEven,
  toNumbers,
} from "./numeric.ts";

test("every f16 pattern survives the way to a number and back", () => {
  for (let bits = 0; bits < 65536; bits++) {
    const value = f16ToNumber(bits);
    if (Number.isNaN(value)) expect(numberToF16(value)).toBe(0x7e00);
    else if (numberToF16(value) !== bits) expect(numberToF16(value)).toBe(bits);
  }
});

test("every bf16 pattern does too", () => {
  for (let bits = 0; bits < 65536; bits++) {
    const value = bf16ToNumber(bits);
    if (!Number.isNaN(value) && numberToBf16(value) !== bits) expect(numberToBf16(value)).toBe(bits);
  }
  expect(Number.isNaN(bf16ToNumber(numberToBf16(Number.NaN)))).toBe(true);
});

test("f16 rounds to the nearest of its neighbours, halves to even", () => {
  for (let bits = 0; bits < 0x7bff; bits += 7) {
    const [low, high] = [f16ToNumber(bits), f16ToNumber(bits + 1)];
    const middle = (low + high) / 2;
    expect(numberToF16(middle)).toBe(bits % 2 === 0 ? bits : bits + 1);
    expect(numberToF16(middle + (high - low) / 8)).toBe(bits + 1);
    expect(numberToF16(-(middle - (high - low) / 8))).toBe(bits | 0x8000);
  }
  expect(numberToF16(65519.99)).toBe(0x7bff);
  expect(numberToF16(65520)).toBe(0x7c00);
  expect(numberToF16(-1e300)).toBe(0xfc00);
});

test("numbers become each dtype as they are stored there, and come back", () => {
  const back = (dtype: Parameters<typeof fromNumbers>[0], ...values: number[]): number[] =>
    Array.from(toNumbers(fromNumbers(dtype, [values.length], values)));
  expect(back("i8", 1.9, -1.9, 200)).toEqual([1, -1, -56]);
  expect(back("u8", 256, -1)).toEqual([0, 255]);
  expect(back("bool", 0, 0.5, -3)).toEqual([0, 1, 1]);
  expect(back("f16", 1 / 3)).toEqual([0.333251953125]);
  expect(back("bf16", 1 / 3)).toEqual([0.333984375]);
  expect(back("i64", -1.5, 2 ** 70)).toEqual([-1, 2 ** 63]);
  expect(back("u64", 2 ** 63, 2 ** 70)).toEqual([2 ** 63, 2 ** 64]);
});

test("halves round to even", () => {
  expect([0.5, 1.5, 2.5, -1.5, 2.4999].map(roundHalfEven)).toEqual([0, 2, 2, -2, 2]);
});
