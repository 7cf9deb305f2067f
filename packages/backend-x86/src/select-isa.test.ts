import { expect, test } from "vitest";
import { levelsOf, selectLevel } from "./select-isa.ts";

test.each([
  [1, undefined, "sse4"],
  [3, undefined, "avx2"],
  [7, undefined, "avx512"],
  [7, "", "avx512"],
  [7, "avx2", "avx2"],
  [3, "sse4", "sse4"],
] as const)("bits %i, forced %s: %s", (bits, forced, level) => {
  expect(selectLevel(bits, forced)).toBe(level);
});

test("levels are listed lowest first", () => {
  expect(levelsOf(7)).toEqual(["sse4", "avx2", "avx512"]);
  expect(levelsOf(0)).toEqual([]);
});

test("what the processor lacks is refused", () => {
  expect(() => selectLevel(0, undefined)).toThrow(
    "x86: this processor lacks SSE4.2; expected at least that.",
  );
  expect(() => selectLevel(3, "avx512")).toThrow(
    'x86: CORACLE_ISA is "avx512" and this processor lacks AVX-512 F, BW, VL, DQ and VNNI; expected one of sse4, avx2. Set one of these or unset it.',
  );
});
