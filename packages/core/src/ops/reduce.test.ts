import { describe, expect, test } from "vitest";
import { Tensor } from "../ir/tensor.ts";
import * as ops from "./index.ts";
import { f32, i64, run, runAll, runBig, tensor, typeOf, vector } from "./testing/run.ts";

const dropped = { keepDims: false, noopWithEmptyAxes: false };
const kept = { keepDims: true, noopWithEmptyAxes: false };
const cube = f32([3, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);

test("reductions over one axis, all axes, negative axes", () => {
  expect(run(ops.reduceSum, dropped, [cube, i64([1])])).toEqual({
    shape: [3, 2],
    values: [4, 6, 12, 14, 20, 22],
  });
  expect(run(ops.reduceSum, kept, [cube])).toEqual({ shape: [1, 1, 1], values: [78] });
  expect(run(ops.reduceMean, kept, [cube, i64([-2])])).toEqual({
    shape: [3, 1, 2],
    values: [2, 3, 6, 7, 10, 11],
  });
  expect(run(ops.reduceMax, dropped, [cube, i64([0, 2])]).values).toEqual([10, 12]);
  expect(run(ops.reduceMin, dropped, [cube, i64([0, 2])]).values).toEqual([1, 3]);
  expect(run(ops.reduceProd, dropped, [cube, i64([1])]).values).toEqual([3, 8, 35, 48, 99, 120]);
});

test("norms and logarithms", () => {
  const x = vector(3, -4);
  expect(run(ops.reduceL1, dropped, [x]).values).toEqual([7]);
  expect(run(ops.reduceL2, dropped, [x]).values).toEqual([5]);
  expect(run(ops.reduceSumSquare, dropped, [x]).values).toEqual([25]);
  expect(run(ops.reduceLogSum, dropped, [vector(1, Math.E - 1)]).values[0]).toBeCloseTo(1, 6);
  expect(run(ops.reduceLogSumExp, dropped, [vector(1000, 1000)]).values[0]).toBeCloseTo(1000 + Math.LN2, 3);
});

test("empty axes mean all or none", () => {
  expect(run(ops.reduceSum, dropped, [cube, i64([])]).shape).toEqual([]);
  expect(run(ops.reduceSum, { ...kept, noopWithEmptyAxes: true }, [cube, i64([])]).shape).toEqual([3, 2, 2]);
});

test("nothing sums to 0, multiplies to 1, and has infinite extremes", () => {
  const nothing = f32([2, 0], []);
  expect(run(ops.reduceSum, dropped, [nothing, i64([1])]).values).toEqual([0, 0]);
  expect(run(ops.reduceProd, dropped, [nothing, i64([1])]).values).toEqual([1, 1]);
  expect(run(ops.reduceMax, dropped, [nothing, i64([1])]).values).toEqual([-Infinity, -Infinity]);
  expect(run(ops.reduceMin, dropped, [tensor("i8", [0], []), i64([0])]).values).toEqual([127]);
  expect(run(ops.reduceMax, dropped, [tensor("bool", [0], []), i64([0])]).values).toEqual([0]);
});

test("i64 keeps every digit", () => {
  const x = Tensor.from("i64", [2], BigInt64Array.of(2n ** 60n + 1n, 2n ** 60n));
  expect(runBig(ops.reduceMax, dropped, [x])).toEqual([2n ** 60n + 1n]);
  expect(runBig(ops.reduceSum, dropped, [x])).toEqual([2n ** 61n + 1n]);
  expect(runBig(ops.reduceMean, dropped, [x])).toEqual([2n ** 60n]);
});

test("unknown axes leave the dimensions unknown, symbols stay", () => {
  const x = { dtype: "f32", shape: ["n", 3, 4] } as const;
  expect(typeOf(ops.reduceSum, kept, [x, { dtype: "i64", shape: [1] }]).shape).toEqual(["?0", "?1", "?2"]);
  expect(typeOf(ops.reduceSum, dropped, [x, { dtype: "i64", shape: [1] }]).shape).toEqual(["?0", "?1"]);
  expect(
    typeOf(ops.reduceSum, dropped, [x, { dtype: "i64", shape: [1] }], [undefined, i64([-1])]).shape,
  ).toEqual(["n", 3]);
});

test("axes out of range and given twice are refused", () => {
  const x = { dtype: "f32", shape: [2, 3] } as const;
  const axes = { dtype: "i64", shape: [1] } as const;
  expect(() => typeOf(ops.reduceSum, kept, [x, axes], [undefined, i64([2])])).toThrow(
    "axis 2; expected an integer in [-2, 1].",
  );
  expect(() => typeOf(ops.reduceSum, kept, [x, axes], [undefined, i64([1, -1])])).toThrow(
    "axes [1,-1]; expected each axis once.",
  );
});

describe("argMax and argMin", () => {
  test("first or last of equals", () => {
    const x = f32([2, 3], [2, 2, 1, 3, 5, 5]);
    const attrs = { axis: 1, keepDims: true, selectLastIndex: false };
    expect(run(ops.argMax, attrs, [x])).toEqual({ shape: [2, 1], values: [0, 1] });
    expect(run(ops.argMax, { ...attrs, selectLastIndex: true }, [x]).values).toEqual([1, 2]);
    expect(run(ops.argMin, { ...attrs, axis: -2, keepDims: false }, [x])).toEqual({
      shape: [3],
      values: [0, 0, 0],
    });
  });

  test("nothing has no greatest element", () => {
    const attrs = { axis: 0, keepDims: false, selectLastIndex: false };
    expect(() => ops.argMax.reference([f32([0, 2], [])], attrs)).toThrow(
      "axis 0 has size 0; expected at least 1.",
    );
  });
});

describe("cumSum and cumProd", () => {
  const x = vector(1, 2, 3, 4);
  const axis = Tensor.scalar("i64", 0);
  test("exclusive and reverse", () => {
    expect(run(ops.cumSum, { exclusive: false, reverse: false }, [x, axis]).values).toEqual([1, 3, 6, 10]);
    expect(run(ops.cumSum, { exclusive: true, reverse: false }, [x, axis]).values).toEqual([0, 1, 3, 6]);
    expect(run(ops.cumSum, { exclusive: false, reverse: true }, [x, axis]).values).toEqual([10, 9, 7, 4]);
    expect(run(ops.cumSum, { exclusive: true, reverse: true }, [x, axis]).values).toEqual([9, 7, 4, 0]);
    expect(run(ops.cumProd, { exclusive: true, reverse: false }, [x, axis]).values).toEqual([1, 1, 2, 6]);
  });
});

describe("topK", () => {
  test.each([true, false])("is the start of a stable sort, NaN last, largest: %s", (largest) => {
    const numbers = Array.from({ length: 200 }, (_, i) =>
      i % 37 === 5 ? Number.NaN : ((i * 7919) % 23) - 11,
    );
    const rank = (i: number): number =>
      Number.isNaN(numbers[i]!) ? Number.POSITIVE_INFINITY : (largest ? -1 : 1) * numbers[i]!;
    const sorted = numbers.map((_, i) => i).sort((a, b) => (rank(a) === rank(b) ? a - b : rank(a) - rank(b)));
    for (const k of [0, 1, 2, 9, 64, 199, 200]) {
      const attrs = { axis: 0, largest, sorted: true };
      const [values, indices] = ops.topK.reference(
        [Tensor.from("f64", [200], numbers), Tensor.ints([k])],
        attrs,
      );
      expect(Array.from(indices!.data, Number)).toEqual(sorted.slice(0, k));
      expect(Array.from(values!.data, Number)).toEqual(sorted.slice(0, k).map((i) => numbers[i]));
    }
  });

  test("greatest and least, equals by lower index", () => {
    const x = f32([2, 4], [1, 3, 3, 2, 9, 8, 7, 9]);
    const attrs = { axis: -1, largest: true, sorted: true };
    expect(runAll(ops.topK, attrs, [x, i64([2])])).toEqual([
      { shape: [2, 2], values: [3, 3, 9, 9] },
      { shape: [2, 2], values: [1, 2, 0, 3] },
    ]);
    expect(runAll(ops.topK, { ...attrs, largest: false }, [x, i64([1])])[1]!.values).toEqual([0, 2]);
  });

  test("k beyond the axis is refused", () => {
    const x = { dtype: "f32", shape: [2, 4] } as const;
    const attrs = { axis: -1, largest: true, sorted: true };
    expect(() => typeOf(ops.topK, attrs, [x, { dtype: "i64", shape: [1] }], [undefined, i64([5])])).toThrow(
      "k is 5; expected 0 to 4, the size of axis -1.",
    );
  });
});
