import { ops, Tensor } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { x86 } from "../index.ts";
import { expectReference, fixed, floats, preferredLayoutsOnly } from "../testing/one-op.ts";

const blocked = preferredLayoutsOnly(x86);

const base = {
  by: "sizes",
  axes: [2, 3],
  mode: "nearest",
  coordinateMode: "halfPixel",
  nearestMode: "roundPreferFloor",
  cubicCoeffA: -0.75,
  excludeOutside: false,
  antialias: false,
  extrapolationValue: 0,
  keepAspectRatio: "stretch",
} as const;

const sizes = [
  [12, 10],
  [4, 3],
  [9, 5],
  [1, 7],
] as const;
const coordinateModes = [
  "halfPixel",
  "asymmetric",
  "alignCorners",
  "pytorchHalfPixel",
  "halfPixelSymmetric",
] as const;
const inputsOf = (size: readonly number[], c = 3): [Tensor, { constant: Tensor }] => [
  floats([2, c, 6, 5]),
  fixed(Tensor.ints(size)),
];

describe.each(coordinateModes)("resize, %s", (coordinateMode) => {
  test("nearest", async () => {
    for (const nearestMode of ["roundPreferFloor", "roundPreferCeil", "floor", "ceil"] as const) {
      for (const size of sizes) {
        const attrs = { ...base, coordinateMode, nearestMode };
        await expectReference({ op: ops.resize, attrs, inputs: inputsOf(size) }, "x86/resize-nearest");
      }
    }
  });

  test("linear and cubic", async () => {
    for (const size of sizes) {
      const linear = { ...base, coordinateMode, mode: "linear" } as const;
      await expectReference({ op: ops.resize, attrs: linear, inputs: inputsOf(size) }, "x86/resize-linear");
      const cubic = { ...base, coordinateMode, mode: "cubic" } as const;
      await expectReference({ op: ops.resize, attrs: cubic, inputs: inputsOf(size) }, "x86/resize-separable");
    }
  });
});

test("scales, one axis, other axes", async () => {
  const scales = fixed(Tensor.from("f32", [2], [1.7, 0.6]));
  const attrs = { ...base, by: "scales", mode: "linear" } as const;
  await expectReference(
    { op: ops.resize, attrs, inputs: [floats([1, 3, 10, 10]), scales] },
    "x86/resize-linear",
  );
  const last = { ...base, axes: [3] };
  await expectReference(
    { op: ops.resize, attrs: last, inputs: [floats([2, 3, 4, 5]), fixed(Tensor.ints([8]))] },
    "x86/resize-nearest",
  );
  const first = { ...base, axes: [0, 2], mode: "linear" } as const;
  await expectReference(
    { op: ops.resize, attrs: first, inputs: [floats([2, 3, 4, 5]), fixed(Tensor.ints([3, 8]))] },
    "x86/resize-separable",
  );
  const inner = { ...base, axes: [1, 2], mode: "linear" } as const;
  await expectReference(
    { op: ops.resize, attrs: inner, inputs: [floats([2, 3, 4, 5]), fixed(Tensor.ints([6, 8]))] },
    "x86/resize-linear",
  );
});

test.each(["nearest", "linear"] as const)("%s in blocks", async (mode) => {
  for (const size of [...sizes, [6, 9], [9, 5]]) {
    const layouts = await expectReference(
      { op: ops.resize, attrs: { ...base, mode }, inputs: inputsOf(size, 19) },
      `x86/resize-${mode}`,
      blocked,
    );
    expect(layouts).toContain("NCHW");
  }
});

test("antialias and excludeOutside", async () => {
  for (const mode of ["linear", "cubic"] as const) {
    for (const size of sizes) {
      const attrs = { ...base, mode, antialias: true };
      await expectReference({ op: ops.resize, attrs, inputs: inputsOf(size) }, "x86/resize-separable");
      const cut = { ...base, mode: "cubic", excludeOutside: true } as const;
      await expectReference({ op: ops.resize, attrs: cut, inputs: inputsOf(size) }, "x86/resize-separable");
    }
  }
});
