import { ops, Tensor } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { x86 } from "../index.ts";
import { expectReference, fixed, floats, preferredLayoutsOnly } from "../testing/one-op.ts";

const blocked = preferredLayoutsOnly(x86);
const keep = { keepDims: true, noopWithEmptyAxes: false };
const drop = { keepDims: false, noopWithEmptyAxes: false };
const axes = (...values: number[]): ReturnType<typeof fixed> => fixed(Tensor.ints(values));

describe("reduce", () => {
  const reductions = [
    ops.reduceSum,
    ops.reduceMean,
    ops.reduceMax,
    ops.reduceMin,
    ops.reduceProd,
    ops.reduceL1,
    ops.reduceL2,
    ops.reduceLogSum,
    ops.reduceLogSumExp,
    ops.reduceSumSquare,
  ];
  test.each(reductions.map((op) => [op.name, op] as const))("%s over any axes", async (name, op) => {
    const x = floats([2, 3, 5, 4], 0.5, 1.5);
    for (const over of [[0], [1], [3], [-1, -2], [0, 2], [1, 3], [0, 1, 2, 3]]) {
      await expectReference({ op, attrs: keep, inputs: [x, axes(...over)] }, `x86/${name}`);
    }
    await expectReference({ op, attrs: drop, inputs: [x] }, `x86/${name}`);
  });

  test.each([5, 16, 40])("the spatial mean of %i blocked channels is plain", async (c) => {
    const layouts = await expectReference(
      { op: ops.reduceMean, attrs: keep, inputs: [floats([2, c, 7, 7]), axes(2, 3)] },
      "x86/reduceMean",
      blocked,
    );
    expect(layouts).toContain("NCHW");
  });

  test("integers", async () => {
    const x = Tensor.from("i64", [2, 3], [1, -2, 3, 4, 5, -6]);
    await expectReference(
      { op: ops.reduceProd, attrs: drop, inputs: [x, axes(1)] },
      "x86/reduceProd-integer",
    );
    await expectReference({ op: ops.reduceMax, attrs: keep, inputs: [x, axes(0)] }, "x86/reduceMax-integer");
  });
});

test("argMax and argMin", async () => {
  for (const axis of [0, 1, 2]) {
    for (const selectLastIndex of [false, true]) {
      const attrs = { axis, keepDims: true, selectLastIndex };
      const x = Tensor.from(
        "f32",
        [3, 40, 5],
        Float32Array.from({ length: 600 }, (_, i) => (i * 7) % 11),
      );
      await expectReference({ op: ops.argMax, attrs, inputs: [x] }, "x86/argMax");
      await expectReference({ op: ops.argMin, attrs, inputs: [x] }, "x86/argMin");
    }
  }
});

describe("normalisations", () => {
  test.each([0, 1, -1])("softmax along %i", async (axis) => {
    const x = floats([4, 19, 33], -5, 5);
    await expectReference({ op: ops.softmax, attrs: { axis }, inputs: [x] }, "x86/softmax");
    await expectReference({ op: ops.logSoftmax, attrs: { axis }, inputs: [x] }, "x86/logSoftmax");
  });

  test("layer and root-mean-square", async () => {
    const attrs = { axis: -2, epsilon: 1e-5 };
    const [x, scale, bias] = [floats([6, 5, 21]), floats([5, 21]), floats([5, 21])];
    await expectReference({ op: ops.layerNorm, attrs, inputs: [x, scale, bias] }, "x86/layerNorm");
    await expectReference({ op: ops.layerNorm, attrs, inputs: [x, scale] }, "x86/layerNorm");
    await expectReference({ op: ops.rmsNorm, attrs, inputs: [x, scale] }, "x86/rmsNorm");
  });

  test.each([undefined, blocked])("batch and instance", async (backend) => {
    const c = 19;
    const [x, scale, bias, mean] = [floats([2, c, 5, 3]), floats([c]), floats([c]), floats([c])];
    const attrs = { epsilon: 1e-5 };
    const inputs = [x, scale, bias, mean, floats([c], 0.5, 2)];
    await expectReference({ op: ops.batchNorm, attrs, inputs }, "x86/batch-norm", backend);
    await expectReference(
      { op: ops.instanceNorm, attrs, inputs: inputs.slice(0, 3) },
      "x86/instance-norm",
      backend,
    );
  });

  test("group, lp and local response", async () => {
    const x = floats([2, 12, 5, 3]);
    const attrs = { groups: 3, epsilon: 1e-5 };
    await expectReference(
      { op: ops.groupNorm, attrs, inputs: [x, floats([12]), floats([12])] },
      "x86/group-norm",
    );
    await expectReference({ op: ops.lpNorm, attrs: { axis: 1, p: 2 }, inputs: [x] }, "x86/lp-norm");
    const local = { size: 5, alpha: 0.01, beta: 0.75, bias: 1 };
    await expectReference({ op: ops.lrn, attrs: local, inputs: [x] }, "x86/lrn");
  });
});
