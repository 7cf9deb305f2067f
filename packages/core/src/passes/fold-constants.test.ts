import { describe, expect, it } from "vitest";
import { Tensor } from "../ir/tensor.ts";
import * as ops from "../ops/index.ts";
import { foldConstantsPass } from "./fold-constants.ts";
import { removeDeadCodePass } from "./remove-dead-code.ts";
import { beforeAndAfter, expectSame, Sketch } from "./testing/programs.ts";

describe("fold-constants", () => {
  it("computes what depends on constants only", () => {
    const s = new Sketch();
    const sum = s.one(ops.add, {}, [s.c([2], [1, 2]), s.c([2], [3, 4])]);
    const before = s.build([s.one(ops.mul, {}, [s.x([2]), s.one(ops.neg, {}, [sum])])]);
    const after = foldConstantsPass.run(before);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[2]) {
        add.out: f32[2] = add "add" (c=f32[2]{1, 2}, c_1=f32[2]{3, 4})
        neg.out: f32[2] = neg "neg" (add.out)
        mul.out: f32[2] = mul "mul" (x, neg.out)
        return mul.out
      }
      =>
      (x: f32[2]) {
        mul.out: f32[2] = mul "mul" (x, neg.out=f32[2]{-4, -6})
        return mul.out
      }"
    `);
    expectSame(before, after);
  });

  it("reads shapes, also in part, so that reshapes become known", () => {
    const s = new Sketch();
    const x = s.x(["n", 3, 4]);
    const shape = s.one(ops.shapeOf, { start: 0, end: 2 ** 31 - 1 }, [x]);
    const channels = s.one(ops.gather, { axis: 0 }, [shape, s.i(1)]);
    const tail = s.one(ops.slice, {}, [shape, s.i(2), s.i(3), s.i(0), s.i(1)]);
    const size = s.one(ops.mul, {}, [channels, tail]);
    const target = s.one(ops.concat, { axis: 0 }, [s.i(-1), size]);
    const before = s.build([s.one(ops.reshape, { allowZero: false }, [x, target])]);
    const after = removeDeadCodePass.run(foldConstantsPass.run(before));
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[n,3,4]) {
        shape.out: i64[3] = shape "shape" (x) start=0 end=2147483647
        gather.out: i64[1] = gather "gather" (shape.out, i=i64[1]{1}) axis=0
        slice.out: i64[1] = slice "slice" (shape.out, i_1=i64[1]{2}, i_2=i64[1]{3}, i_3=i64[1]{0}, i_4=i64[1]{1})
        mul.out: i64[1] = mul "mul" (gather.out, slice.out)
        concat.out: i64[2] = concat "concat" (i_5=i64[1]{-1}, mul.out) axis=0
        reshape.out: f32[reshape.0,reshape.1] = reshape "reshape" (x, concat.out) allowZero=false
        return reshape.out
      }
      =>
      (x: f32[n,3,4]) {
        reshape.out: f32[reshape.0,12] = reshape "reshape" (x, concat.out=i64[2]{-1, 12}) allowZero=false
        return reshape.out
      }"
    `);
    expectSame(before, after);
  });

  it("leaves large results, failing nodes and outputs' names alone", () => {
    const s = new Sketch();
    const huge = s.one(ops.expand, {}, [s.c([1], [2]), s.i(1 << 13, 1 << 13)]);
    const failing = s.one(ops.gather, { axis: 0 }, [s.c([2], [1, 2]), s.i(5)]);
    const named = s.one(ops.neg, {}, [s.c([1], [2])], { outputs: ["answer"] });
    const after = foldConstantsPass.run(s.build([huge, failing, named]));
    expect(after.nodes.map(({ op }) => op.name)).toEqual(["expand", "gather"]);
    expect(after.outputs.map(({ name, data }) => [name, data?.data])).toEqual([
      ["expand.out", undefined],
      ["gather.out", undefined],
      ["answer", new Float32Array([-2])],
    ]);
  });

  it("folds nothing that is random or a state", () => {
    const s = new Sketch();
    const program = s.build([s.one(ops.relu, {}, [s.x([1])])]);
    const variable = s.constant(Tensor.from("f32", [1], [1]), "variable");
    const next = s.one(ops.neg, {}, [variable]);
    const nodes = [...program.nodes, ...s.build([next]).nodes.slice(program.nodes.length)];
    const before = { ...program, nodes, states: [{ variable, next }] };
    expect(foldConstantsPass.run(before)).toBe(before);
  });
});
