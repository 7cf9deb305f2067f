import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NarrowDType } from "./dtype.ts";
import { narrowNumbers, narrowStorer, pack, packedLength, type RoundMode, unpack } from "./narrow.ts";

const worthOf = (dtype: NarrowDType, code: number): number => narrowNumbers(dtype, Uint8Array.of(code))![0]!;

describe("codes are worth what their formats say", () => {
  test.each([
    ["f8e4m3fn", 0x00, 0],
    ["f8e4m3fn", 0x80, -0],
    ["f8e4m3fn", 0x01, 2 ** -9],
    ["f8e4m3fn", 0x08, 2 ** -6],
    ["f8e4m3fn", 0x38, 1],
    ["f8e4m3fn", 0x7e, 448],
    ["f8e4m3fn", 0xff, Number.NaN],
    ["f8e4m3fnuz", 0x01, 2 ** -10],
    ["f8e4m3fnuz", 0x40, 1],
    ["f8e4m3fnuz", 0x7f, 240],
    ["f8e4m3fnuz", 0x80, Number.NaN],
    ["f8e5m2", 0x01, 2 ** -16],
    ["f8e5m2", 0x3c, 1],
    ["f8e5m2", 0x7b, 57344],
    ["f8e5m2", 0xfc, Number.NEGATIVE_INFINITY],
    ["f8e5m2", 0x7d, Number.NaN],
    ["f8e5m2fnuz", 0x01, 2 ** -17],
    ["f8e5m2fnuz", 0x7f, 57344],
    ["f8e5m2fnuz", 0x80, Number.NaN],
    ["f8e8m0", 0x00, 2 ** -127],
    ["f8e8m0", 0x7f, 1],
    ["f8e8m0", 0xff, Number.NaN],
    ["f4e2m1", 1, 0.5],
    ["f4e2m1", 5, 3],
    ["f4e2m1", 15, -6],
  ] as const)("%s %i", (dtype, code, expected) => {
    expect(worthOf(dtype, code)).toBe(expected);
  });
});

const floats = ["f8e4m3fn", "f8e4m3fnuz", "f8e5m2", "f8e5m2fnuz", "f8e8m0", "f4e2m1"] as const;

test.each(floats)("%s: every code that is a number is stored as itself", (dtype) => {
  const store = narrowStorer(dtype, { saturate: false });
  for (let code = 0; code < (dtype === "f4e2m1" ? 16 : 256); code++) {
    const value = worthOf(dtype, code);
    if (!Number.isNaN(value)) expect(store(value)).toBe(code);
  }
});

test.each(["f8e4m3fn", "f8e4m3fnuz", "f8e5m2", "f8e5m2fnuz", "f4e2m1"] as const)(
  "%s: any number becomes one of its two neighbours, the nearer one",
  (dtype) => {
    const store = narrowStorer(dtype);
    const values = Array.from({ length: dtype === "f4e2m1" ? 16 : 256 }, (_, code) => worthOf(dtype, code))
      .filter(Number.isFinite)
      .sort((a, b) => a - b);
    const [least, most] = [values[0]!, values.at(-1)!];
    fc.assert(
      fc.property(fc.double({ min: least, max: most, noNaN: true }), (x) => {
        const stored = Math.abs(worthOf(dtype, store(x)) - x);
        return values.every((value) => stored <= Math.abs(value - x));
      }),
    );
  },
);

test.each([
  ["f8e4m3fn", true, 1e6, 448],
  ["f8e4m3fn", true, Number.POSITIVE_INFINITY, 448],
  ["f8e4m3fn", false, 464, 448],
  ["f8e4m3fn", false, 465, Number.NaN],
  ["f8e4m3fnuz", true, -1e6, -240],
  ["f8e4m3fnuz", false, 1e6, Number.NaN],
  ["f8e5m2", true, Number.NEGATIVE_INFINITY, -57344],
  ["f8e5m2", false, 61440, Number.POSITIVE_INFINITY],
  ["f8e5m2", false, 61439, 57344],
  ["f8e5m2fnuz", false, Number.POSITIVE_INFINITY, Number.NaN],
  ["f4e2m1", false, 1e6, 6],
  ["f8e4m3fn", true, 1.0625, 1],
  ["f8e4m3fn", true, 1.1875, 1.25],
] as const)("%s, saturate %s: %d becomes %d", (dtype, saturate, x, expected) => {
  expect(worthOf(dtype, narrowStorer(dtype, { saturate })(x))).toBe(expected);
});

test("the zero without a sign keeps none", () => {
  expect(narrowStorer("f8e4m3fnuz")(-0)).toBe(0);
  expect(narrowStorer("f8e5m2fnuz")(-1e-30)).toBe(0);
  expect(narrowStorer("f8e5m2")(-0)).toBe(0x80);
});

test.each([
  ["up", 1.1, 2],
  ["up", 1, 1],
  ["down", 1.9, 1],
  ["nearest", 1.4, 1],
  ["nearest", 1.5, 2],
] as const)("a scale of powers of two, %s: %d becomes %d", (roundMode: RoundMode, x, expected) => {
  expect(worthOf("f8e8m0", narrowStorer("f8e8m0", { roundMode })(x))).toBe(expected);
});

test.each([
  ["i4", -9, 7],
  ["i4", 8, -8],
  ["u4", -1, 15],
  ["u4", 17.9, 1],
  ["i2", 2, -2],
  ["u2", 5, 1],
] as const)("%s: %d wraps to %d", (dtype, x, expected) => {
  expect(narrowStorer(dtype)(x)).toBe(expected);
});

test.each([
  ["i4", 4, -8],
  ["u4", 4, 0],
  ["f4e2m1", 4, 0],
  ["i2", 2, -2],
  ["u2", 2, 0],
] as const)("%s is packed and unpacked, whatever the length", (dtype, bits, least) => {
  for (let length = 0; length < 12; length++) {
    const data = Int8Array.from({ length }, (_, i) => least + ((i * 7) % 2 ** bits));
    const bytes = pack(dtype, data);
    expect(bytes.length).toBe(packedLength(dtype, length));
    expect([...unpack(dtype, bytes, length)]).toEqual([...data]);
  }
});

test("the first element lies in the lowest bits", () => {
  expect([...pack("u4", Uint8Array.of(1, 2, 3))]).toEqual([0x21, 0x03]);
  expect([...pack("u2", Uint8Array.of(1, 2, 3, 0, 1))]).toEqual([0b00111001, 1]);
});
