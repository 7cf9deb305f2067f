import { describe, expect, it } from "vitest";
import type { Block } from "../ir/program.ts";
import { Tensor } from "../ir/tensor.ts";
import * as ops from "../ops/index.ts";
import { eliminateCommonSubexpressionsPass } from "./eliminate-common-subexpressions.ts";
import { inlineBranchesPass } from "./inline-branches.ts";
import { removeDeadCodePass } from "./remove-dead-code.ts";
import { removeIdentityPass } from "./remove-identity.ts";
import { simplifyReshapesPass } from "./simplify-reshapes.ts";
import { beforeAndAfter, expectSame, Sketch } from "./testing/programs.ts";

describe("remove-dead-code", () => {
  it("drops what no output needs and keeps inputs", () => {
    const s = new Sketch();
    const x = s.x([2]);
    const unused = s.x([3], "unused");
    s.one(ops.neg, {}, [s.one(ops.exp, {}, [unused])]);
    const before = s.build([s.one(ops.relu, {}, [x])]);
    const after = removeDeadCodePass.run(before);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[2], unused: f32[3]) {
        exp.out: f32[3] = exp "exp" (unused)
        neg.out: f32[3] = neg "neg" (exp.out)
        relu.out: f32[2] = relu "relu" (x)
        return relu.out
      }
      =>
      (x: f32[2], unused: f32[3]) {
        relu.out: f32[2] = relu "relu" (x)
        return relu.out
      }"
    `);
    expectSame(before, after);
    expect(removeDeadCodePass.run(after)).toBe(after);
  });
});

describe("eliminate-common-subexpressions", () => {
  it("computes equal nodes once, constants by content", () => {
    const s = new Sketch();
    const x = s.x([2, 3]);
    const branch = (): ReturnType<Sketch["one"]> =>
      s.one(ops.softmax, { axis: 1 }, [s.one(ops.mul, {}, [x, s.c([3], [1, 2, 3])])]);
    const other = s.one(ops.softmax, { axis: 0 }, [s.one(ops.mul, {}, [x, s.c([3], [1, 2, 3])])]);
    const before = s.build([s.one(ops.add, {}, [s.one(ops.sub, {}, [branch(), branch()]), other])]);
    const after = eliminateCommonSubexpressionsPass.run(before);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[2,3]) {
        mul.out: f32[2,3] = mul "mul" (x, c=f32[3]{1, 2, 3})
        softmax.out: f32[2,3] = softmax "softmax" (mul.out) axis=0
        mul_1.out: f32[2,3] = mul "mul_1" (x, c_1=f32[3]{1, 2, 3})
        softmax_1.out: f32[2,3] = softmax "softmax_1" (mul_1.out) axis=1
        mul_2.out: f32[2,3] = mul "mul_2" (x, c_2=f32[3]{1, 2, 3})
        softmax_2.out: f32[2,3] = softmax "softmax_2" (mul_2.out) axis=1
        sub.out: f32[2,3] = sub "sub" (softmax_1.out, softmax_2.out)
        add.out: f32[2,3] = add "add" (sub.out, softmax.out)
        return add.out
      }
      =>
      (x: f32[2,3]) {
        mul.out: f32[2,3] = mul "mul" (x, c=f32[3]{1, 2, 3})
        softmax.out: f32[2,3] = softmax "softmax" (mul.out) axis=0
        softmax_1.out: f32[2,3] = softmax "softmax_1" (mul.out) axis=1
        sub.out: f32[2,3] = sub "sub" (softmax_1.out, softmax_1.out)
        add.out: f32[2,3] = add "add" (sub.out, softmax.out)
        return add.out
      }"
    `);
    expectSame(before, after);
  });

  it("keeps two outputs apart, and constants of other dtypes or shapes", () => {
    const s = new Sketch();
    const x = s.x([1, 2]);
    const twins = [s.one(ops.neg, {}, [x]), s.one(ops.neg, {}, [x])];
    const shapes = [s.one(ops.add, {}, [x, s.c([2], 1)]), s.one(ops.add, {}, [x, s.c([1, 2], 1)])];
    const before = s.build([...twins, ...shapes]);
    expect(eliminateCommonSubexpressionsPass.run(before)).toBe(before);
  });
});

describe("remove-identity", () => {
  it("drops everything that gives back its input", () => {
    const s = new Sketch();
    let v = s.x([2, 3]);
    v = s.one(ops.identity, {}, [v]);
    v = s.one(ops.cast, { to: "f32" }, [v]);
    v = s.one(ops.transpose, { perm: [0, 1] }, [v]);
    v = s.one(ops.reshape, { allowZero: false }, [v, s.i(2, -1)]);
    v = s.one(ops.concat, { axis: 0 }, [v]);
    v = s.one(ops.slice, {}, [v, s.i(0), s.i(9), s.i(1), s.i(1)]);
    v = s.one(ops.pad, { mode: "constant" }, [v, s.i(0, 0), s.c([], 0), s.i(1)]);
    v = s.one(ops.expand, {}, [v, s.i(2, 1)]);
    v = s.one(ops.tile, {}, [v, s.i(1, 1)]);
    v = s.one(ops.add, {}, [v, s.c([1], 0)]);
    v = s.one(ops.mul, {}, [s.c([2, 3], 1), v]);
    v = s.one(ops.div, {}, [v, s.c([], 1)]);
    const before = s.build([s.one(ops.relu, {}, [v])]);
    const after = removeIdentityPass.run(before);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[2,3]) {
        identity.out: f32[2,3] = identity "identity" (x)
        cast.out: f32[2,3] = cast "cast" (identity.out) to=f32
        transpose.out: f32[2,3] = transpose "transpose" (cast.out) perm=[0,1]
        reshape.out: f32[2,3] = reshape "reshape" (transpose.out, i=i64[2]{2, -1}) allowZero=false
        concat.out: f32[2,3] = concat "concat" (reshape.out) axis=0
        slice.out: f32[2,3] = slice "slice" (concat.out, i_1=i64[1]{0}, i_2=i64[1]{9}, i_3=i64[1]{1}, i_4=i64[1]{1})
        pad.out: f32[2,3] = pad "pad" (slice.out, i_5=i64[2]{0, 0}, c=f32[]{0}, i_6=i64[1]{1}) mode=constant
        expand.out: f32[2,3] = expand "expand" (pad.out, i_7=i64[2]{2, 1})
        tile.out: f32[2,3] = tile "tile" (expand.out, i_8=i64[2]{1, 1})
        add.out: f32[2,3] = add "add" (tile.out, c_1=f32[1]{0})
        mul.out: f32[2,3] = mul "mul" (c_2=f32[2,3]{1, 1, 1, 1, 1, 1}, add.out)
        div.out: f32[2,3] = div "div" (mul.out, c_3=f32[]{1})
        relu.out: f32[2,3] = relu "relu" (div.out)
        return relu.out
      }
      =>
      (x: f32[2,3]) {
        relu.out: f32[2,3] = relu "relu" (x)
        return relu.out
      }"
    `);
    expectSame(before, after);
  });

  it("keeps an identity between an input and an output", () => {
    const s = new Sketch();
    const before = s.build([s.one(ops.identity, {}, [s.x([2])])]);
    expect(removeIdentityPass.run(before)).toBe(before);
  });

  it("keeps reversals, enlarging constants and integer division by more", () => {
    const s = new Sketch();
    const x = s.x([2]);
    const reversed = s.one(ops.slice, {}, [x, s.i(-1), s.i(-9), s.i(0), s.i(-1)]);
    const larger = s.one(ops.mul, {}, [x, s.c([1, 1], 1)]);
    const minus = s.one(ops.sub, {}, [s.c([1], 0), x]);
    const before = s.build([reversed, larger, minus]);
    expect(removeIdentityPass.run(before)).toBe(before);
  });

  it("compares integer constants too", () => {
    const s = new Sketch();
    const x = s.input("x", "i64", [2]);
    const sum = s.one(ops.add, {}, [x, s.constant(Tensor.ints([0]))]);
    const after = removeIdentityPass.run(s.build([s.one(ops.neg, {}, [sum])]));
    expect(after.nodes).toHaveLength(1);
  });
});

describe("simplify-reshapes", () => {
  it("makes one reshape of a chain of views", () => {
    const s = new Sketch();
    const x = s.x([2, 1, 3, 4]);
    const squeezed = s.one(ops.squeeze, {}, [x, s.i(1)]);
    const flat = s.one(ops.flatten, { axis: 1 }, [squeezed]);
    const before = s.build([s.one(ops.unsqueeze, {}, [flat, s.i(0, 3)])]);
    const after = simplifyReshapesPass.run(before);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[2,1,3,4]) {
        squeeze.out: f32[2,3,4] = squeeze "squeeze" (x, i=i64[1]{1})
        flatten.out: f32[2,12] = flatten "flatten" (squeeze.out) axis=1
        unsqueeze.out: f32[1,2,12,1] = unsqueeze "unsqueeze" (flatten.out, i_1=i64[2]{0, 3})
        return unsqueeze.out
      }
      =>
      (x: f32[2,1,3,4]) {
        unsqueeze.out: f32[1,2,12,1] = reshape "unsqueeze" (x, unsqueeze.shape=i64[4]{1, 2, 12, 1}) allowZero=false
        return unsqueeze.out
      }"
    `);
    expectSame(before, after);
  });

  it("copies symbols and leaves one open", () => {
    const s = new Sketch();
    const before = s.build([s.one(ops.unsqueeze, {}, [s.x(["n", 3, "w"]), s.i(2)])]);
    const after = simplifyReshapesPass.run(before);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[n,3,w]) {
        unsqueeze.out: f32[n,3,1,w] = unsqueeze "unsqueeze" (x, i=i64[1]{2})
        return unsqueeze.out
      }
      =>
      (x: f32[n,3,w]) {
        unsqueeze.out: f32[n,3,1,w] = reshape "unsqueeze" (x, unsqueeze.shape=i64[4]{0, 3, 1, -1}) allowZero=false
        return unsqueeze.out
      }"
    `);
    expectSame(before, after, { n: 2, w: 5 });
  });

  it("disappears when the shape is back", () => {
    const s = new Sketch();
    const x = s.x([2, 3]);
    const there = s.one(ops.reshape, { allowZero: false }, [x, s.i(3, 2)]);
    const back = s.one(ops.reshape, { allowZero: false }, [there, s.i(2, 3)]);
    const before = s.build([s.one(ops.relu, {}, [back])]);
    const after = simplifyReshapesPass.run(before);
    expect(after.nodes).toHaveLength(1);
    expectSame(before, after);
  });

  it("handles sizes of 0", () => {
    const s = new Sketch();
    const before = s.build([s.one(ops.unsqueeze, {}, [s.x([0, 3]), s.i(0)])]);
    expectSame(before, simplifyReshapesPass.run(before));
  });
});

describe("inline-branches", () => {
  it("takes the branch of a known condition, captures and all", () => {
    const branch = (op: typeof ops.exp): Block => {
      const inner = new Sketch();
      const a = inner.x([2], "a");
      return inner.build([inner.one(ops.add, {}, [inner.one(op, {}, [a]), inner.c([1], 2)])]);
    };
    const s = new Sketch();
    const condition = s.constant(Tensor.from("bool", [], [0]), "condition");
    // biome-ignore lint/suspicious/noThenProperty: the attribute's name
    const attrs = { then: branch(ops.exp), else: branch(ops.neg) };
    const x = s.one(ops.relu, {}, [s.x([2])]);
    const before = s.build([s.one(ops.ifElse, attrs, [condition, x], { name: "choice" })]);
    const after = inlineBranchesPass.run(before);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[2]) {
        relu.out: f32[2] = relu "relu" (x)
        choice.out: f32[2] = if "choice" (condition=bool[]{0}, relu.out) then=(a: f32[2]) {
          exp.out: f32[2] = exp "exp" (a)
          add.out: f32[2] = add "add" (exp.out, c=f32[1]{2})
          return add.out
        } else=(a: f32[2]) {
          neg.out: f32[2] = neg "neg" (a)
          add.out: f32[2] = add "add" (neg.out, c=f32[1]{2})
          return add.out
        }
        return choice.out
      }
      =>
      (x: f32[2]) {
        relu.out: f32[2] = relu "relu" (x)
        choice/neg.out: f32[2] = neg "choice/neg" (relu.out)
        choice.out: f32[2] = add "choice/add" (choice/neg.out, c=f32[1]{2})
        return choice.out
      }"
    `);
    expectSame(before, after);
  });
});
