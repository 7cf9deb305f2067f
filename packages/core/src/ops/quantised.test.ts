import { expect, test } from "vitest";
import { Tensor } from "../ir/tensor.ts";
import { convInteger } from "./conv-integer.ts";
import { matMulInteger } from "./mat-mul-integer.ts";
import { qlinearConv } from "./qlinear-conv.ts";
import { qlinearMatMul } from "./qlinear-mat-mul.ts";
import { dequantizeLinear, dynamicQuantizeLinear, quantizeLinear } from "./quantize-linear.ts";

const t = Tensor.from;
const values = (y: Tensor | undefined): number[] => Array.from(y!.data as Int32Array, Number);
const perTensor = { axis: 1, blockSize: 0, saturate: true };
const window = {
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  groups: 1,
  autoPad: "none" as const,
};

test("quantizeLinear, as ONNX's own example", () => {
  const x = t("f32", [6], [0, 2, 3, 1000, -254, -1000]);
  const [y] = quantizeLinear.reference([x, Tensor.scalar("f32", 2), Tensor.scalar("u8", 128)], perTensor);
  expect(values(y)).toEqual([128, 129, 130, 255, 1, 0]);
});

test("quantizeLinear rounds halves to even and saturates each dtype", () => {
  const x = t("f32", [6], [0.5, 1.5, -2.5, 1e9, -1e9, -0.5]);
  const to = (dtype: "u8" | "i8" | "u16" | "i16"): number[] =>
    values(quantizeLinear.reference([x, Tensor.scalar("f32", 1), Tensor.scalar(dtype, 0)], perTensor)[0]);
  expect(to("i8")).toEqual([0, 2, -2, 127, -128, 0]);
  expect(to("u8")).toEqual([0, 2, 0, 255, 0, 0]);
  expect(to("i16")).toEqual([0, 2, -2, 32767, -32768, 0]);
  expect(to("u16")).toEqual([0, 2, 0, 65535, 0, 0]);
});

test("quantizeLinear per index of an axis, and in blocks that need not divide it", () => {
  const x = t("f32", [2, 3], [10, 10, 10, 20, 20, 20]);
  const scale = t("f32", [3], [1, 2, 5]);
  expect(values(quantizeLinear.reference([x, scale, t("i8", [3], [0, 1, 0])], perTensor)[0])).toEqual([
    10, 6, 2, 20, 11, 4,
  ]);
  const blocks = t("f32", [2, 2], [1, 10, 2, 5]);
  const inBlocks = quantizeLinear.reference([x, blocks, t("i8", [2, 2], [0, 0, 0, 0])], {
    ...perTensor,
    blockSize: 2,
  });
  expect(values(inBlocks[0])).toEqual([10, 10, 1, 10, 10, 4]);
});

test("dequantizeLinear, as ONNX's own example", () => {
  const x = t("u8", [4], [0, 3, 128, 255]);
  const [y] = dequantizeLinear.reference([x, Tensor.scalar("f32", 2), Tensor.scalar("u8", 128)], perTensor);
  expect(values(y)).toEqual([-256, -250, 0, 254]);
});

test("dynamicQuantizeLinear, as ONNX's own example", () => {
  const [y, scale, zeroPoint] = dynamicQuantizeLinear.reference(
    [t("f32", [6], [0, 2, -3, -2.5, 1.34, 0.5])],
    {},
  );
  expect(scale!.data[0]).toBeCloseTo(0.0196078438, 8);
  expect(values(zeroPoint)).toEqual([153]);
  expect(values(y)).toEqual([153, 255, 0, 26, 221, 179]);
});

test("matMulInteger, as ONNX's own example", () => {
  const a = t("u8", [4, 3], [11, 7, 3, 10, 6, 2, 9, 5, 1, 8, 4, 0]);
  const b = t("u8", [3, 2], [1, 4, 2, 5, 3, 6]);
  const [y] = matMulInteger.reference([a, b, t("u8", [1], [12]), t("u8", [1], [0])], {});
  expect(values(y)).toEqual([-38, -83, -44, -98, -50, -113, -56, -128]);
});

test("matMulInteger with zero points per row and column", () => {
  const [a, b] = [t("u8", [2, 1], [5, 7]), t("i8", [1, 2], [-3, 4])];
  const [y] = matMulInteger.reference([a, b, t("u8", [2], [1, 2]), t("i8", [2], [1, -1])], {});
  expect(values(y)).toEqual([-16, 20, -20, 25]);
});

test("qlinearMatMul, as ONNX's own example", () => {
  const a = t("u8", [2, 4], [208, 236, 0, 238, 3, 214, 255, 29]);
  const b = t("u8", [4, 3], [152, 51, 244, 60, 26, 255, 0, 127, 246, 127, 254, 247]);
  const scalar = (scale: number): Tensor => t("f32", [1], [scale]);
  const zero = (value: number): Tensor => t("u8", [1], [value]);
  const inputs = [a, scalar(0.0066), zero(113), b, scalar(0.00705), zero(114), scalar(0.0107), zero(118)];
  expect(values(qlinearMatMul.reference(inputs, {})[0])).toEqual([168, 115, 255, 1, 66, 151]);
});

test("convInteger, as ONNX's own examples: padding stands for zero", () => {
  const x = t("u8", [1, 1, 3, 3], [2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const w = t("u8", [1, 1, 2, 2], [1, 1, 1, 1]);
  const inputs = [x, w, Tensor.scalar("u8", 1), Tensor.scalar("u8", 0)];
  expect(values(convInteger.reference(inputs, window)[0])).toEqual([12, 16, 24, 28]);
  const padded = convInteger.reference(inputs, { ...window, pads: [1, 1, 1, 1] });
  expect(values(padded[0])).toEqual([1, 3, 5, 3, 5, 12, 16, 9, 11, 24, 28, 15, 7, 15, 17, 9]);
});

test("qlinearConv scales per channel, adds the bias, rounds half to even and saturates", () => {
  const x = t("u8", [1, 1, 1, 3], [128, 129, 255]);
  const inputs = [
    x,
    Tensor.scalar("f32", 0.5),
    Tensor.scalar("u8", 128),
    t("i8", [2, 1, 1, 1], [3, -100]),
    t("f32", [2], [1, 0.5]),
    t("i8", [2], [0, 0]),
    Tensor.scalar("f32", 1),
    Tensor.scalar("u8", 10),
    t("i32", [2], [2, 0]),
  ];
  const [y] = qlinearConv.reference(inputs, window);
  expect(values(y)).toEqual([11, 12, 202, 10, 0, 0]);
});

test("parameters that do not fit", () => {
  const type = (dtype: "f32" | "u8" | "i8", shape: readonly number[]) => ({ dtype, shape });
  expect(() =>
    quantizeLinear.infer([type("f32", [2, 3]), type("f32", [2]), type("u8", [2])], perTensor, []),
  ).toThrow("scale has shape [2]; expected [3] or one element (input [2,3], axis 1, blockSize 0).");
  expect(() =>
    dequantizeLinear.infer([type("u8", [3]), type("f32", []), type("i8", [])], perTensor, []),
  ).toThrow("zeroPoint is i8; expected u8.");
  const conv = [type("u8", [1, 4, 5, 5]), type("i8", [6, 4, 1, 1]), type("u8", []), type("i8", [5])];
  expect(() => convInteger.infer(conv, window, [])).toThrow(
    "wZeroPoint has shape [5]; expected one element or [6] (output channels).",
  );
  const matMul = [type("u8", [2, 3]), type("u8", [3, 4]), type("u8", [3]), type("u8", [])];
  expect(() => matMulInteger.infer(matMul, {}, [])).toThrow(
    "aZeroPoint has shape [3]; expected one element, [2] or [2,1].",
  );
});
