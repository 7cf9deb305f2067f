import { ops } from "@coracle/core";
import { describe, test } from "vitest";
import { expectReference, fixed, floats } from "../testing/one-op.ts";

const kernel = "x86/matmul-tiles";

describe("matMul", () => {
  test.each([
    { a: [7, 33], b: [33, 70] },
    { a: [1, 600], b: [600, 130] },
    { a: [2, 3, 9, 20], b: [20, 31] },
    { a: [2, 3, 9, 20], b: [2, 3, 20, 31] },
    { a: [2, 1, 9, 20], b: [3, 20, 31] },
    { a: [9, 20], b: [4, 20, 31] },
    { a: [20], b: [20, 31] },
    { a: [9, 20], b: [20] },
    { a: [20], b: [20] },
    { a: [4, 5, 20], b: [20] },
  ])("$a by $b", async ({ a, b }) => {
    await expectReference({ op: ops.matMul, attrs: {}, inputs: [floats(a), fixed(floats(b))] }, kernel);
    await expectReference({ op: ops.matMul, attrs: {}, inputs: [floats(a), floats(b)] }, kernel);
  });

  test.each([
    [true, false],
    [false, true],
    [true, true],
  ])("transposed: %s %s", async (transA, transB) => {
    const a = floats(transA ? [2, 12, 9] : [2, 9, 12]);
    const b = floats(transB ? [2, 31, 12] : [2, 12, 31]);
    const attrs = { transA, transB, alpha: 0.5 };
    await expectReference({ op: ops.matMul, attrs, inputs: [a, b] }, kernel);
    await expectReference({ op: ops.matMul, attrs, inputs: [a, fixed(b)] }, kernel);
  });

  test("bias and activation", async () => {
    const attrs = { activation: { kind: "gelu", approximate: "tanh" } } as const;
    const [a, b, bias] = [floats([13, 40]), floats([40, 21]), floats([21])];
    await expectReference({ op: ops.matMul, attrs, inputs: [a, fixed(b), fixed(bias)] }, kernel);
    await expectReference({ op: ops.matMul, attrs, inputs: [a, b, bias] }, kernel);
  });
});
