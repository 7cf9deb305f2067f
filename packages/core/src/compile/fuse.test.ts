import { describe, expect, it } from "vitest";
import type { Node, Value } from "../ir/program.ts";
import * as ops from "../ops/index.ts";
import { plainConv, plainConvTranspose } from "../passes/testing/attrs.ts";
import { beforeAndAfter, expectSame, Sketch } from "../passes/testing/programs.ts";
import { fuse } from "./fuse.ts";

const always = (): boolean => true;
const names = (nodes: readonly Node[]): string[] => nodes.map(({ op }) => op.name);

function conv(s: Sketch, x: Value, hasBias = true): Value {
  return s.one(ops.conv, plainConv, [x, s.c([3, 3, 1, 1]), ...(hasBias ? [s.c([3])] : [])]);
}

describe("fuse", () => {
  it("takes bias, residual and activation into a convolution", () => {
    const s = new Sketch();
    const x = s.x([1, 3, 4, 4]);
    const y = s.one(ops.add, {}, [conv(s, x, false), s.c([1, 3, 1, 1])]);
    const sum = s.one(ops.add, {}, [x, y]);
    const before = s.build([s.one(ops.hardSwish, {}, [sum])]);
    const after = fuse(before, always);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(x: f32[1,3,4,4]) {
        conv.out: f32[1,3,4,4] = conv "conv" (x, c=f32[3,3,1,1]) strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=1 autoPad=none
        add.out: f32[1,3,4,4] = add "add" (conv.out, c_1=f32[1,3,1,1]{-0.6535635, -0.2753573, -0.5964828})
        add_1.out: f32[1,3,4,4] = add "add_1" (x, add.out)
        hardSwish.out: f32[1,3,4,4] = hardSwish "hardSwish" (add_1.out)
        return hardSwish.out
      }
      =>
      (x: f32[1,3,4,4]) {
        hardSwish.out: f32[1,3,4,4] = conv "conv" (x, c=f32[3,3,1,1], c_1=f32[3]{-0.6535635, -0.2753573, -0.5964828}, x) strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=1 autoPad=none activation={kind=hardSwish}
        return hardSwish.out
      }"
    `);
    expectSame(before, after);
  });

  it("gives a residual convolution without bias a bias of zeros, the same for each plan", () => {
    const s = new Sketch();
    const x = s.x([1, 3, 4, 4]);
    const before = s.build([s.one(ops.add, {}, [conv(s, x, false), x])]);
    const after = fuse(before, always);
    expect(names(after.nodes)).toEqual(["conv"]);
    expect(after.nodes[0]!.inputs[2]!.data).toBe(fuse(before, always).nodes[0]!.inputs[2]!.data);
    expectSame(before, after);
  });

  it("keeps the order where the residual is computed after the convolution", () => {
    const s = new Sketch();
    const x = s.x([1, 3, 4, 4]);
    const y = conv(s, x);
    const late = s.one(ops.exp, {}, [s.one(ops.exp, {}, [x])]);
    const before = s.build([s.one(ops.relu, {}, [s.one(ops.add, {}, [y, late])])]);
    const after = fuse(before, always);
    expect(names(after.nodes)).toEqual(["exp", "exp", "conv"]);
    expectSame(before, after);
  });

  it("takes only one of two convolutions that are added", () => {
    const s = new Sketch();
    const x = s.x([1, 3, 4, 4]);
    const before = s.build([s.one(ops.add, {}, [conv(s, x), conv(s, x)])]);
    const after = fuse(before, always);
    expect(names(after.nodes)).toEqual(["conv", "conv"]);
    expectSame(before, after);
  });

  it("takes bias and activation into matMul and transposed convolution", () => {
    const s = new Sketch();
    const product = s.one(ops.matMul, {}, [s.x([2, 5, 4], "a"), s.c([4, 6])]);
    const dense = s.one(ops.gelu, { approximate: "none" }, [s.one(ops.add, {}, [s.c([6]), product])]);
    const up = s.one(ops.convTranspose, plainConvTranspose, [s.x([1, 2, 3, 3], "b"), s.c([2, 4, 2, 2])]);
    const before = s.build([dense, s.one(ops.relu, {}, [s.one(ops.add, {}, [up, s.c([4, 1, 1])])])]);
    const after = fuse(before, always);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(a: f32[2,5,4], b: f32[1,2,3,3]) {
        matMul.out: f32[2,5,6] = matMul "matMul" (a, c=f32[4,6])
        add.out: f32[2,5,6] = add "add" (c_1=f32[6]{-0.6535635, -0.2753573, -0.5964828, 0.06062511, 0.4799612, -0.01971935}, matMul.out)
        gelu.out: f32[2,5,6] = gelu "gelu" (add.out) approximate=none
        convTranspose.out: f32[1,4,4,4] = convTranspose "convTranspose" (b, c_2=f32[2,4,2,2]) strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=1 autoPad=none outputPadding=[0,0]
        add_1.out: f32[1,4,4,4] = add "add_1" (convTranspose.out, c_3=f32[4,1,1]{-0.6535635, -0.2753573, -0.5964828, 0.06062511})
        relu.out: f32[1,4,4,4] = relu "relu" (add_1.out)
        return gelu.out, relu.out
      }
      =>
      (a: f32[2,5,4], b: f32[1,2,3,3]) {
        gelu.out: f32[2,5,6] = matMul "matMul" (a, c=f32[4,6], c_1=f32[6]{-0.6535635, -0.2753573, -0.5964828, 0.06062511, 0.4799612, -0.01971935}) activation={kind=gelu, approximate=none}
        relu.out: f32[1,4,4,4] = convTranspose "convTranspose" (b, c_2=f32[2,4,2,2], c_3=f32[4]{-0.6535635, -0.2753573, -0.5964828, 0.06062511}) strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=1 autoPad=none outputPadding=[0,0] activation={kind=relu}
        return gelu.out, relu.out
      }"
    `);
    expectSame(before, after);
  });

  it("takes an activation into arithmetic, a transpose into matMul and a pad into a convolution", () => {
    const s = new Sketch();
    const a = s.x([2, 3, 4], "a");
    const sum = s.one(ops.relu, {}, [s.one(ops.add, {}, [a, s.x([2, 3, 4], "b")])]);
    const turned = s.one(ops.transpose, { perm: [0, 2, 1] }, [a]);
    const product = s.one(ops.matMul, {}, [sum, turned]);
    const padded = s.one(ops.pad, { mode: "constant" }, [s.x([1, 3, 2, 2]), s.i(1, 1), s.c([], 0), s.i(2)]);
    const before = s.build([product, conv(s, padded)]);
    const after = fuse(before, always);
    expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
      "(a: f32[2,3,4], b: f32[2,3,4], x: f32[1,3,2,2]) {
        add.out: f32[2,3,4] = add "add" (a, b)
        relu.out: f32[2,3,4] = relu "relu" (add.out)
        transpose.out: f32[2,4,3] = transpose "transpose" (a) perm=[0,2,1]
        matMul.out: f32[2,3,3] = matMul "matMul" (relu.out, transpose.out)
        pad.out: f32[1,3,4,2] = pad "pad" (x, i=i64[2]{1, 1}, c=f32[]{0}, i_1=i64[1]{2}) mode=constant
        conv.out: f32[1,3,4,2] = conv "conv" (pad.out, c_1=f32[3,3,1,1], c_2=f32[3]{-0.7845483, 0.2854083, -0.3038566}) strides=[1,1] pads=[0,0,0,0] dilations=[1,1] groups=1 autoPad=none
        return matMul.out, conv.out
      }
      =>
      (a: f32[2,3,4], b: f32[2,3,4], x: f32[1,3,2,2]) {
        relu.out: f32[2,3,4] = add "add" (a, b) activation={kind=relu}
        matMul.out: f32[2,3,3] = matMul "matMul" (relu.out, a) transB=true
        conv.out: f32[1,3,4,2] = conv "conv" (x, c_1=f32[3,3,1,1], c_2=f32[3]{-0.7845483, 0.2854083, -0.3038566}) strides=[1,1] pads=[1,0,1,0] dilations=[1,1] groups=1 autoPad=none
        return matMul.out, conv.out
      }"
    `);
    expectSame(before, after);
  });

  it("fuses nothing that is refused, shared or a program output", () => {
    const s = new Sketch();
    const x = s.x([1, 3, 4, 4]);
    const shared = conv(s, x);
    const output = conv(s, x);
    const before = s.build([
      s.one(ops.relu, {}, [shared]),
      s.one(ops.exp, {}, [shared]),
      s.one(ops.relu, {}, [output]),
      output,
    ]);
    expect(fuse(before, always)).toBe(before);
    const other = s.build([s.one(ops.relu, {}, [conv(s, x)])]);
    expect(fuse(other, () => false)).toBe(other);
  });

  it("shows the joined node to the one who accepts", () => {
    const s = new Sketch();
    const before = s.build([s.one(ops.relu, {}, [conv(s, s.x([1, 3, 4, 4]))])]);
    const seen: unknown[] = [];
    fuse(before, (node) => {
      seen.push([node.op.name, node.attrs, node.outputs[0]!.type.shape]);
      return false;
    });
    expect(seen).toEqual([["conv", { ...plainConv, activation: { kind: "relu" } }, [1, 3, 4, 4]]]);
  });
});
