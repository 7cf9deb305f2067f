import { describe, expect, test } from "vitest";
import { ProgramBuilder } from "../ir/build.ts";
import type { Shape } from "../ir/shape.ts";
import { Tensor, type TensorType } from "../ir/tensor.ts";
import { type ConvAttrs, conv } from "./conv.ts";
import { convTranspose } from "./conv-transpose.ts";

const plain: ConvAttrs = {
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  groups: 1,
  autoPad: "none",
};
const transposed = { ...plain, outputPadding: [0, 0] };
const count = (shape: readonly number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return Tensor.from(
    "f32",
    shape,
    Float32Array.from({ length: size }, (_, i) => i),
  );
};
const ones = (shape: readonly number[]): Tensor =>
  Tensor.from("f32", shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1));
const values = ([y]: readonly Tensor[]): number[] => Array.from(y!.data as Float32Array);
const f32 = (shape: Shape): TensorType => ({ dtype: "f32", shape });

describe("conv", () => {
  test("with padding, as ONNX's own example", () => {
    const y = conv.reference([count([1, 1, 5, 5]), ones([1, 1, 3, 3])], { ...plain, pads: [1, 1, 1, 1] });
    expect(values(y)).toEqual([
      12, 21, 27, 33, 24, 33, 54, 63, 72, 51, 63, 99, 108, 117, 81, 93, 144, 153, 162, 111, 72, 111, 117, 123,
      84,
    ]);
  });

  test("with strides and pads on one side, as ONNX's own example", () => {
    const y = conv.reference([count([1, 1, 7, 5]), ones([1, 1, 3, 3])], {
      ...plain,
      strides: [2, 2],
      pads: [1, 0, 1, 0],
    });
    expect(values(y)).toEqual([21, 33, 99, 117, 189, 207, 171, 183]);
  });

  test("correlates, it does not flip the kernel", () => {
    const y = conv.reference(
      [Tensor.from("f32", [1, 1, 3], [1, 2, 4]), Tensor.from("f32", [1, 1, 2], [10, 1])],
      {
        ...plain,
        strides: [1],
        pads: [0, 0],
        dilations: [1],
      },
    );
    expect(values(y)).toEqual([12, 24]);
  });

  test("groups read their own channels", () => {
    const x = Tensor.from("f32", [1, 2, 1, 1], [3, 5]);
    const w = Tensor.from("f32", [4, 1, 1, 1], [1, 10, 100, 1000]);
    expect(values(conv.reference([x, w], { ...plain, groups: 2 }))).toEqual([3, 30, 500, 5000]);
  });

  test("adds bias, then residual, then applies the activation", () => {
    const x = Tensor.from("f32", [1, 1, 1, 2], [1, 2]);
    const [w, bias] = [Tensor.from("f32", [1, 1, 1, 1], [3]), Tensor.from("f32", [1], [-10])];
    const residual = Tensor.from("f32", [1, 1, 1, 2], [5, 5]);
    const y = conv.reference([x, w, bias, residual], { ...plain, activation: { kind: "relu" } });
    expect(values(y)).toEqual([0, 1]);
  });

  test("sums f16 in double precision and rounds once", () => {
    const x = Tensor.from("f16", [1, 2049, 1, 1], new Uint16Array(2049).fill(0x3c00));
    const w = Tensor.from("f16", [1, 2049, 1, 1], new Uint16Array(2049).fill(0x3c00));
    expect(conv.reference([x, w], plain)[0]!.data[0]).toBe(0x6800);
  });

  test("its type keeps symbols", () => {
    const attrs = { ...plain, strides: [2, 2], pads: [1, 1, 1, 1] };
    expect(conv.infer([f32(["n", 3, "h", 224]), f32([32, 3, 3, 3])], attrs, [])).toEqual([
      f32(["n", 32, "floor((h+1)/2)", 112]),
    ]);
  });

  test("counts a multiply-add as two", () => {
    expect(conv.flops!([f32([1, 3, 4, 4]), f32([8, 3, 1, 1])], [f32([1, 8, 4, 4])], plain)).toBe(
      2 * 8 * 16 * 3,
    );
  });

  test("says which channels it wanted", () => {
    const builder = new ProgramBuilder();
    const x = builder.input("x", "f32", [1, 4, 224, 224]);
    const w = builder.input("w", "f32", [8, 3, 3, 3]);
    expect(() => builder.one(conv, plain, [x, w], { name: "stem/conv1" })).toThrow(
      'conv "stem/conv1": weight has 3 input channels; expected 4 (input [1,4,224,224] NCHW, groups 1).',
    );
  });

  test("rejects groups, biases, residuals, ranks and dtypes that do not fit", () => {
    const [x, w] = [f32([1, 4, 5, 5]), f32([6, 2, 1, 1])];
    const infer = (types: readonly TensorType[], attrs: ConvAttrs) => () => conv.infer(types, attrs, []);
    expect(infer([x, f32([5, 2, 1, 1])], { ...plain, groups: 2 })).toThrow(
      "weight has 5 output channels; expected a multiple of the groups",
    );
    expect(infer([x, w, f32([5])], { ...plain, groups: 2 })).toThrow(
      "bias has shape [5]; expected [6] (output channels).",
    );
    expect(infer([x, w, f32([6]), f32([1, 6, 5, 4])], { ...plain, groups: 2 })).toThrow(
      "residual has shape [1,6,5,4]; expected [1,6,5,5] as the output.",
    );
    expect(infer([f32([4, 4]), w], plain)).toThrow("input has shape [4,4]; expected rank 3 to 5.");
    expect(infer([{ dtype: "i32", shape: [1, 4, 5, 5] }, w], plain)).toThrow(
      "input is i32; expected a float.",
    );
  });
});

describe("convTranspose", () => {
  test("as ONNX's own example", () => {
    const y = convTranspose.reference([count([1, 1, 3, 3]), ones([1, 2, 3, 3])], transposed);
    const plane = [0, 1, 3, 3, 2, 3, 8, 15, 12, 7, 9, 21, 36, 27, 15, 9, 20, 33, 24, 13, 6, 13, 21, 15, 8];
    expect(values(y)).toEqual([...plane, ...plane]);
  });

  test("with dilations, as ONNX's own example", () => {
    const x = Tensor.from("f32", [1, 1, 3, 3], [3, 8, 1, 9, 5, 7, 3, 2, 6]);
    const w = Tensor.from("f32", [1, 1, 2, 2], [7, 2, 1, 9]);
    const y = convTranspose.reference([x, w], { ...transposed, dilations: [2, 2] });
    expect(values(y)).toEqual([
      21, 56, 13, 16, 2, 63, 35, 67, 10, 14, 24, 22, 76, 76, 21, 9, 5, 88, 45, 63, 3, 2, 33, 18, 54,
    ]);
  });

  test("output padding and a given output shape", () => {
    const attrs = { ...transposed, strides: [3, 2], outputPadding: [1, 1] };
    const types = [f32([1, 1, 3, 3]), f32([1, 2, 3, 3])];
    expect(convTranspose.infer(types, attrs, [])[0]!.shape).toEqual([1, 2, 10, 8]);
    expect(convTranspose.infer(types, { ...attrs, outputShape: [10, 8] }, [])[0]!.shape).toEqual([
      1, 2, 10, 8,
    ]);
    expect(convTranspose.infer([f32([1, 1, "h", 3]), types[1]!], attrs, [])[0]!.shape).toEqual([
      1,
      2,
      "h*3+1",
      8,
    ]);
  });

  test("is the adjoint of conv: <conv(a), b> = <a, convTranspose(b)>", () => {
    const window = { ...plain, strides: [2, 1], pads: [1, 0, 1, 2], dilations: [1, 2], groups: 2 };
    const wave = (shape: readonly number[]): Tensor =>
      Tensor.from(
        "f64",
        shape,
        Float64Array.from({ length: shape.reduce((p, d) => p * d, 1) }, (_, i) => Math.sin(i * 1.7)),
      );
    const [a, w] = [wave([2, 4, 7, 8]), wave([6, 2, 3, 2])];
    const [forward] = conv.reference([a, w], window);
    const b = wave(forward!.shape);
    const [back] = convTranspose.reference([b, w], { ...window, outputPadding: [0, 0] });
    const dot = (p: Tensor, q: Tensor): number =>
      (p.data as Float64Array).reduce((sum, value, i) => sum + value * (q.data as Float64Array)[i]!, 0);
    expect(back!.shape).toEqual(a.shape);
    expect(dot(a, back!)).toBeCloseTo(dot(forward!, b), 9);
  });

  test("says which channels it wanted", () => {
    expect(() => convTranspose.infer([f32([1, 4, 5, 5]), f32([3, 8, 2, 2])], transposed, [])).toThrow(
      "weight has 3 input channels; expected 4 (input [1,4,5,5] NCHW, groups 1).",
    );
  });
});
