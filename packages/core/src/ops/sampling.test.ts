import { expect, test } from "vitest";
import { Tensor } from "../ir/tensor.ts";
import { type GridSampleAttrs, gridSample } from "./grid-sample.ts";
import { type RoiAlignAttrs, roiAlign } from "./roi-align.ts";

const grid: GridSampleAttrs = { mode: "linear", paddingMode: "zeros", alignCorners: true };
const roi: RoiAlignAttrs = {
  mode: "avg",
  outputHeight: 1,
  outputWidth: 1,
  samplingRatio: 1,
  spatialScale: 1,
  coordinateMode: "halfPixel",
};
const line = Tensor.from("f32", [1, 1, 1, 3], [10, 20, 40]);
const at = (...xs: number[]): Tensor =>
  Tensor.from(
    "f32",
    [1, 1, xs.length, 2],
    xs.flatMap((x) => [x, 0]),
  );
const values = ([y]: readonly Tensor[]): number[] => Array.from(y!.data as Float32Array);

test("gridSample: -1 and 1 are pixel centres, or outer edges", () => {
  expect(values(gridSample.reference([line, at(-1, 0, 0.5, 1)], grid))).toEqual([10, 20, 30, 40]);
  const edges = { ...grid, alignCorners: false };
  expect(values(gridSample.reference([line, at(-1, 0, 1)], edges))).toEqual([5, 20, 20]);
});

test("gridSample: what lies outside is zero, the border or mirrored", () => {
  const outside = at(-2, 2);
  expect(values(gridSample.reference([line, outside], grid))).toEqual([0, 0]);
  expect(values(gridSample.reference([line, outside], { ...grid, paddingMode: "border" }))).toEqual([10, 40]);
  expect(values(gridSample.reference([line, outside], { ...grid, paddingMode: "reflection" }))).toEqual([
    20, 20,
  ]);
});

test("gridSample: nearest rounds halves to even", () => {
  expect(values(gridSample.reference([line, at(-0.5, 0.5)], { ...grid, mode: "nearest" }))).toEqual([10, 40]);
});

test("gridSample: cubic keeps the pixels, and a ramp between them", () => {
  const ramp = Tensor.from("f32", [1, 1, 1, 5], [0, 10, 20, 30, 40]);
  expect(
    values(
      gridSample.reference([ramp, at(-0.5, 0, 0.25)], { ...grid, mode: "cubic", paddingMode: "border" }),
    ),
  ).toEqual([10, 20, 25]);
});

test("gridSample: the first coordinate is along the last axis, in 3 dimensions too", () => {
  const x = Tensor.from("f32", [1, 1, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
  const points = Tensor.from("f32", [1, 1, 1, 3, 3], [1, -1, -1, -1, 1, -1, -1, -1, 1]);
  expect(values(gridSample.reference([x, points], grid))).toEqual([2, 3, 5]);
});

test("gridSample: a grid that does not fit", () => {
  const f32 = (shape: readonly number[]) => ({ dtype: "f32" as const, shape });
  expect(() => gridSample.infer([f32([1, 1, 4, 4]), f32([1, 2, 2, 3])], grid, [])).toThrow(
    "grid has shape [1,2,2,3]; expected [1,...,2] (input [1,1,4,4]).",
  );
});

const ramp = Tensor.from(
  "f32",
  [1, 1, 4, 4],
  Float32Array.from({ length: 16 }, (_, i) => i),
);
const box = (...corners: number[]): readonly Tensor[] => [
  ramp,
  Tensor.from("f32", [1, 4], corners),
  Tensor.ints([0]),
];

test("roiAlign reads at the centre of the bin, half a pixel apart by coordinate mode", () => {
  expect(values(roiAlign.reference(box(1, 1, 3, 3), roi))).toEqual([1.5 * 4 + 1.5]);
  expect(values(roiAlign.reference(box(1, 1, 3, 3), { ...roi, coordinateMode: "outputHalfPixel" }))).toEqual([
    2 * 4 + 2,
  ]);
});

test("roiAlign averages its samples; max takes the greatest weighted corner", () => {
  const attrs = { ...roi, samplingRatio: 2, outputHeight: 2, outputWidth: 1 };
  expect(values(roiAlign.reference(box(0.5, 0.5, 2.5, 2.5), attrs))).toEqual([0.5 * 4 + 1, 1.5 * 4 + 1]);
  expect(values(roiAlign.reference(box(1, 1, 3, 3), { ...roi, mode: "max" }))).toEqual([0.25 * 10]);
});

test("roiAlign: a batch index outside", () => {
  const inputs = [ramp, Tensor.from("f32", [1, 4], [0, 0, 1, 1]), Tensor.ints([1])];
  expect(() => roiAlign.reference(inputs, roi)).toThrow("batch index 1; expected one in [0, 0].");
});
