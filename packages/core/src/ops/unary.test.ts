import { describe, expect, test } from "vitest";
import { Tensor } from "../ir/tensor.ts";
import * as ops from "./index.ts";
import { f32, run, runBig, tensor, typeOf, vector } from "./testing/run.ts";

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

test("round goes to the nearest, halves to even", () => {
  const { values } = run(ops.round, {}, [vector(0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4, -2.6, infinity)]);
  expect(values.map((x) => x + 0)).toEqual([0, 2, 2, 0, -2, -2, 2, -3, infinity]);
});

test("sign, abs and neg keep NaN and do not lose digits of i64", () => {
  expect(run(ops.sign, {}, [vector(-3, 0, 5, nan)]).values).toEqual([-1, 0, 1, nan]);
  const big = Tensor.from("i64", [2], BigInt64Array.of(-(2n ** 60n) - 1n, 5n));
  expect(runBig(ops.abs, {}, [big])).toEqual([2n ** 60n + 1n, 5n]);
  expect(runBig(ops.neg, {}, [big])).toEqual([2n ** 60n + 1n, -5n]);
  expect(runBig(ops.relu, {}, [big])).toEqual([0n, 5n]);
  expect(runBig(ops.clip, { min: 2, max: infinity }, [big])).toEqual([2n, 5n]);
});

test("erf agrees with tables (Abramowitz and Stegun, table 7.1)", () => {
  const { values } = run(ops.erf, {}, [tensor("f64", [5], [0, 0.5, 1, 2, -3.5])]);
  const table = [0, 0.5204998778, 0.8427007929, 0.995322265, -0.9999992569];
  values.forEach((value, i) => {
    expect(value).toBeCloseTo(table[i]!, 9);
  });
});

test("activations at points that can be worked out by hand", () => {
  const at = (op: Parameters<typeof run>[0], attrs: object, x: number): number =>
    run(op as Parameters<typeof run>[0], attrs, [tensor("f64", [1], [x])]).values[0]!;
  expect(at(ops.sigmoid as never, {}, 0)).toBe(0.5);
  expect(at(ops.hardSigmoid as never, { alpha: 0.2, beta: 0.5 }, 1)).toBeCloseTo(0.7, 12);
  expect(at(ops.hardSwish as never, {}, 1)).toBeCloseTo(4 / 6, 12);
  expect(at(ops.leakyRelu as never, { alpha: 0.1 }, -2)).toBeCloseTo(-0.2, 12);
  expect(at(ops.elu as never, { alpha: 2 }, -1)).toBeCloseTo(2 * (1 / Math.E - 1), 12);
  expect(at(ops.celu as never, { alpha: 2 }, -1)).toBeCloseTo(2 * (Math.exp(-0.5) - 1), 12);
  expect(at(ops.selu as never, { alpha: 2, gamma: 3 }, 1)).toBe(3);
  expect(at(ops.gelu as never, { approximate: "none" }, 1)).toBeCloseTo(0.8413447461, 9);
  expect(at(ops.gelu as never, { approximate: "tanh" }, 1)).toBeCloseTo(0.8411919906, 9);
  expect(at(ops.softplus as never, {}, 0)).toBeCloseTo(Math.LN2, 12);
  expect(at(ops.softplus as never, {}, 800)).toBe(800);
  expect(at(ops.mish as never, {}, 1)).toBeCloseTo(0.8650983883, 9);
  expect(at(ops.swish as never, { alpha: 1 }, 1)).toBeCloseTo(0.7310585786, 9);
  expect(at(ops.softsign as never, {}, -3)).toBe(-0.75);
  expect(at(ops.thresholdedRelu as never, { alpha: 1 }, 1)).toBe(0);
  expect(at(ops.shrink as never, { lambd: 1.5, bias: 1.5 }, 2)).toBe(0.5);
});

test("isInf asks for signs, isNaN and not give bool", () => {
  const x = vector(infinity, -infinity, 1, nan);
  expect(run(ops.isInf, { detectNegative: true, detectPositive: false }, [x]).values).toEqual([0, 1, 0, 0]);
  expect(run(ops.isInf, { detectNegative: false, detectPositive: true }, [x]).values).toEqual([1, 0, 0, 0]);
  expect(run(ops.isNaN, {}, [x]).values).toEqual([0, 0, 0, 1]);
  expect(run(ops.not, {}, [tensor("bool", [2], [1, 0])]).values).toEqual([0, 1]);
  expect(run(ops.bitwiseNot, {}, [tensor("u8", [2], [0, 5])]).values).toEqual([255, 250]);
});

describe("type rules", () => {
  test("keep symbols and scalars", () => {
    expect(typeOf(ops.exp, {}, [{ dtype: "f16", shape: ["n", 3] }])).toEqual({
      dtype: "f16",
      shape: ["n", 3],
    });
    expect(run(ops.exp, {}, [f32([], [0])])).toEqual({ shape: [], values: [1] });
    expect(run(ops.exp, {}, [f32([0, 2], [])])).toEqual({ shape: [0, 2], values: [] });
  });

  test("refuse the wrong dtype and the wrong number of inputs", () => {
    expect(() => typeOf(ops.exp, {}, [{ dtype: "i32", shape: [] }])).toThrow("x is i32; expected float.");
    expect(() => typeOf(ops.not, {}, [{ dtype: "f32", shape: [] }])).toThrow("x is f32; expected bool.");
    expect(() => typeOf(ops.relu, {}, [])).toThrow("0 inputs; expected 1.");
  });
});

test("activationOf names what kernels can apply", () => {
  const node = { name: "n", op: ops.clip, attrs: { min: 0, max: 6 }, inputs: [], outputs: [] };
  expect(ops.activationOf(node as never)).toEqual({ kind: "clip", min: 0, max: 6 });
  expect(ops.activationOf({ ...node, op: ops.selu } as never)).toBeUndefined();
});
