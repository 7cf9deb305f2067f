import { ops, Tensor } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { x86 } from "../index.ts";
import { expectReference, fixed, floats, preferredLayoutsOnly } from "../testing/one-op.ts";

const blocked = preferredLayoutsOnly(x86);

describe("unary", () => {
  test.each(["relu", "sigmoid", "exp", "hardSwish", "sqrt", "tan"] as const)("%s", async (name) => {
    await expectReference({ op: ops[name], attrs: {}, inputs: [floats([3, 7, 41], 0, 1)] }, `x86/${name}`);
  });

  test("attributes reach the kernel", async () => {
    const x = floats([2, 333], -4, 4);
    await expectReference({ op: ops.clip, attrs: { min: -1, max: 2.5 }, inputs: [x] }, "x86/clip");
    await expectReference({ op: ops.leakyRelu, attrs: { alpha: 0.1 }, inputs: [x] }, "x86/leakyRelu");
    await expectReference({ op: ops.gelu, attrs: { approximate: "tanh" }, inputs: [x] }, "x86/gelu");
    await expectReference({ op: ops.shrink, attrs: { lambd: 0.5, bias: 0.2 }, inputs: [x] }, "x86/shrink");
  });

  test("a blocked value passes through", async () => {
    const layouts = await expectReference(
      { op: ops.relu, attrs: {}, inputs: [floats([2, 19, 5, 7])] },
      "x86/relu",
      blocked,
    );
    expect(layouts).toContain("NCHW");
  });

  test("large maps are shared between threads", async () => {
    await expectReference({ op: ops.tanh, attrs: {}, inputs: [floats([3, 50_001])] }, "x86/tanh");
  });
});

describe("binary", () => {
  const shapes: [string, number[], number[]][] = [
    ["same", [3, 5, 17], [3, 5, 17]],
    ["scalar", [3, 5, 17], []],
    ["last dim", [3, 5, 17], [17]],
    ["per channel", [2, 5, 4, 3], [5, 1, 1]],
    ["both repeat", [4, 1, 6], [1, 5, 1]],
    ["general", [2, 1, 3, 1, 5], [4, 1, 2, 1]],
    ["left repeats", [5, 1], [2, 5, 33]],
    ["large", [2, 70_000], [2, 70_000]],
  ];
  test.each(shapes)("%s", async (_, a, b) => {
    for (const op of [ops.add, ops.sub, ops.mul, ops.div]) {
      await expectReference(
        { op, attrs: {}, inputs: [floats(a, 0.5, 2), floats(b, 0.5, 2)] },
        `x86/${op.name}`,
      );
    }
  });

  test("an activation is applied to the result", async () => {
    const attrs = { activation: { kind: "hardSwish" } } as const;
    await expectReference({ op: ops.add, attrs, inputs: [floats([3, 700]), floats([700])] }, "x86/add");
  });

  test.each([16, 19])("blocked, %i channels", async (c) => {
    const x = floats([2, c, 5, 3]);
    const others = [
      floats([2, c, 5, 3]),
      fixed(floats([c, 1, 1])),
      fixed(floats([1, c, 1, 1])),
      floats([2, c, 1, 1]),
      floats([2, 1, 5, 3]),
      floats([]),
    ];
    for (const other of others) {
      for (const inputs of [
        [x, other],
        [other, x],
      ]) {
        const layouts = await expectReference({ op: ops.sub, attrs: {}, inputs }, "x86/sub", blocked);
        expect(layouts).toContain("NCHW");
        await expectReference({ op: ops.mul, attrs: {}, inputs }, "x86/mul", blocked);
      }
    }
  });

  test("integers and comparisons", async () => {
    const a = Tensor.from("i64", [2, 3], [7, -7, 3, 2, 9, -1]);
    const b = Tensor.from("i64", [3], [2, 3, -4]);
    await expectReference({ op: ops.div, attrs: {}, inputs: [a, b] }, "x86/div-integer");
    await expectReference({ op: ops.mod, attrs: { fmod: false }, inputs: [a, b] }, "x86/mod-integer");
    await expectReference({ op: ops.less, attrs: {}, inputs: [a, b] }, "x86/less");
    await expectReference(
      { op: ops.greaterOrEqual, attrs: {}, inputs: [floats([5, 9]), floats([9])] },
      "x86/greaterOrEqual",
    );
    const flags = Tensor.from("bool", [4], [1, 0, 1, 0]);
    await expectReference(
      { op: ops.xor, attrs: {}, inputs: [flags, Tensor.from("bool", [1], [1])] },
      "x86/xor-integer",
    );
    await expectReference({ op: ops.not, attrs: {}, inputs: [flags] }, "x86/not-integer");
  });

  test.each([2, 3, 0.5, -1, 1.7])("pow with the constant exponent %d", async (exponent) => {
    const inputs = [floats([5, 30], 0.1, 3), fixed(Tensor.scalar("f32", exponent))];
    await expectReference({ op: ops.pow, attrs: {}, inputs }, "x86/pow-scalar");
  });
});

test("where picks by bytes", async () => {
  const condition = Tensor.from("bool", [3, 1], [1, 0, 1]);
  await expectReference(
    { op: ops.where, attrs: {}, inputs: [condition, floats([3, 9]), floats([])] },
    "x86/where",
  );
  const numbers = [Tensor.from("i64", [2], [1, 2]), Tensor.from("i64", [3, 2], [3, 4, 5, 6, 7, 8])];
  await expectReference({ op: ops.where, attrs: {}, inputs: [condition, ...numbers] }, "x86/where");
});

test("cast", async () => {
  const x = Tensor.from("f32", [8], [1.7, -1.7, 200.2, -3, 0, Number.NaN, 70000.9, -0.4]);
  for (const to of ["i32", "i64", "u8", "i8", "bool", "f16", "bf16", "f64"] as const) {
    await expectReference({ op: ops.cast, attrs: { to }, inputs: [x] }, "x86/cast");
  }
});
