import { ops, Tensor } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { x86 } from "../index.ts";
import { expectReference, fixed, floats, preferredLayoutsOnly } from "../testing/one-op.ts";

const blocked = preferredLayoutsOnly(x86);
const ints = (...values: number[]): ReturnType<typeof fixed> => fixed(Tensor.ints(values));
const bytes = (shape: readonly number[]): Tensor =>
  Tensor.from(
    "u8",
    shape,
    Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * 37) % 251),
  );
const wide = (shape: readonly number[]): Tensor =>
  Tensor.from(
    "i64",
    shape,
    BigInt64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => BigInt(i * 1e12)),
  );

describe("transpose", () => {
  const perms = [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [0, 2, 3, 1],
    [0, 3, 1, 2],
    [1, 0, 2, 3],
    [0, 2, 1, 3],
    [2, 0, 3, 1],
  ];
  test.each(perms.map((perm) => [perm.join(), perm] as const))("%s", async (_, perm) => {
    for (const x of [floats([3, 17, 8, 35]), bytes([2, 3, 5, 7]), wide([2, 3, 5, 7])]) {
      await expectReference({ op: ops.transpose, attrs: { perm }, inputs: [x] }, "x86/transpose");
    }
  });

  test("a large matrix is shared between threads", async () => {
    await expectReference(
      { op: ops.transpose, attrs: { perm: [1, 0] }, inputs: [floats([301, 517])] },
      "x86/transpose",
    );
  });
});

describe("slice", () => {
  const cases: [string, number[], number[], number[], number[]][] = [
    ["middle", [1, 0], [2, 2 ** 31], [1, 3], [1, 1]],
    ["negative", [-3, -1], [-1, -(2 ** 31)], [2, 3], [1, -1]],
    ["steps", [0, 5], [2 ** 31, 0], [3, 2], [3, -2]],
    ["empty", [4], [2], [2], [1]],
  ];
  test.each(cases)("%s", async (_, starts, ends, axes, steps) => {
    const inputs = [floats([2, 3, 6, 11]), ints(...starts), ints(...ends), ints(...axes), ints(...steps)];
    await expectReference({ op: ops.slice, attrs: {}, inputs }, "x86/slice");
  });
});

describe("concat and split", () => {
  test.each([0, 1, -1])("along %i", async (axis) => {
    const shape = (size: number): number[] => [2, 3, 4].map((dim, d) => (d === (axis + 3) % 3 ? size : dim));
    const inputs = [floats(shape(2)), floats(shape(5)), floats(shape(1))];
    await expectReference({ op: ops.concat, attrs: { axis }, inputs }, "x86/concat");
    const x = floats(shape(8));
    await expectReference(
      { op: ops.split, attrs: { axis, numOutputs: 3 }, inputs: [x, ints(2, 5, 1)] },
      "x86/split",
    );
  });

  test("whole blocks of channels stay blocked", async () => {
    const inputs = [floats([2, 32, 3, 5]), floats([2, 16, 3, 5]), floats([2, 7, 3, 5])];
    const joined = await expectReference(
      { op: ops.concat, attrs: { axis: 1 }, inputs },
      "x86/concat",
      blocked,
    );
    expect(joined).toContain("NCHW");
    const attrs = { axis: 1, numOutputs: 3 };
    const x = floats([2, 55, 3, 5]);
    const parted = await expectReference(
      { op: ops.split, attrs, inputs: [x, ints(32, 16, 7)] },
      "x86/split",
      blocked,
    );
    expect(parted).toContain("NCHW");
    const rows = [floats([1, 19, 3, 5]), floats([1, 19, 4, 5])];
    await expectReference({ op: ops.concat, attrs: { axis: 2 }, inputs: rows }, "x86/concat", blocked);
  });
});

describe("indices", () => {
  const indices = Tensor.from("i64", [2, 3], [0, 4, -1, 2, 2, -5]);

  test.each([0, 1, 2])("gather along %i", async (axis) => {
    const x = floats([5, 6, 7]);
    await expectReference({ op: ops.gather, attrs: { axis }, inputs: [x, indices] }, "x86/gather");
  });

  test("gatherElements, gatherND", async () => {
    await expectReference(
      { op: ops.gatherElements, attrs: { axis: 1 }, inputs: [floats([2, 5]), indices] },
      "x86/gather-elements",
    );
    const pairs = Tensor.from("i64", [2, 3, 1], [0, 2, 1, 1, 0, 3]);
    await expectReference(
      { op: ops.gatherND, attrs: { batchDims: 1 }, inputs: [floats([2, 4, 6]), pairs] },
      "x86/gather-nd",
    );
  });

  test("scatter", async () => {
    const attrs = { axis: 1, reduction: "add" } as const;
    const updates = floats([2, 3]);
    await expectReference(
      { op: ops.scatterElements, attrs, inputs: [floats([2, 5]), indices, updates] },
      "x86/scatter-elements",
    );
    const rows = Tensor.from("i64", [2, 1], [3, 1]);
    const inputs = [floats([4, 6]), rows, floats([2, 6])];
    await expectReference({ op: ops.scatterND, attrs: { reduction: "none" }, inputs }, "x86/scatter-nd");
  });
});

describe("pad, expand, tile", () => {
  test.each(["constant", "reflect", "edge", "wrap"] as const)("pad by %s", async (mode) => {
    for (const [pads, axes] of [
      [
        [1, 2, 3, 1],
        [2, 3],
      ],
      [[2, -1], [1]],
      [
        [1, 0, 1, 1],
        [0, 3],
      ],
    ] as const) {
      const inputs = [floats([3, 4, 5, 6]), ints(...pads), fixed(Tensor.scalar("f32", 1.5)), ints(...axes)];
      await expectReference({ op: ops.pad, attrs: { mode }, inputs }, "x86/pad");
    }
  });

  test("expand and tile", async () => {
    await expectReference(
      { op: ops.expand, attrs: {}, inputs: [floats([3, 1, 5]), ints(2, 3, 4, 5)] },
      "x86/expand",
    );
    await expectReference({ op: ops.tile, attrs: {}, inputs: [bytes([2, 3, 5]), ints(2, 1, 3)] }, "x86/tile");
  });

  test("depthToSpace and spaceToDepth", async () => {
    for (const mode of ["DCR", "CRD"] as const) {
      await expectReference(
        { op: ops.depthToSpace, attrs: { blockSize: 2, mode }, inputs: [floats([2, 12, 3, 5])] },
        "x86/depthToSpace",
      );
    }
    await expectReference(
      { op: ops.spaceToDepth, attrs: { blockSize: 2 }, inputs: [floats([2, 3, 4, 6])] },
      "x86/spaceToDepth",
    );
  });
});
