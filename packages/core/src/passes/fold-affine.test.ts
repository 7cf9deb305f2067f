import { describe, expect, it } from "vitest";
import type { Value } from "../ir/program.ts";
import * as ops from "../ops/index.ts";
import { foldAffinePass } from "./fold-affine.ts";
import { foldBatchNormPass } from "./fold-batch-norm.ts";
import { plainConv, plainConvTranspose } from "./testing/attrs.ts";
import { beforeAndAfter, expectSame, Sketch } from "./testing/programs.ts";

function norm(s: Sketch, x: Value, channels: number): Value {
  const variance = s.c(
    [channels],
    Array.from({ length: channels }, (_, i) => 0.5 + i),
  );
  const inputs = [x, s.c([channels]), s.c([channels]), s.c([channels]), variance];
  return s.one(ops.batchNorm, { epsilon: 1e-3 }, inputs);
}

describe("fold-batch-norm", () => {
  it("goes into a convolution's weights and bias", () => {
    const s = new Sketch();
    const y = s.one(ops.conv, { ...plainConv, groups: 2 }, [s.x([2, 4, 5, 5]), s.c([6, 2, 3, 3])]);
    const before = s.build([norm(s, y, 6)]);
    const after = foldBatchNormPass.run(before);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[2,4,5,5]) {
        conv.out: f32[2,6,3,3] = conv "conv" (x, c=f32[6,2,3,3]) strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=2 autoPad=none
        batchNorm.out: f32[2,6,3,3] = batchNorm "batchNorm" (conv.out, c_2=f32[6]{-0.6535635, -0.2753573, -0.5964828, 0.06062511, 0.4799612, -0.01971935}, c_3=f32[6]{-0.6535635, -0.2753573, -0.5964828, 0.06062511, 0.4799612, -0.01971935}, c_4=f32[6]{-0.6535635, -0.2753573, -0.5964828, 0.06062511, 0.4799612, -0.01971935}, c_1=f32[6]{0.5, 1.5, 2.5, 3.5, 4.5, 5.5}) epsilon=0.001
        return batchNorm.out
      }
      =>
      (x: f32[2,4,5,5]) {
        batchNorm.out: f32[2,6,3,3] = conv "conv" (x, c=f32[6,2,3,3], conv.bias=f32[6]{-1.257035, -0.3372447, -0.8214602, 0.0586608, 0.3713793, -0.01988514}) strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=2 autoPad=none
        return batchNorm.out
      }"
    `);
    expectSame(before, after);
  });

  it("keeps a bias that was there", () => {
    const s = new Sketch();
    const y = s.one(ops.conv, plainConv, [s.x(["n", 3, 5, 5]), s.c([4, 3, 1, 1]), s.c([4])]);
    const before = s.build([norm(s, y, 4)]);
    const after = foldBatchNormPass.run(before);
    expect(after.nodes).toHaveLength(1);
    expectSame(before, after);
  });

  it("goes into a grouped transposed convolution", () => {
    const s = new Sketch();
    const attrs = { ...plainConvTranspose, groups: 2, strides: [2, 2] };
    const y = s.one(ops.convTranspose, attrs, [s.x([1, 4, 3, 3]), s.c([4, 3, 2, 2])]);
    const before = s.build([norm(s, y, 6)]);
    const after = foldBatchNormPass.run(before);
    expect(after.nodes).toHaveLength(1);
    expectSame(before, after);
  });

  it("goes into a matMul, with the shift added after it", () => {
    const s = new Sketch();
    for (const transB of [false, true]) {
      const weight = s.c(transB ? [5, 4] : [4, 5]);
      const y = s.one(ops.matMul, { transB }, [s.x([3, 4], `x${transB}`), weight]);
      const before = s.build([norm(s, y, 5)]);
      const after = foldBatchNormPass.run(before);
      expect(after.nodes.slice(-2).map(({ op }) => op.name)).toEqual(["matMul", "add"]);
      expectSame(before, after);
    }
  });

  it("waits when someone else reads the convolution, or nothing precedes", () => {
    const s = new Sketch();
    const x = s.x([1, 3, 5, 5]);
    const y = s.one(ops.conv, plainConv, [x, s.c([4, 3, 1, 1])]);
    const before = s.build([norm(s, y, 4), y, norm(s, x, 3)]);
    expect(foldBatchNormPass.run(before)).toBe(before);
  });
});

describe("fold-affine", () => {
  it("takes a chain of multiplications, additions and subtractions", () => {
    const s = new Sketch();
    const y = s.one(ops.conv, plainConv, [s.x([1, 3, 4, 4]), s.c([2, 3, 3, 3])]);
    const scaled = s.one(ops.mul, {}, [s.c([2, 1, 1]), y]);
    const shifted = s.one(ops.add, {}, [scaled, s.c([1, 2, 1, 1])]);
    const before = s.build([s.one(ops.sub, {}, [s.c([], 3), shifted])]);
    let after = foldAffinePass.run(before);
    for (let i = 0; i < 2; i++) after = foldAffinePass.run(after);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[1,3,4,4]) {
        conv.out: f32[1,2,2,2] = conv "conv" (x, c=f32[2,3,3,3]) strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=1 autoPad=none
        mul.out: f32[1,2,2,2] = mul "mul" (c_1=f32[2,1,1]{-0.7408867, 0.09848643}, conv.out)
        add.out: f32[1,2,2,2] = add "add" (mul.out, c_2=f32[1,2,1,1]{-0.6972251, -0.08843542})
        sub.out: f32[1,2,2,2] = sub "sub" (c_3=f32[]{3}, add.out)
        return sub.out
      }
      =>
      (x: f32[1,3,4,4]) {
        sub.out: f32[1,2,2,2] = conv "conv" (x, c=f32[2,3,3,3], conv.bias=f32[2]{3.697225, 3.088435}) strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=1 autoPad=none
        return sub.out
      }"
    `);
    expectSame(before, after);
  });

  it("scales a matMul behind its bias addition", () => {
    const s = new Sketch();
    const y = s.one(ops.matMul, {}, [s.x(["n", 7, 4]), s.c([4, 5])]);
    const biased = s.one(ops.add, {}, [y, s.c([5])]);
    const before = s.build([s.one(ops.mul, {}, [biased, s.c([1], 0.125)])]);
    const after = foldAffinePass.run(before);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[n,7,4]) {
        matMul.out: f32[n,7,5] = matMul "matMul" (x, c=f32[4,5])
        add.out: f32[n,7,5] = add "add" (matMul.out, c_1=f32[5]{-0.6972251, -0.08843542, -0.4989407, -0.7666345, 0.2428324})
        mul.out: f32[n,7,5] = mul "mul" (add.out, c_2=f32[1]{0.125})
        return mul.out
      }
      =>
      (x: f32[n,7,4]) {
        matMul.out: f32[n,7,5] = matMul "matMul" (x, c=f32[4,5])
        mul.out: f32[n,7,5] = add "matMul.shift" (matMul.out, matMul.bias=f32[5]{-0.08715314, -0.01105443, -0.06236758, -0.09582931, 0.03035405})
        return mul.out
      }"
    `);
    expectSame(before, after);
    expect(foldAffinePass.run(after)).toBe(after);
  });

  it("leaves what varies over pixels, enlarges, or follows an activation", () => {
    const s = new Sketch();
    const conv = (attrs = plainConv): Value =>
      s.one(ops.conv, attrs, [s.x([1, 3, 4, 4], "x"), s.c([2, 3, 1, 1])]);
    const pixels = s.one(ops.mul, {}, [conv(), s.c([1, 1, 4, 4])]);
    const larger = s.one(ops.mul, {}, [conv(), s.c([1, 1, 2, 1, 1])]);
    const batch = s.one(ops.mul, {}, [conv(), s.c([3, 1, 1, 1])]);
    const active = s.one(ops.mul, {}, [conv({ ...plainConv, activation: { kind: "relu" } }), s.c([1])]);
    const before = s.build([pixels, larger, batch, active]);
    expect(foldAffinePass.run(before)).toBe(before);
  });
});

describe("affine into the next convolution", () => {
  const scaleAndShift = (s: Sketch, x: Value, shape: readonly number[]): Value =>
    s.one(ops.add, {}, [s.one(ops.mul, {}, [s.one(ops.relu, {}, [x]), s.c(shape)]), s.c(shape)]);

  it("moves scale and shift where nothing is padded", () => {
    const s = new Sketch();
    const x = scaleAndShift(s, s.x([1, 4, 4, 4]), [4, 1, 1]);
    const attrs = { ...plainConv, groups: 2 };
    const before = s.build([s.one(ops.conv, attrs, [x, s.c([6, 2, 2, 2]), s.c([6])])]);
    const after = foldAffinePass.run(before);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[1,4,4,4]) {
        relu.out: f32[1,4,4,4] = relu "relu" (x)
        mul.out: f32[1,4,4,4] = mul "mul" (relu.out, c=f32[4,1,1]{-0.6535635, -0.2753573, -0.5964828, 0.06062511})
        add.out: f32[1,4,4,4] = add "add" (mul.out, c_1=f32[4,1,1]{-0.6535635, -0.2753573, -0.5964828, 0.06062511})
        conv.out: f32[1,6,3,3] = conv "conv" (add.out, c_2=f32[6,2,2,2], c_3=f32[6]{-0.6535635, -0.2753573, -0.5964828, 0.06062511, 0.4799612, -0.01971935}) strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=2 autoPad=none
        return conv.out
      }
      =>
      (x: f32[1,4,4,4]) {
        relu.out: f32[1,4,4,4] = relu "relu" (x)
        conv.out: f32[1,6,3,3] = conv "conv" (relu.out, c_2=f32[6,2,2,2], c_3=f32[6]{1.537587, -1.568774, 0.7843819, -0.1285536, 0.7006467, 0.3290363}) strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=2 autoPad=none
        return conv.out
      }"
    `);
    expectSame(before, after);
  });

  it("moves the scale only where zeros are padded, once", () => {
    const s = new Sketch();
    for (const shape of [[1], [4, 1, 1]]) {
      const x = scaleAndShift(s, s.x([1, 4, 4, 4], `x${shape.length}`), shape);
      const attrs = { ...plainConv, groups: 4, pads: [1, 1, 1, 1] };
      const before = s.build([s.one(ops.conv, attrs, [x, s.c([4, 1, 3, 3])])]);
      const after = foldAffinePass.run(before);
      expect(after.nodes.slice(-3).map(({ op }) => op.name)).toEqual(["relu", "add", "conv"]);
      expectSame(before, after);
      expect(foldAffinePass.run(after)).toBe(after);
    }
  });

  it("moves a division, and leaves scales of 0 with a shift", () => {
    const s = new Sketch();
    const attrs = { ...plainConv, pads: [1, 1, 1, 1] };
    const divided = s.one(ops.div, {}, [s.x([1, 2, 4, 4], "a"), s.c([], 128)]);
    const before = s.build([s.one(ops.conv, attrs, [divided, s.c([2, 2, 3, 3])])]);
    const after = foldAffinePass.run(before);
    expect(after.nodes).toHaveLength(1);
    expectSame(before, after);
    const zero = s.one(ops.mul, {}, [s.x([1, 2, 4, 4], "b"), s.c([2, 1, 1], [0, 1])]);
    const shifted = s.one(ops.add, {}, [zero, s.c([1], 1)]);
    const kept = s.build([s.one(ops.conv, attrs, [shifted, s.c([2, 2, 3, 3])])]);
    expectSame(kept, foldAffinePass.run(kept));
  });
});
