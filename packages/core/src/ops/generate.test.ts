import { expect, test } from "vitest";
import { Tensor } from "../ir/tensor.ts";
import * as ops from "./index.ts";
import { f32, i64, run, runAll, tensor, typeOf, vector } from "./testing/run.ts";

const scalar = (value: number): Tensor => Tensor.scalar("i64", value);

test("fill, range, eyeLike", () => {
  expect(run(ops.fill, { value: Tensor.from("f32", [1], [2]) }, [i64([2, 2])]).values).toEqual([2, 2, 2, 2]);
  expect(run(ops.range, {}, [scalar(10), scalar(6), scalar(-3)]).values).toEqual([10, 7]);
  expect(() => ops.range.reference([scalar(0), scalar(1), scalar(0)], {})).toThrow(
    "delta 0; expected a non-zero step.",
  );
  expect(run(ops.eyeLike, { dtype: "i32", k: 1 }, [f32([2, 3], [0, 0, 0, 0, 0, 0])]).values).toEqual([
    0, 1, 0, 0, 0, 1,
  ]);
  expect(typeOf(ops.range, {}, [scalar(0).type, scalar(0).type, scalar(0).type]).shape).toEqual(["?n"]);
});

test("oneHot ignores indices out of range and counts negative ones from the back", () => {
  const values = vector(0, 5);
  expect(run(ops.oneHot, { axis: -1 }, [i64([0, -1, 7]), scalar(3), values])).toEqual({
    shape: [3, 3],
    values: [5, 0, 0, 0, 0, 5, 0, 0, 0],
  });
  expect(run(ops.oneHot, { axis: 0 }, [i64([0, 1]), scalar(2), values]).values).toEqual([5, 0, 0, 5]);
});

test("nonZero lists coordinates by axis, and knows -0 from nothing", () => {
  expect(run(ops.nonZero, {}, [f32([2, 2], [1, 0, 1, 1])])).toEqual({
    shape: [2, 3],
    values: [0, 1, 1, 0, 0, 1],
  });
  expect(run(ops.nonZero, {}, [tensor("f16", [2], [-0, 1])])).toEqual({ shape: [1, 1], values: [1] });
});

test("depthToSpace in both orders, and back", () => {
  const x = f32([1, 8, 1, 1], [0, 1, 2, 3, 4, 5, 6, 7]);
  expect(run(ops.depthToSpace, { blockSize: 2, mode: "DCR" }, [x])).toEqual({
    shape: [1, 2, 2, 2],
    values: [0, 2, 4, 6, 1, 3, 5, 7],
  });
  const crd = run(ops.depthToSpace, { blockSize: 2, mode: "CRD" }, [x]);
  expect(crd.values).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  const back = run(ops.spaceToDepth, { blockSize: 2 }, [f32([1, 1, 2, 4], [0, 1, 2, 3, 4, 5, 6, 7])]);
  expect(back).toEqual({ shape: [1, 4, 1, 2], values: [0, 2, 1, 3, 4, 6, 5, 7] });
  expect(() => typeOf(ops.depthToSpace, { blockSize: 3, mode: "DCR" }, [x.type])).toThrow(
    "expected axis 1 to be a multiple of 9.",
  );
});

test("reverseSequence, trilu, compress", () => {
  const x = f32([2, 3], [1, 2, 3, 4, 5, 6]);
  expect(run(ops.reverseSequence, { batchAxis: 0, timeAxis: 1 }, [x, i64([3, 2])]).values).toEqual([
    3, 2, 1, 5, 4, 6,
  ]);
  expect(() => ops.reverseSequence.reference([x, i64([4, 2])], { batchAxis: 0, timeAxis: 1 })).toThrow(
    "lengths [4,2]; expected 2 of 0 to 3.",
  );
  expect(run(ops.trilu, { upper: true }, [x, scalar(1)]).values).toEqual([0, 2, 3, 0, 0, 6]);
  expect(run(ops.trilu, { upper: false }, [x, scalar(0)]).values).toEqual([1, 0, 0, 4, 5, 0]);
  expect(run(ops.compress, { axis: 1 }, [x, tensor("bool", [2], [0, 1])])).toEqual({
    shape: [2, 1],
    values: [2, 5],
  });
  expect(run(ops.compress, {}, [x, tensor("bool", [5], [0, 1, 0, 0, 1])]).values).toEqual([2, 5]);
});

test("unique gives values, first places, the way back and counts", () => {
  const x = vector(2, 1, 1, 3, 4, 3);
  expect(runAll(ops.unique, { sorted: true }, [x]).map(({ values }) => values)).toEqual([
    [1, 2, 3, 4],
    [1, 0, 3, 4],
    [1, 0, 0, 2, 3, 2],
    [2, 1, 2, 1],
  ]);
  expect(runAll(ops.unique, { sorted: false }, [x]).map(({ values }) => values)).toEqual([
    [2, 1, 3, 4],
    [0, 1, 3, 4],
    [0, 1, 1, 2, 3, 2],
    [1, 2, 2, 1],
  ]);
  const rows = f32([3, 3], [1, 0, 0, 1, 0, 0, 2, 3, 4]);
  expect(runAll(ops.unique, { axis: 0, sorted: true }, [rows])[0]).toEqual({
    shape: [2, 3],
    values: [1, 0, 0, 2, 3, 4],
  });
});

test("determinants", () => {
  expect(run(ops.det, {}, [f32([2, 2], [1, 2, 3, 4])])).toEqual({ shape: [], values: [-2] });
  expect(run(ops.det, {}, [f32([2, 2, 2], [0, 1, 1, 0, 2, 4, 1, 2])])).toEqual({
    shape: [2],
    values: [-1, 0],
  });
  expect(() => typeOf(ops.det, {}, [{ dtype: "f32", shape: [2, 3] }])).toThrow("expected square matrices");
});

test("random numbers have the asked mean and spread, and the same seed repeats them", () => {
  const normal = { dtype: "f32", mean: 3, scale: 2, seed: 5 } as const;
  const { values } = run(ops.randomNormal, normal, [i64([10_000])]);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const spread = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
  expect(Math.abs(mean - 3)).toBeLessThan(0.1);
  expect(Math.abs(spread - 2)).toBeLessThan(0.1);
  expect(run(ops.randomNormal, normal, [i64([10_000])]).values).toEqual(values);
  const uniform = run(ops.randomUniform, { dtype: "f64", low: 2, high: 3 }, [i64([1000])]).values;
  expect(Math.min(...uniform)).toBeGreaterThanOrEqual(2);
  expect(Math.max(...uniform)).toBeLessThan(3);
  expect(new Set(uniform).size).toBeGreaterThan(990);
});

test("bernoulli and multinomial follow their probabilities", () => {
  const coins = run(ops.bernoulli, { dtype: "i32", seed: 1 }, [
    f32([4000], new Array<number>(4000).fill(0.25)),
  ]).values;
  expect(Math.abs(coins.reduce((a, b) => a + b, 0) - 1000)).toBeLessThan(120);
  const logits = f32([1, 3], [Math.log(0.5), -Infinity, Math.log(0.5)]);
  const draws = run(ops.multinomial, { dtype: "i64", sampleSize: 1000, seed: 2 }, [logits]).values;
  expect(draws.includes(1)).toBe(false);
  expect(Math.abs(draws.filter((x) => x === 0).length - 500)).toBeLessThan(80);
});
