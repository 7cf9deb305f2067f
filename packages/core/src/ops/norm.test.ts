import { expect, test } from "vitest";
import { Tensor } from "../ir/tensor.ts";
import { batchNorm } from "./batch-norm.ts";
import { groupNorm, instanceNorm } from "./group-norm.ts";
import { layerNorm, rmsNorm } from "./layer-norm.ts";
import { lpNorm } from "./lp-norm.ts";
import { lrn } from "./lrn.ts";
import { hardmax, logSoftmax, softmax } from "./softmax.ts";

const f64 = (shape: readonly number[], values: readonly number[]): Tensor =>
  Tensor.from("f64", shape, values);
const values = ([y]: readonly Tensor[]): number[] => Array.from(y!.data as Float64Array);
const close = (given: readonly number[], expected: readonly number[]): void => {
  expect(given.length).toBe(expected.length);
  given.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 10);
  });
};

test("batchNorm uses the given statistics", () => {
  const vectors = [
    [2, 1],
    [1, 0],
    [3, 5],
    [3, 8],
  ].map((v) => f64([2], v));
  close(
    values(batchNorm.reference([f64([1, 2, 2], [3, 7, 5, 11]), ...vectors], { epsilon: 1 })),
    [1, 5, 0, 2],
  );
});

test("groupNorm takes its statistics over the group, instanceNorm over the channel", () => {
  const [x, scale, bias] = [f64([1, 2, 2], [1, 3, 5, 7]), f64([2], [1, 2]), f64([2], [0, 10])];
  const r = Math.sqrt(5);
  close(values(groupNorm.reference([x, scale, bias], { groups: 1, epsilon: 0 })), [
    -3 / r,
    -1 / r,
    10 + 2 / r,
    10 + 6 / r,
  ]);
  close(values(groupNorm.reference([x, scale, bias], { groups: 2, epsilon: 0 })), [-1, 1, 8, 12]);
  close(values(instanceNorm.reference([x, scale, bias], { epsilon: 0 })), [-1, 1, 8, 12]);
});

test("layerNorm and rmsNorm over the last axes", () => {
  const x = f64([2, 2], [1, 3, 10, 30]);
  const [scale, bias] = [f64([2], [1, 2]), f64([2], [0, 5])];
  close(values(layerNorm.reference([x, scale, bias], { axis: -1, epsilon: 0 })), [-1, 7, -1, 7]);
  close(values(layerNorm.reference([x, f64([2, 2], [1, 1, 1, 1])], { axis: 0, epsilon: 0 })).slice(3), [
    19 / Math.sqrt(131.5),
  ]);
  close(values(rmsNorm.reference([f64([1, 2], [1, 7]), scale], { axis: -1, epsilon: 0 })), [0.2, 2.8]);
});

test("lpNorm gives 0 for a lane of zeros", () => {
  close(values(lpNorm.reference([f64([2, 2], [3, 4, 0, 0])], { axis: 1, p: 2 })), [0.6, 0.8, 0, 0]);
  close(values(lpNorm.reference([f64([2, 2], [1, 4, -3, 0])], { axis: 0, p: 1 })), [0.25, 1, -0.75, 0]);
});

test("lrn sums squares over the channels around", () => {
  const attrs = { size: 3, alpha: 3, beta: 1, bias: 1 };
  close(values(lrn.reference([f64([1, 3, 1], [1, 2, 3])], attrs)), [1 / 6, 2 / 15, 3 / 14]);
});

test("softmax is stable and sums to 1", () => {
  close(
    values(softmax.reference([f64([2, 2], [1000, 1000 + Math.log(3), -Infinity, 0])], { axis: -1 })),
    [0.25, 0.75, 0, 1],
  );
  close(values(softmax.reference([f64([2, 1], [0, Math.log(3)])], { axis: 0 })), [0.25, 0.75]);
});

test("logSoftmax does not lose small probabilities", () => {
  close(values(logSoftmax.reference([f64([2], [0, -800])], { axis: 0 })), [0, -800]);
});

test("hardmax marks the first maximum", () => {
  expect(values(hardmax.reference([f64([2, 3], [1, 3, 3, 2, 2, 2])], { axis: 1 }))).toEqual([
    0, 1, 0, 1, 0, 0,
  ]);
});

test("parameters that do not fit", () => {
  const type = (shape: readonly number[]) => ({ dtype: "f32" as const, shape });
  expect(() =>
    batchNorm.infer([type([1, 3, 4]), ...[3, 3, 2, 3].map((c) => type([c]))], { epsilon: 0 }, []),
  ).toThrow("mean has shape [2]; expected [3] (channels).");
  expect(() =>
    groupNorm.infer([type([1, 3, 4]), type([3]), type([3])], { groups: 2, epsilon: 0 }, []),
  ).toThrow("groups 2; expected a divisor of the channels (input [1,3,4]).");
  expect(() => layerNorm.infer([type([2, 3]), type([2])], { axis: -1, epsilon: 0 }, [])).toThrow(
    "scale has shape [2]; expected one that broadcasts to [2,3].",
  );
  expect(() => softmax.infer([type([2, 3])], { axis: 2 }, [])).toThrow(
    "axis 2; expected an integer in [-2, 1].",
  );
});
