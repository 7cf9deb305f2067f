import { describe, expect, it } from "vitest";
import { CoracleError, ProgramError } from "../errors.ts";
import { constantsOf, type Value } from "../ir/program.ts";
import { verify } from "../ir/verify.ts";
import * as ops from "../ops/index.ts";
import { optimize } from "./pipeline.ts";
import { plainConv } from "./testing/attrs.ts";
import { beforeAndAfter, expectSame, Sketch } from "./testing/programs.ts";

describe("optimize", () => {
  it("takes a block as exporters write it down to its layers", () => {
    const s = new Sketch();
    const x = s.x(["n", 3, 6, 6]);
    const y = s.one(ops.conv, plainConv, [x, s.c([4, 3, 3, 3])]);
    const variance = s.c([4], [1, 2, 3, 4]);
    const norm = s.one(ops.batchNorm, { epsilon: 1e-5 }, [y, s.c([4]), s.c([4]), s.c([4]), variance]);
    const gate = s.one(ops.clip, { min: 0, max: 6 }, [s.one(ops.add, {}, [norm, s.c([], 3)])]);
    const active = s.one(ops.div, {}, [s.one(ops.mul, {}, [norm, gate]), s.c([], 6)]);
    const last = s.one(ops.transpose, { perm: [0, 2, 3, 1] }, [active]);
    const first = s.one(ops.transpose, { perm: [0, 3, 1, 2] }, [s.one(ops.exp, {}, [last])]);
    const rows = s.one(ops.shapeOf, { start: 0, end: 1 }, [first]);
    const target = s.one(ops.concat, { axis: 0 }, [rows, s.i(64)]);
    const flat = s.one(ops.reshape, { allowZero: false }, [first, target]);
    const before = s.build([s.one(ops.identity, {}, [flat], { outputs: ["probabilities"] })]);
    const after = optimize(before);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[n,3,6,6]) {
        conv.out: f32[n,4,4,4] = conv "conv" (x, c=f32[4,3,3,3]) strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=1 autoPad=none
        batchNorm.out: f32[n,4,4,4] = batchNorm "batchNorm" (conv.out, c_2=f32[4]{-0.7408867, 0.09848643, -0.4013986, 0.406106}, c_3=f32[4]{-0.7408867, 0.09848643, -0.4013986, 0.406106}, c_4=f32[4]{-0.7408867, 0.09848643, -0.4013986, 0.406106}, c_1=f32[4]{1, 2, 3, 4}) epsilon=0.00001
        add.out: f32[n,4,4,4] = add "add" (batchNorm.out, c_5=f32[]{3})
        clip.out: f32[n,4,4,4] = clip "clip" (add.out) min=0 max=6
        mul.out: f32[n,4,4,4] = mul "mul" (batchNorm.out, clip.out)
        div.out: f32[n,4,4,4] = div "div" (mul.out, c_6=f32[]{6})
        transpose.out: f32[n,4,4,4] = transpose "transpose" (div.out) perm=[0,2,3,1]
        exp.out: f32[n,4,4,4] = exp "exp" (transpose.out)
        transpose_1.out: f32[n,4,4,4] = transpose "transpose_1" (exp.out) perm=[0,3,1,2]
        shape.out: i64[1] = shape "shape" (transpose_1.out) start=0 end=1
        concat.out: i64[2] = concat "concat" (shape.out, i=i64[1]{64}) axis=0
        reshape.out: f32[reshape.0,reshape.1] = reshape "reshape" (transpose_1.out, concat.out) allowZero=false
        probabilities: f32[reshape.0,reshape.1] = identity "identity" (reshape.out)
        return probabilities
      }
      =>
      (x: f32[n,3,6,6]) {
        batchNorm.out: f32[n,4,4,4] = conv "conv" (x, c=f32[4,3,3,3], conv.bias=f32[4]{-1.289797, 0.09162781, -0.4944216, 0.3236451}) strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=1 autoPad=none
        div.out: f32[n,4,4,4] = hardSwish "div" (batchNorm.out)
        transpose_1.out: f32[n,4,4,4] = exp "exp" (div.out)
        shape.out: i64[1] = shape "shape" (transpose_1.out) start=0 end=1
        concat.out: i64[2] = concat "concat" (shape.out, i=i64[1]{64}) axis=0
        probabilities: f32[reshape.0,reshape.1] = reshape "reshape" (transpose_1.out, concat.out) allowZero=false
        return probabilities
      }"
    `);
    expectSame(before, after, { n: 2 });
    expect(optimize(after)).toBe(after);
  });

  it("refuses a broken program before any pass", () => {
    const s = new Sketch();
    const program = s.build([s.one(ops.relu, {}, [s.x([2])])]);
    expect(() => optimize({ ...program, nodes: [] })).toThrow(ProgramError);
  });

  it("bounds the memory that folding takes, however often a small program asks", () => {
    const s = new Sketch();
    const parts = Array.from({ length: 100 }, (_, i) =>
      s.one(ops.reduceMax, { keepDims: false, noopWithEmptyAxes: false }, [
        s.one(ops.mul, {}, [s.one(ops.expand, {}, [s.c([1], i), s.i(2048, 2000)]), s.x([1], `x${i}`)]),
      ]),
    );
    const after = optimize(s.build(parts));
    verify(after);
    const bytes = [...constantsOf(after)].reduce((total, { data }) => total + data!.data.byteLength, 0);
    expect(bytes).toBeLessThan(600 * 2 ** 20);
  });

  it("is done soon with long chains", () => {
    const s = new Sketch();
    const build: readonly ((v: Value) => Value)[] = [
      (v) => s.one(ops.neg, {}, [v]),
      (v) => s.one(ops.mul, {}, [v, s.c([], 0.5)]),
      (v) => s.one(ops.transpose, { perm: [1, 0] }, [v]),
      (v) => s.one(ops.unsqueeze, {}, [s.one(ops.squeeze, {}, [v, s.i(0)]), s.i(0)]),
    ];
    for (const step of build) {
      let v = s.x([1, 2], `x${build.indexOf(step)}`);
      for (let i = 0; i < 3000; i++) v = step(v);
      const start = performance.now();
      const after = optimize(s.build([v]));
      expect(performance.now() - start).toBeLessThan(20_000);
      verify(after);
    }
  });

  it("throws nothing but CoracleErrors on programs put together at random", () => {
    let state = 1;
    const next = (n: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    for (let round = 0; round < 150; round++) {
      const s = new Sketch();
      const values: Value[] = [s.x([2, 3, 4]), s.c([4]), s.c([3, 1]), s.c([], 0), s.c([1, 1, 1], 1)];
      const pick = (): Value => values[next(values.length)]!;
      const makers: readonly (() => Value)[] = [
        () => s.one(ops.add, {}, [pick(), pick()]),
        () => s.one(ops.mul, {}, [pick(), pick()]),
        () => s.one(ops.div, {}, [pick(), pick()]),
        () => s.one(ops.max, {}, [pick(), pick()]),
        () => s.one(ops.relu, {}, [pick()]),
        () => s.one(ops.sigmoid, {}, [pick()]),
        () => s.one(ops.clip, { min: 0, max: 6 }, [pick()]),
        () => s.one(ops.transpose, { perm: [2, 0, 1] }, [pick()]),
        () => s.one(ops.transpose, { perm: [1, 2, 0] }, [pick()]),
        () => s.one(ops.reshape, { allowZero: false }, [pick(), s.i(-1, 4)]),
        () => s.one(ops.reshape, { allowZero: false }, [pick(), s.i(2, 3, 4)]),
        () => s.one(ops.unsqueeze, {}, [pick(), s.i(0)]),
        () => s.one(ops.squeeze, {}, [pick()]),
        () => s.one(ops.concat, { axis: 0 }, [pick(), pick()]),
        () => s.one(ops.softmax, { axis: -1 }, [pick()]),
        () => s.one(ops.identity, {}, [pick()]),
      ];
      for (let i = 0; i < 25; i++) {
        try {
          values.push(makers[next(makers.length)]!());
        } catch (error) {
          expect(CoracleError.isInstance(error)).toBe(true);
        }
      }
      const computed = values.slice(5);
      const before = s.build([...new Set([computed.at(-1)!, computed[next(computed.length)]!])]);
      expectSame(before, optimize(before));
    }
  });
});
