import { describe, expect, it } from "vitest";
import type { Program, Value } from "../../ir/program.ts";
import * as ops from "../../ops/index.ts";
import { eliminateCommonSubexpressionsPass } from "../eliminate-common-subexpressions.ts";
import { runPasses } from "../pass.ts";
import { beforeAndAfter, expectSame, Sketch } from "../testing/programs.ts";
import { recomposePass } from "./index.ts";

type Build = (s: Sketch, x: Value) => Value;

function recomposed(build: Build, shape: readonly number[] = [2, 3, 8]): { before: Program; after: Program } {
  const s = new Sketch();
  const before = s.build([build(s, s.x(shape))]);
  const after = runPasses(before, [eliminateCommonSubexpressionsPass, recomposePass]);
  expectSame(before, after);
  return { before, after };
}

const names = ({ nodes }: Program): string[] => nodes.map(({ op }) => op.name);
const n = (s: Sketch, value: number): Value => s.c([], value);
const mul = (s: Sketch, a: Value, b: Value): Value => s.one(ops.mul, {}, [a, b]);
const add = (s: Sketch, a: Value, b: Value): Value => s.one(ops.add, {}, [a, b]);
const div = (s: Sketch, a: Value, b: Value): Value => s.one(ops.div, {}, [a, b]);
const pow = (s: Sketch, a: Value, b: number): Value => s.one(ops.pow, {}, [a, n(s, b)]);

describe("recompose activations", () => {
  it("gelu by erf, in three orders", () => {
    const gate: Build = (s, x) => add(s, s.one(ops.erf, {}, [div(s, x, n(s, Math.SQRT2))]), n(s, 1));
    const { before, after } = recomposed((s, x) => mul(s, mul(s, x, gate(s, x)), n(s, 0.5)));
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[2,3,8]) {
        div.out: f32[2,3,8] = div "div" (x, c=f32[]{1.414214})
        erf.out: f32[2,3,8] = erf "erf" (div.out)
        add.out: f32[2,3,8] = add "add" (erf.out, c_1=f32[]{1})
        mul.out: f32[2,3,8] = mul "mul" (x, add.out)
        mul_1.out: f32[2,3,8] = mul "mul_1" (mul.out, c_2=f32[]{0.5})
        return mul_1.out
      }
      =>
      (x: f32[2,3,8]) {
        mul_1.out: f32[2,3,8] = gelu "mul_1" (x) approximate=none
        return mul_1.out
      }"
    `);
    expect(names(recomposed((s, x) => mul(s, mul(s, n(s, 0.5), x), gate(s, x))).after)).toEqual(["gelu"]);
    expect(names(recomposed((s, x) => mul(s, x, mul(s, n(s, 0.5), gate(s, x)))).after)).toEqual(["gelu"]);
  });

  it("gelu by tanh, with the cube written as a power, a product, or a square", () => {
    const outer = (s: Sketch, x: Value, inner: Value): Value => {
      const gate = add(s, n(s, 1), s.one(ops.tanh, {}, [mul(s, inner, n(s, Math.sqrt(2 / Math.PI)))]));
      return mul(s, mul(s, x, n(s, 0.5)), gate);
    };
    const power: Build = (s, x) => outer(s, x, add(s, x, mul(s, n(s, 0.044715), pow(s, x, 3))));
    const product: Build = (s, x) => outer(s, x, add(s, x, mul(s, mul(s, mul(s, x, x), x), n(s, 0.044715))));
    const square: Build = (s, x) =>
      outer(s, x, mul(s, x, add(s, n(s, 1), mul(s, n(s, 0.044715), mul(s, x, x)))));
    for (const build of [power, product, square]) {
      const { after } = recomposed(build);
      expect(names(after)).toEqual(["gelu"]);
      expect(after.nodes[0]!.attrs).toEqual({ approximate: "tanh" });
    }
  });

  it("swish, with and without a slope, and sigmoid written out", () => {
    expect(names(recomposed((s, x) => mul(s, x, s.one(ops.sigmoid, {}, [x]))).after)).toEqual(["swish"]);
    const quick = recomposed((s, x) => mul(s, s.one(ops.sigmoid, {}, [mul(s, x, n(s, 1.702))]), x)).after;
    expect(names(quick)).toEqual(["swish"]);
    const written: Build = (s, x) => add(s, n(s, 1), s.one(ops.exp, {}, [s.one(ops.neg, {}, [x])]));
    expect(names(recomposed((s, x) => div(s, n(s, 1), written(s, x))).after)).toEqual(["sigmoid"]);
    expect(names(recomposed((s, x) => div(s, x, written(s, x))).after)).toEqual(["swish"]);
  });

  it("hardSigmoid and hardSwish, with the division anywhere", () => {
    const relu6: Build = (s, x) => s.one(ops.clip, { min: 0, max: 6 }, [add(s, x, n(s, 3))]);
    expect(names(recomposed((s, x) => div(s, relu6(s, x), n(s, 6))).after)).toEqual(["hardSigmoid"]);
    const forms: readonly Build[] = [
      (s, x) => div(s, mul(s, x, relu6(s, x)), n(s, 6)),
      (s, x) => mul(s, x, div(s, relu6(s, x), n(s, 6))),
      (s, x) => mul(s, s.one(ops.hardSigmoid, { alpha: 1 / 6, beta: 0.5 }, [x]), x),
    ];
    for (const form of forms) expect(names(recomposed(form).after)).toEqual(["hardSwish"]);
    const other: Build = (s, x) => mul(s, s.one(ops.hardSigmoid, { alpha: 0.2, beta: 0.5 }, [x]), x);
    expect(names(recomposed(other).after)).toEqual(["hardSigmoid", "mul"]);
  });

  it("softplus, mish, and prelu of one slope", () => {
    const softplus: Build = (s, x) => s.one(ops.log, {}, [add(s, s.one(ops.exp, {}, [x]), n(s, 1))]);
    expect(names(recomposed(softplus).after)).toEqual(["softplus"]);
    const mish: Build = (s, x) => mul(s, x, s.one(ops.tanh, {}, [softplus(s, x)]));
    expect(names(recomposed(mish).after)).toEqual(["mish"]);
    expect(names(recomposed((s, x) => s.one(ops.prelu, {}, [x, s.c([1], 0.25)])).after)).toEqual([
      "leakyRelu",
    ]);
  });

  it("clips from min and max, and clips of clips", () => {
    const { before, after } = recomposed((s, x) => {
      const low = s.one(ops.max, {}, [x, n(s, 0)]);
      return s.one(ops.min, {}, [n(s, 6), low]);
    });
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[2,3,8]) {
        max.out: f32[2,3,8] = max "max" (x, c=f32[]{0})
        min.out: f32[2,3,8] = min "min" (c_1=f32[]{6}, max.out)
        return min.out
      }
      =>
      (x: f32[2,3,8]) {
        min.out: f32[2,3,8] = clip "min" (x) min=0 max=6
        return min.out
      }"
    `);
    const twice: Build = (s, x) => s.one(ops.clip, { min: 0, max: Infinity }, [s.one(ops.relu, {}, [x])]);
    expect(names(recomposed(twice).after)).toEqual(["relu"]);
  });

  it("leaves a number that raises the rank", () => {
    const s = new Sketch();
    const x = s.x([3]);
    const before = s.build([s.one(ops.max, {}, [x, s.c([1, 1], 0)])]);
    expect(recomposePass.run(before)).toBe(before);
  });
});

describe("recompose norms", () => {
  const mean: Build = (s, x) =>
    s.one(ops.reduceMean, { keepDims: true, noopWithEmptyAxes: false }, [x, s.i(-1)]);

  it("layerNorm from means, with scale and bias", () => {
    const { before, after } = recomposed((s, x) => {
      const centred = s.one(ops.sub, {}, [x, mean(s, x)]);
      const root = s.one(ops.sqrt, {}, [add(s, mean(s, pow(s, centred, 2)), n(s, 1e-5))]);
      return add(s, mul(s, div(s, centred, root), s.c([8])), s.c([8]));
    });
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[2,3,8]) {
        reduceMean.out: f32[2,3,1] = reduceMean "reduceMean" (x, i=i64[1]{-1}) keepDims=true noopWithEmptyAxes=false
        sub.out: f32[2,3,8] = sub "sub" (x, reduceMean.out)
        pow.out: f32[2,3,8] = pow "pow" (sub.out, c=f32[]{2})
        reduceMean_1.out: f32[2,3,1] = reduceMean "reduceMean_1" (pow.out, i_1=i64[1]{-1}) keepDims=true noopWithEmptyAxes=false
        add.out: f32[2,3,1] = add "add" (reduceMean_1.out, c_1=f32[]{0.00001})
        sqrt.out: f32[2,3,1] = sqrt "sqrt" (add.out)
        div.out: f32[2,3,8] = div "div" (sub.out, sqrt.out)
        mul.out: f32[2,3,8] = mul "mul" (div.out, c_2=f32[8]{-0.5662403, -0.649201, -0.7915668, -0.2848558, 0.954219, -0.08961727, 0.2965658, -0.3574899})
        add_1.out: f32[2,3,8] = add "add_1" (mul.out, c_3=f32[8]{-0.5662403, -0.649201, -0.7915668, -0.2848558, 0.954219, -0.08961727, 0.2965658, -0.3574899})
        return add_1.out
      }
      =>
      (x: f32[2,3,8]) {
        add_1.out: f32[2,3,8] = layerNorm "div" (x, c_2=f32[8]{-0.5662403, -0.649201, -0.7915668, -0.2848558, 0.954219, -0.08961727, 0.2965658, -0.3574899}, c_3=f32[8]{-0.5662403, -0.649201, -0.7915668, -0.2848558, 0.954219, -0.08961727, 0.2965658, -0.3574899}) axis=2 epsilon=0.00001
        return add_1.out
      }"
    `);
  });

  it("rmsNorm by a reciprocal", () => {
    const { before, after } = recomposed((s, x) => {
      const root = s.one(ops.sqrt, {}, [add(s, mean(s, mul(s, x, x)), n(s, 1e-6))]);
      return mul(s, s.c([8]), mul(s, x, s.one(ops.reciprocal, {}, [root])));
    });
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[2,3,8]) {
        mul.out: f32[2,3,8] = mul "mul" (x, x)
        reduceMean.out: f32[2,3,1] = reduceMean "reduceMean" (mul.out, i=i64[1]{-1}) keepDims=true noopWithEmptyAxes=false
        add.out: f32[2,3,1] = add "add" (reduceMean.out, c=f32[]{0.000001})
        sqrt.out: f32[2,3,1] = sqrt "sqrt" (add.out)
        reciprocal.out: f32[2,3,1] = reciprocal "reciprocal" (sqrt.out)
        mul_1.out: f32[2,3,8] = mul "mul_1" (x, reciprocal.out)
        mul_2.out: f32[2,3,8] = mul "mul_2" (c_1=f32[8]{-0.5662403, -0.649201, -0.7915668, -0.2848558, 0.954219, -0.08961727, 0.2965658, -0.3574899}, mul_1.out)
        return mul_2.out
      }
      =>
      (x: f32[2,3,8]) {
        mul_2.out: f32[2,3,8] = rmsNorm "mul_1" (x, c_1=f32[8]{-0.5662403, -0.649201, -0.7915668, -0.2848558, 0.954219, -0.08961727, 0.2965658, -0.3574899}) axis=2 epsilon=0.000001
        return mul_2.out
      }"
    `);
  });

  it("leaves means over other axes", () => {
    const { after } = recomposed((s, x) => {
      const over = (v: Value): Value =>
        s.one(ops.reduceMean, { keepDims: true, noopWithEmptyAxes: false }, [v, s.i(1)]);
      const root = s.one(ops.sqrt, {}, [add(s, over(mul(s, x, x)), n(s, 1e-6))]);
      return div(s, x, root);
    });
    expect(names(after)).toContain("reduceMean");
  });
});
