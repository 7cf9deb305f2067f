import { describe, expect, it } from "vitest";
import type { Value } from "../ir/program.ts";
import * as ops from "../ops/index.ts";
import { mergeTransposesPass } from "./merge-transposes.ts";
import { beforeAndAfter, expectSame, Sketch } from "./testing/programs.ts";

const toLast = [0, 2, 3, 1];
const toFirst = [0, 3, 1, 2];

describe("merge-transposes", () => {
  it("composes two, and drops both when they undo each other", () => {
    const s = new Sketch();
    const x = s.x([1, 2, 3, 4]);
    const last = s.one(ops.transpose, { perm: toLast }, [x]);
    const more = s.one(ops.transpose, { perm: [1, 0, 2, 3] }, [last]);
    const back = s.one(ops.transpose, { perm: toFirst }, [last]);
    const before = s.build([more, s.one(ops.relu, {}, [back])]);
    const after = mergeTransposesPass.run(before);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[1,2,3,4]) {
        transpose.out: f32[1,3,4,2] = transpose "transpose" (x) perm=[0,2,3,1]
        transpose_1.out: f32[3,1,4,2] = transpose "transpose_1" (transpose.out) perm=[1,0,2,3]
        transpose_2.out: f32[1,2,3,4] = transpose "transpose_2" (transpose.out) perm=[0,3,1,2]
        relu.out: f32[1,2,3,4] = relu "relu" (transpose_2.out)
        return transpose_1.out, relu.out
      }
      =>
      (x: f32[1,2,3,4]) {
        transpose_1.out: f32[3,1,4,2] = transpose "transpose_1" (x) perm=[2,0,3,1]
        relu.out: f32[1,2,3,4] = relu "relu" (x)
        return transpose_1.out, relu.out
      }"
    `);
    expectSame(before, after);
  });

  it("is a reshape where only dimensions of 1 move", () => {
    const s = new Sketch();
    const before = s.build([s.one(ops.transpose, { perm: [1, 0, 3, 2] }, [s.x([1, 2, 1, 4])])]);
    const after = mergeTransposesPass.run(before);
    expect(after.nodes.map(({ op }) => op.name)).toEqual(["reshape"]);
    expectSame(before, after);
  });

  it("sinks through elementwise nodes, concat and softmax, and moves constants", () => {
    const s = new Sketch();
    const branch = (name: string): Value => {
      const last = s.one(ops.transpose, { perm: toLast }, [s.x([1, 2, 3, 4], name)]);
      return s.one(ops.relu, {}, [s.one(ops.mul, {}, [last, s.c([4, 2])])]);
    };
    const joined = s.one(ops.concat, { axis: -1 }, [branch("a"), branch("b")]);
    const soft = s.one(ops.softmax, { axis: 3 }, [s.one(ops.add, {}, [joined, s.c([4], 0.5)])]);
    const before = s.build([s.one(ops.transpose, { perm: toFirst }, [soft])]);
    const after = mergeTransposesPass.run(before);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(a: f32[1,2,3,4], b: f32[1,2,3,4]) {
        transpose.out: f32[1,3,4,2] = transpose "transpose" (a) perm=[0,2,3,1]
        mul.out: f32[1,3,4,2] = mul "mul" (transpose.out, c=f32[4,2]{-0.5225787, -0.8361228, -0.8891088, 0.5424038, -0.8086521, 0.8754338, -0.1140134, 0.2587115})
        relu.out: f32[1,3,4,2] = relu "relu" (mul.out)
        transpose_1.out: f32[1,3,4,2] = transpose "transpose_1" (b) perm=[0,2,3,1]
        mul_1.out: f32[1,3,4,2] = mul "mul_1" (transpose_1.out, c_1=f32[4,2]{-0.5225787, -0.8361228, -0.8891088, 0.5424038, -0.8086521, 0.8754338, -0.1140134, 0.2587115})
        relu_1.out: f32[1,3,4,2] = relu "relu_1" (mul_1.out)
        concat.out: f32[1,3,4,4] = concat "concat" (relu.out, relu_1.out) axis=-1
        add.out: f32[1,3,4,4] = add "add" (concat.out, c_2=f32[4]{0.5, 0.5, 0.5, 0.5})
        softmax.out: f32[1,3,4,4] = softmax "softmax" (add.out) axis=3
        transpose_2.out: f32[1,4,3,4] = transpose "transpose_2" (softmax.out) perm=[0,3,1,2]
        return transpose_2.out
      }
      =>
      (a: f32[1,2,3,4], b: f32[1,2,3,4]) {
        mul.out: f32[1,2,3,4] = mul "mul" (a, c=f32[1,2,1,4]{-0.5225787, -0.8891088, -0.8086521, -0.1140134, -0.8361228, 0.5424038, 0.8754338, 0.2587115})
        relu.out: f32[1,2,3,4] = relu "relu" (mul.out)
        mul_1.out: f32[1,2,3,4] = mul "mul_1" (b, c_1=f32[1,2,1,4]{-0.5225787, -0.8891088, -0.8086521, -0.1140134, -0.8361228, 0.5424038, 0.8754338, 0.2587115})
        relu_1.out: f32[1,2,3,4] = relu "relu_1" (mul_1.out)
        concat.out: f32[1,4,3,4] = concat "concat" (relu.out, relu_1.out) axis=1
        add.out: f32[1,4,3,4] = add "add" (concat.out, c_2=f32[1,4,1,1]{0.5, 0.5, 0.5, 0.5})
        transpose_2.out: f32[1,4,3,4] = softmax "softmax" (add.out) axis=1
        return transpose_2.out
      }"
    `);
    expectSame(before, after);
  });

  it("stays where nothing is gained", () => {
    const s = new Sketch();
    const sum = s.one(ops.add, {}, [s.x([2, 3], "a"), s.x([2, 3], "b")]);
    const before = s.build([s.one(ops.transpose, { perm: [1, 0] }, [sum])]);
    expect(mergeTransposesPass.run(before)).toBe(before);
  });
});
