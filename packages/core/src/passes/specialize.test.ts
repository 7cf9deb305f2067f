import { describe, expect, it } from "vitest";
import { DataError } from "../errors.ts";
import type { Program, Value } from "../ir/program.ts";
import { verify } from "../ir/verify.ts";
import * as ops from "../ops/index.ts";
import { isFullyStatic, specialize } from "./specialize.ts";
import { plainConv } from "./testing/attrs.ts";
import { beforeAndAfter, expectSame, Sketch } from "./testing/programs.ts";

const whole = { start: 0, end: 2 ** 31 - 1 };

function dynamic(): Program {
  const s = new Sketch();
  const x = s.x(["n", 3, "h", "w"]);
  const y = s.one(ops.conv, { ...plainConv, strides: [2, 2] }, [x, s.c([4, 3, 3, 3])]);
  const size = s.one(ops.gather, { axis: 0 }, [s.one(ops.shapeOf, whole, [y]), s.i(0)]);
  const target = s.one(ops.concat, { axis: 0 }, [size, s.i(-1)]);
  const flat = s.one(ops.reshape, { allowZero: false }, [y, target]);
  const sizes = s.one(ops.shapeOf, whole, [flat]);
  return s.build([s.one(ops.expand, {}, [s.one(ops.relu, {}, [flat]), sizes])]);
}

describe("specialize", () => {
  it("makes every shape a number and drops the shape arithmetic", () => {
    const before = dynamic();
    expect(isFullyStatic(before)).toBe(false);
    const after = specialize(before, { x: [2, 3, 9, 7] });
    expect(isFullyStatic(after)).toBe(true);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[n,3,h,w]) {
        conv.out: f32[n,4,floor((h-1)/2),floor((w-1)/2)] = conv "conv" (x, c=f32[4,3,3,3]) strides=[2,2] pads=[0,0,0,0] dilations=[1,1] groups=1 autoPad=none
        shape.out: i64[4] = shape "shape" (conv.out) start=0 end=2147483647
        gather.out: i64[1] = gather "gather" (shape.out, i=i64[1]{0}) axis=0
        concat.out: i64[2] = concat "concat" (gather.out, i_1=i64[1]{-1}) axis=0
        reshape.out: f32[reshape.0,reshape.1] = reshape "reshape" (conv.out, concat.out) allowZero=false
        shape_1.out: i64[2] = shape "shape_1" (reshape.out) start=0 end=2147483647
        relu.out: f32[reshape.0,reshape.1] = relu "relu" (reshape.out)
        expand.out: f32[expand.0,expand.1] = expand "expand" (relu.out, shape_1.out)
        return expand.out
      }
      =>
      (x: f32[2,3,9,7]) {
        conv.out: f32[2,4,4,3] = conv "conv" (x, c=f32[4,3,3,3]) strides=[2,2] pads=[0,0,0,0] dilations=[1,1] groups=1 autoPad=none
        reshape.out: f32[2,48] = reshape "reshape" (conv.out, reshape.shape=i64[2]{2, 48}) allowZero=false
        expand.out: f32[2,48] = relu "relu" (reshape.out)
        return expand.out
      }"
    `);
    const weight = (program: Program): unknown => program.nodes[0]!.inputs[1]!.data;
    expect(weight(after)).toBe(weight(before));
  });

  it("gives the numbers that the general program gives", () => {
    const before = dynamic();
    const after = specialize(before, { x: [2, 3, 9, 7] });
    expectSame(before, after, { n: 2, h: 9, w: 7 });
  });

  it("leaves open what the data decides", () => {
    const s = new Sketch();
    const before = s.build([s.one(ops.nonZero, {}, [s.x(["n"])])]);
    const after = specialize(before, { x: [4] });
    verify(after);
    expect(isFullyStatic(after)).toBe(false);
  });

  it("returns the same program when everything is known already", () => {
    const s = new Sketch();
    const program = s.build([s.one(ops.relu, {}, [s.x([2])])]);
    expect(specialize(program, {})).toBe(program);
    expect(specialize(program, { x: [2] })).toBe(program);
  });

  it("says which input does not fit", () => {
    const s = new Sketch();
    const sum = s.one(ops.add, {}, [s.x(["n", 3], "a"), s.x(["n", 3], "b")]);
    const program = s.build([sum]);
    const problem = (shapes: Readonly<Record<string, readonly number[]>>): string => {
      try {
        specialize(program, shapes);
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
        return (error as Error).message;
      }
      return "nothing";
    };
    expect(problem({ a: [2, 4], b: [2, 3] })).toMatchInlineSnapshot(
      `"input "a": shape [2,4]; expected [n,3]. Feed a tensor of that shape."`,
    );
    expect(problem({ a: [2, 3, 1], b: [2, 3] })).toMatchInlineSnapshot(
      `"input "a": shape [2,3,1]; expected [n,3]. Feed a tensor of that shape."`,
    );
    expect(problem({ a: [2, 3], b: [5, 3] })).toMatchInlineSnapshot(
      `"input "b": shape [5,3] makes n 5; expected 2 as input "a" makes it (declared [n,3])."`,
    );
    expect(problem({ a: [2, 3] })).toMatchInlineSnapshot(
      `"input "b": no shape given; expected one for [n,3]."`,
    );
    expect(problem({ a: [2, 3], b: [2, 3], c: [1] })).toMatchInlineSnapshot(
      `"input "c": not an input of the program; expected one of "a", "b"."`,
    );
    expect(problem({ a: [-1, 3], b: [-1, 3] })).toMatchInlineSnapshot(
      `"input "a": shape [-1,3]; expected [n,3]. Feed a tensor of that shape."`,
    );
    expect(problem({ a: [1.5, 3], b: [1.5, 3] })).toMatchInlineSnapshot(
      `"input "a": shape [1.5,3]; expected [n,3]. Feed a tensor of that shape."`,
    );
    expect(problem({ a: [2, 3], b: [2, 3] })).toBe("nothing");
  });

  it("takes a thousand nodes in tens of milliseconds", () => {
    const s = new Sketch();
    let v: Value = s.x(["n", 8, "h", "w"]);
    const weight = s.c([8, 8, 1, 1]);
    for (let i = 0; i < 250; i++) {
      v = s.one(ops.relu, {}, [s.one(ops.conv, plainConv, [v, weight])]);
      v = s.one(ops.add, {}, [v, s.one(ops.sigmoid, {}, [v])]);
    }
    const program = s.build([v]);
    const times = [4, 5, 6, 7, 8].map((h) => {
      const start = performance.now();
      expect(isFullyStatic(specialize(program, { x: [1, 8, h, 4] }))).toBe(true);
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(60);
  });
});
