import { describe, expect, test } from "vitest";
import { Tensor } from "../ir/tensor.ts";
import * as ops from "./index.ts";
import { f32, i64, run, runAll, tensor, typeOf, vector } from "./testing/run.ts";

const matrix = f32([2, 3], [1, 2, 3, 4, 5, 6]);
const last = 2 ** 31 - 1;

describe("reshape", () => {
  const plain = { allowZero: false };
  test("0 copies a dimension, -1 is what is left, allowZero means zero", () => {
    expect(run(ops.reshape, plain, [matrix, i64([0, -1, 1])]).shape).toEqual([2, 3, 1]);
    expect(run(ops.reshape, { allowZero: true }, [f32([0, 3], []), i64([3, 0])]).shape).toEqual([3, 0]);
    expect(run(ops.reshape, plain, [f32([], [7]), i64([1, 1])]).shape).toEqual([1, 1]);
  });

  test("symbols are kept, an unknown shape has its rank", () => {
    const x = { dtype: "f32", shape: ["n", 3, 4] } as const;
    const shape = { dtype: "i64", shape: [2] } as const;
    expect(typeOf(ops.reshape, plain, [x, shape], [undefined, i64([0, -1])]).shape[0]).toBe("n");
    expect(typeOf(ops.reshape, plain, [x, shape]).shape).toEqual(["?0", "?1"]);
  });

  test("other element counts, two -1 and 0 beyond the rank are refused", () => {
    const refuse = (...wanted: number[]) =>
      expect(() =>
        typeOf(
          ops.reshape,
          plain,
          [matrix.type, { dtype: "i64", shape: [wanted.length] }],
          [undefined, i64(wanted)],
        ),
      );
    refuse(4, -1).toThrow("shape [4,-1] for [2,3]; expected 6 elements.");
    refuse(-1, -1).toThrow("expected sizes with at most one -1.");
    refuse(1, 6, 0).toThrow("0 at axis 2 copies a size of [2,3]");
  });
});

test("flatten, squeeze and unsqueeze with negative axes and scalars", () => {
  const x = f32([1, 2, 1, 3], [1, 2, 3, 4, 5, 6]);
  expect(run(ops.flatten, { axis: -1 }, [x]).shape).toEqual([2, 3]);
  expect(run(ops.flatten, { axis: 4 }, [x]).shape).toEqual([6, 1]);
  expect(run(ops.flatten, { axis: 0 }, [f32([], [1])]).shape).toEqual([1, 1]);
  expect(run(ops.squeeze, {}, [x]).shape).toEqual([2, 3]);
  expect(run(ops.squeeze, {}, [x, i64([-2])]).shape).toEqual([1, 2, 3]);
  expect(run(ops.unsqueeze, {}, [vector(1, 2), i64([-1, 0])]).shape).toEqual([1, 2, 1]);
  expect(() =>
    typeOf(ops.squeeze, {}, [x.type, { dtype: "i64", shape: [1] }], [undefined, i64([1])]),
  ).toThrow("axis 1 of [1,2,1,3] has size 2; expected 1.");
});

test("transpose", () => {
  expect(run(ops.transpose, { perm: [1, 0] }, [matrix])).toEqual({
    shape: [3, 2],
    values: [1, 4, 2, 5, 3, 6],
  });
  expect(run(ops.transpose, { perm: [] }, [f32([], [3])])).toEqual({ shape: [], values: [3] });
  expect(() => typeOf(ops.transpose, { perm: [0, 0] }, [matrix.type])).toThrow(
    "expected a permutation of its 2 axes.",
  );
});

test("concat and split undo each other", () => {
  const parts = runAll(ops.split, { axis: 1, numOutputs: 2 }, [matrix]);
  expect(parts).toEqual([
    { shape: [2, 2], values: [1, 2, 4, 5] },
    { shape: [2, 1], values: [3, 6] },
  ]);
  const tensors = parts.map(({ shape, values }) => f32(shape, values));
  expect(run(ops.concat, { axis: -1 }, tensors).values).toEqual([1, 2, 3, 4, 5, 6]);
  expect(() => ops.split.reference([matrix, i64([1, 1])], { axis: 1, numOutputs: 2 })).toThrow(
    "parts [1,1]; expected 2 sizes that add up to 3.",
  );
  const f = (...shape: (number | string)[]) => ({ dtype: "f32", shape }) as const;
  expect(typeOf(ops.concat, { axis: 1 }, [f("n", 2), f("n", "k")]).shape).toEqual(["n", "2+k"]);
  expect(() => typeOf(ops.concat, { axis: 1 }, [f(2, 2), f(3, 2)])).toThrow(
    "expected to differ along axis 1 only.",
  );
});

describe("slice", () => {
  const sliced = (x: Tensor, start: number, end: number, step: number): number[] =>
    run(ops.slice, {}, [x, i64([start]), i64([end]), i64([-1]), i64([step])]).values;
  const x = vector(0, 1, 2, 3, 4);
  test("clamps like numpy", () => {
    expect(sliced(x, 1, last, 2)).toEqual([1, 3]);
    expect(sliced(x, -2, 99, 1)).toEqual([3, 4]);
    expect(sliced(x, 99, 3, 1)).toEqual([]);
    expect(sliced(x, 3, 1, -1)).toEqual([3, 2]);
    expect(sliced(x, last, -last, -2)).toEqual([4, 2, 0]);
    expect(sliced(x, -1, -6, -1)).toEqual([4, 3, 2, 1, 0]);
    expect(sliced(x, 0, -5, -1)).toEqual([]);
  });

  test("step 0 and lists of different lengths are refused", () => {
    expect(() => sliced(x, 0, 1, 0)).toThrow("step 0; expected a non-zero step.");
    expect(() => ops.slice.reference([x, i64([0]), i64([1, 2]), i64([0]), i64([1])], {})).toThrow(
      "expected equally many.",
    );
  });

  test("a symbolic axis stays unknown, the others are exact", () => {
    const one = { dtype: "i64", shape: [1] } as const;
    const known = [undefined, i64([1]), i64([3]), i64([1]), i64([1])];
    expect(
      typeOf(ops.slice, {}, [{ dtype: "f32", shape: ["n", 5] }, one, one, one, one], known).shape,
    ).toEqual(["n", 2]);
    expect(typeOf(ops.slice, {}, [{ dtype: "f32", shape: [2, 5] }, one, one, one, one]).shape).toEqual([
      "?0",
      "?1",
    ]);
  });
});

test("expand broadcasts both ways, tile repeats", () => {
  expect(run(ops.expand, {}, [f32([2, 1], [1, 2]), i64([2, 1, 2])])).toEqual({
    shape: [2, 2, 2],
    values: [1, 1, 2, 2, 1, 1, 2, 2],
  });
  expect(run(ops.tile, {}, [f32([2, 2], [1, 2, 3, 4]), i64([1, 2])]).values).toEqual([
    1, 2, 1, 2, 3, 4, 3, 4,
  ]);
  expect(run(ops.tile, {}, [vector(1, 2), i64([3])]).values).toEqual([1, 2, 1, 2, 1, 2]);
  expect(() => ops.expand.reference([vector(1, 2), i64([3])], {})).toThrow(
    "shape [2] to [3]; expected dimensions that are equal or 1.",
  );
});

test("a hostile shape allocates nothing", () => {
  const huge = i64([2 ** 20, 2 ** 20]);
  expect(() => ops.expand.reference([f32([1, 1], [1]), huge], {})).toThrow(
    "expected at most 1073741824 bytes.",
  );
  expect(() => ops.tile.reference([f32([1, 1], [1]), huge], {})).toThrow("expected at most");
  expect(() => ops.fill.reference([huge], { value: Tensor.scalar("f32", 0) })).toThrow("expected at most");
  const limits = [0, 1e12, 1].map((value) => Tensor.scalar("f32", value));
  expect(() => ops.range.reference(limits, {})).toThrow("expected at most");
});

describe("pad", () => {
  const padded = (mode: "constant" | "reflect" | "edge" | "wrap", before: number, after: number): number[] =>
    run(ops.pad, { mode }, [vector(1, 2, 3), i64([before, after]), f32([], [9]), i64([-1])]).values;
  test("every mode", () => {
    expect(padded("constant", 1, 2)).toEqual([9, 1, 2, 3, 9, 9]);
    expect(padded("edge", 2, 1)).toEqual([1, 1, 1, 2, 3, 3]);
    expect(padded("reflect", 2, 2)).toEqual([3, 2, 1, 2, 3, 2, 1]);
    expect(padded("wrap", 2, 1)).toEqual([2, 3, 1, 2, 3, 1]);
    expect(padded("constant", -1, 1)).toEqual([2, 3, 9]);
    expect(padded("constant", -2, -1)).toEqual([]);
    expect(() => padded("constant", -3, -1)).toThrow(
      "axis 0 of size 3 would become -1; expected at least 0.",
    );
  });
});

describe("gather", () => {
  test("negative indices and any rank of them", () => {
    expect(run(ops.gather, { axis: 1 }, [matrix, i64([-1, 0])]).values).toEqual([3, 1, 6, 4]);
    expect(run(ops.gather, { axis: 0 }, [matrix, Tensor.scalar("i64", 1)])).toEqual({
      shape: [3],
      values: [4, 5, 6],
    });
  });

  test("an index out of range is refused, whatever the op", () => {
    const message = "index 3; expected -3 to 2.";
    expect(() => ops.gather.reference([matrix, i64([3])], { axis: 1 })).toThrow(message);
    const index = Tensor.from("i64", [1, 1], [3]);
    expect(() => ops.gatherElements.reference([matrix, index], { axis: 1 })).toThrow(message);
    expect(() => ops.gatherND.reference([vector(1, 2, 3), index], { batchDims: 0 })).toThrow(message);
    expect(() => ops.scatterND.reference([vector(1, 2, 3), index, vector(1)], { reduction: "none" })).toThrow(
      message,
    );
    const one = f32([1, 1], [9]);
    expect(() => ops.scatterElements.reference([matrix, index, one], { axis: 1, reduction: "none" })).toThrow(
      message,
    );
  });

  test("gatherElements and gatherND pick single elements and slices", () => {
    const indices = Tensor.from("i64", [2, 2], [0, 0, 1, 0]);
    expect(run(ops.gatherElements, { axis: 1 }, [f32([2, 2], [1, 2, 3, 4]), indices]).values).toEqual([
      1, 1, 4, 3,
    ]);
    const pairs = Tensor.from("i64", [2, 2], [0, 0, 1, 1]);
    expect(run(ops.gatherND, { batchDims: 0 }, [f32([2, 2], [0, 1, 2, 3]), pairs]).values).toEqual([0, 3]);
    const cube = f32([2, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7]);
    const rows = Tensor.from("i64", [2, 1], [1, 0]);
    expect(run(ops.gatherND, { batchDims: 1 }, [cube, rows])).toEqual({
      shape: [2, 2],
      values: [2, 3, 4, 5],
    });
  });
});

describe("scatter", () => {
  test("elements, with reductions in order", () => {
    const indices = Tensor.from("i64", [1, 2], [1, 1]);
    const updates = f32([1, 2], [1.5, 2]);
    const x = f32([1, 5], [1, 2, 3, 4, 5]);
    const scattered = (reduction: "add" | "mul" | "max" | "min"): number[] =>
      run(ops.scatterElements, { axis: 1, reduction }, [x, indices, updates]).values;
    expect(scattered("add")).toEqual([1, 5.5, 3, 4, 5]);
    expect(scattered("mul")).toEqual([1, 6, 3, 4, 5]);
    expect(scattered("max")).toEqual([1, 2, 3, 4, 5]);
    expect(scattered("min")).toEqual([1, 1.5, 3, 4, 5]);
  });

  test("slices", () => {
    const x = f32([3, 2], [1, 2, 3, 4, 5, 6]);
    const updates = f32([1, 2], [8, 9]);
    const { values } = run(ops.scatterND, { reduction: "none" }, [
      x,
      Tensor.from("i64", [1, 1], [-1]),
      updates,
    ]);
    expect(values).toEqual([1, 2, 3, 4, 8, 9]);
    expect(() =>
      typeOf(ops.scatterND, { reduction: "none" }, [
        x.type,
        { dtype: "i64", shape: [1, 1] },
        { dtype: "f32", shape: [2] },
      ]),
    ).toThrow("updates have shape [2]; expected [1,2].");
  });
});

test("tensorScatter writes each batch at its own place", () => {
  const past = f32([2, 3, 1], [1, 2, 3, 4, 5, 6]);
  const update = f32([2, 2, 1], [10, 20, 30, 40]);
  const at = (mode: "linear" | "circular", ...starts: number[]): number[] =>
    run(ops.tensorScatter, { axis: -2, mode }, [past, update, i64(starts)]).values;
  expect(at("linear", 0, 1)).toEqual([10, 20, 3, 4, 30, 40]);
  expect(at("circular", 2, 1)).toEqual([20, 2, 10, 4, 30, 40]);
  expect(() => at("linear", 2, 0)).toThrow("write index 2 with an update at 1; expected positions below 3.");
});

test("shapes and sizes", () => {
  expect(run(ops.shapeOf, { start: 0, end: last }, [matrix]).values).toEqual([2, 3]);
  expect(run(ops.shapeOf, { start: -1, end: last }, [matrix]).values).toEqual([3]);
  expect(run(ops.sizeOf, {}, [tensor("bool", [0, 4], [])])).toEqual({ shape: [], values: [0] });
});
