import { expect, test } from "vitest";
import type { Tensor, TensorType } from "../ir/tensor.ts";
import { random } from "../passes/testing/programs.ts";
import { attention } from "./attention.ts";
import { add } from "./binary.ts";
import { matMul } from "./mat-mul.ts";
import { reshape } from "./reshape.ts";
import { softmax } from "./softmax.ts";
import { f32, i64 } from "./testing/run.ts";
import { transpose } from "./transpose.ts";

const type = (shape: readonly (number | string)[]): TensorType => ({ dtype: "f32", shape });

function decomposed(q: Tensor, k: Tensor, v: Tensor, mask: Tensor): Tensor {
  const [scores] = matMul.reference([q, k], { transB: true, alpha: 0.3 });
  const [weights] = softmax.reference(add.reference([scores!, mask], {}), { axis: -1 });
  return matMul.reference([weights!, v], {})[0]!;
}

function expectClose(given: Tensor, expected: Tensor): void {
  expect(given.shape).toEqual(expected.shape);
  for (const [i, x] of (expected.data as Float32Array).entries()) expect(given.data[i]).toBeCloseTo(x, 5);
}

test("is the products and the softmax that it stands for", () => {
  const [q, k, v] = [random([2, 3, 4, 5], 1), random([2, 3, 6, 5], 2), random([2, 3, 6, 7], 3)];
  const mask = random([2, 1, 4, 6], 4);
  expectClose(attention.reference([q, k, v, mask], { scale: 0.3 })[0]!, decomposed(q, k, v, mask));
});

test("heads beside each other give the same", () => {
  const rows = [random([2, 4, 6], 1), random([2, 5, 6], 2), random([2, 5, 6], 3)] as const;
  const apart = rows.map((x) => {
    const [split] = reshape.reference([x, i64([0, 0, 3, 2])], { allowZero: false });
    return transpose.reference([split!], { perm: [0, 2, 1, 3] })[0]!;
  });
  const [expected] = attention.reference(apart, { scale: 0.5 });
  const [given] = attention.reference(rows, { scale: 0.5, heads: 3 });
  const [turned] = transpose.reference([expected!], { perm: [0, 2, 1, 3] });
  expectClose(given!, reshape.reference([turned!, i64([2, 4, 6])], { allowZero: false })[0]!);
});

test("one key is the whole answer, and a masked one is none of it", () => {
  const [q, k, v] = [f32([1, 1, 1, 1], [2]), f32([1, 1, 2, 1], [1, 5]), f32([1, 1, 2, 1], [7, 9])];
  const mask = f32([2], [0, Number.NEGATIVE_INFINITY]);
  expect(attention.reference([q, k, v, mask], { scale: 1 })[0]!.data[0]).toBe(7);
});

test("types keep symbols", () => {
  const joined = [type(["n", "s", 8]), type(["n", "t", 8]), type(["n", "t", 6])];
  expect(attention.infer(joined, { scale: 1, heads: 2 }, [])).toEqual([type(["n", "s", 6])]);
  expect(attention.flops!(joined, [], { scale: 1, heads: 2 })).toBe(0);
  const apart = [type([1, 2, 3, 4]), type([1, 2, 5, 4]), type([1, 2, 5, 6])];
  expect(attention.infer(apart, { scale: 1 }, [])).toEqual([type([1, 2, 3, 6])]);
  expect(attention.flops!(apart, [], { scale: 1 })).toBe(2 * 2 * 3 * 5 * 10);
});

test("says what did not fit", () => {
  const [q, k, v] = [type([1, 2, 3, 4]), type([1, 2, 5, 4]), type([1, 2, 5, 6])];
  expect(() => attention.infer([q, type([1, 2, 5, 3]), v], { scale: 1 }, [])).toThrow(
    "columns of q and k: 4 and 3; expected the same number.",
  );
  expect(() => attention.infer([q, k, v, type([2, 1, 1, 5])], { scale: 1 }, [])).toThrow(
    "broadcasts to [1,2,3,5]",
  );
  expect(() => attention.infer([q, k, v], { scale: 1, heads: 2 }, [])).toThrow(
    "q has shape [1,2,3,4]; expected rank 3",
  );
  const rows = [type([1, 3, 8]), type([1, 5, 8]), type([1, 5, 9])];
  expect(() => attention.infer(rows, { scale: 1, heads: 2 }, [])).toThrow(
    "v has 9 columns; expected a multiple of the 2 heads.",
  );
});
