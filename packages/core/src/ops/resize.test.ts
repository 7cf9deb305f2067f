import { describe, expect, test } from "vitest";
import type { Shape } from "../ir/shape.ts";
import { Tensor } from "../ir/tensor.ts";
import { planResize, type ResizeAttrs, resize } from "./resize.ts";

const base: ResizeAttrs = {
  by: "scales",
  axes: [2, 3],
  mode: "linear",
  coordinateMode: "halfPixel",
  nearestMode: "roundPreferFloor",
  cubicCoeffA: -0.75,
  excludeOutside: false,
  antialias: false,
  extrapolationValue: 0,
  keepAspectRatio: "stretch",
};
const map = (h: number, w: number): Tensor =>
  Tensor.from(
    "f32",
    [1, 1, h, w],
    Float32Array.from({ length: h * w }, (_, i) => i + 1),
  );
const scales = (...values: number[]): Tensor => Tensor.from("f32", [values.length], values);
const run = (attrs: Partial<ResizeAttrs>, x: Tensor, target: Tensor, roi?: Tensor): number[] => {
  const [y] = resize.reference(roi ? [x, target, roi] : [x, target], { ...base, ...attrs });
  return Array.from(y!.data as Float32Array, Number);
};
const close = (given: readonly number[], expected: readonly number[]): void => {
  expect(given.length).toBe(expected.length);
  given.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 4);
  });
};

describe("as ONNX's own examples", () => {
  test("linear, halved", () => {
    close(run({}, map(2, 4), scales(0.6, 0.6)), [2.6666665, 4.3333331]);
  });

  test("linear, doubled, with and without aligned corners", () => {
    close(
      run({}, map(2, 2), scales(2, 2)),
      [1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4],
    );
    const third = 1 / 3;
    const row = [1, 1 + third, 1 + 2 * third, 2];
    close(
      run({ coordinateMode: "alignCorners" }, map(2, 2), scales(2, 2)),
      [0, 1, 2, 3].flatMap((i) => row.map((v) => v + 2 * i * third)),
    );
  });

  test("cubic, shrunk, with and without the outside", () => {
    close(
      run({ mode: "cubic" }, map(4, 4), scales(0.8, 0.8)),
      [
        1.47119141, 2.78125, 4.08251953, 6.71142578, 8.02148438, 9.32275391, 11.91650391, 13.2265625,
        14.52783203,
      ],
    );
    const excluded = run(
      { mode: "cubic", cubicCoeffA: -0.5, excludeOutside: true },
      map(4, 4),
      scales(0.8, 0.8),
    );
    close(
      excluded,
      [1.36812675, 2.6695014, 4.0133367, 6.57362535, 7.875, 9.2188353, 11.94896657, 13.25034122, 14.59417652],
    );
  });

  test("linear with antialiasing", () => {
    close(run({ antialias: true }, map(4, 4), scales(0.6, 0.6)), [2.875, 4.5, 9.375, 11]);
  });

  test("cropped to a region of interest", () => {
    const roi = Tensor.from("f32", [4], [0.4, 0.6, 0.6, 0.8]);
    const y = run({ by: "sizes", coordinateMode: "tfCropAndResize" }, map(4, 4), Tensor.ints([3, 3]), roi);
    close(y, [7.6000004, 7.9, 8.2, 8.8, 9.1, 9.400001, 10, 10.3, 10.6]);
  });
});

test("nearest rounds halves as it is told", () => {
  const x = Tensor.from("f32", [1, 1, 1, 4], [10, 20, 30, 40]);
  const half = (nearestMode: ResizeAttrs["nearestMode"]): number[] =>
    run({ mode: "nearest", nearestMode, axes: [3] }, x, scales(0.5));
  expect(half("roundPreferFloor")).toEqual([10, 30]);
  expect(half("roundPreferCeil")).toEqual([20, 40]);
  expect(half("floor")).toEqual([10, 30]);
  expect(half("ceil")).toEqual([20, 40]);
});

test("what lies outside the region becomes the extrapolation value", () => {
  const x = Tensor.from("f32", [1, 1, 1, 3], [10, 20, 30]);
  const attrs = {
    by: "sizes",
    axes: [3],
    coordinateMode: "tfCropAndResize",
    extrapolationValue: -1,
  } as const;
  expect(run(attrs, x, Tensor.ints([5]), scales(-0.5, 1.5))).toEqual([-1, 10, 20, 30, -1]);
});

test("policies keep the aspect ratio", () => {
  const infer = (keepAspectRatio: ResizeAttrs["keepAspectRatio"]): Shape =>
    resize.infer(
      [
        { dtype: "f32", shape: [1, 3, 4, 8] },
        { dtype: "i64", shape: [2] },
      ],
      { ...base, by: "sizes", keepAspectRatio },
      [undefined, Tensor.ints([8, 12])],
    )[0]!.shape;
  expect(infer("stretch")).toEqual([1, 3, 8, 12]);
  expect(infer("notLarger")).toEqual([1, 3, 6, 12]);
  expect(infer("notSmaller")).toEqual([1, 3, 8, 16]);
});

test("integers are truncated and saturated", () => {
  const x = Tensor.from("u8", [1, 1, 1, 2], [0, 255]);
  expect(run({ axes: [3] }, x, scales(2))).toEqual([0, 63, 191, 255]);
  expect(run({ axes: [3], mode: "cubic" }, x, scales(2))).toEqual([0, 57, 197, 255]);
});

test("symbols give expressions, unknown sizes symbols", () => {
  const types = [
    { dtype: "f32", shape: ["n", 3, "h", 5] },
    { dtype: "f32", shape: [2] },
  ] as const;
  expect(resize.infer(types, base, [undefined, scales(2, 2)])[0]!.shape).toEqual(["n", 3, "h*2", 10]);
  expect(resize.infer(types, base, [])[0]!.shape).toEqual(["n", 3, "?2", "?3"]);
});

test("a plan has the axes that change", () => {
  const plan = planResize([1, 2, 4, 4], [1, 1, 2, 1], { ...base, axes: [0, 1, 2, 3] });
  expect(plan.shape).toEqual([1, 2, 8, 4]);
  expect(plan.axes.map(({ axis }) => axis)).toEqual([2]);
});

test("targets that do not fit", () => {
  const types = [
    { dtype: "f32", shape: [1, 3, 4, 5] },
    { dtype: "f32", shape: [2] },
  ] as const;
  expect(() => resize.infer(types, base, [undefined, scales(2, 0)])).toThrow(
    "scales [2,0]; expected 2 positive numbers.",
  );
  expect(() => resize.infer(types, base, [undefined, scales(2)])).toThrow(
    "scales [2]; expected 2 positive numbers.",
  );
  expect(() => resize.reference([map(0, 2), scales(0, 0)], { ...base, by: "sizes" })).not.toThrow();
  expect(() => run({ by: "sizes" }, map(0, 2), Tensor.ints([1, 1]))).toThrow(
    "input has shape [1,1,0,2]; expected elements to resize from.",
  );
});
