import { fromNumbers, toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { isStatic, numElements } from "../ir/shape.ts";
import { Tensor, type TensorType } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { checkDType, checkInputs } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";
import { checkQuantShape, type QuantAxis, quantIndex, storer } from "./shared/quant-params.ts";
import type { NoAttrs } from "./unary.ts";

export type DequantizeAttrs = QuantAxis;

export interface QuantizeAttrs extends QuantAxis {
  /** For 8-bit floats only, which no dtype here is. */
  readonly saturate: boolean;
}

const perElement = ([x]: readonly TensorType[]): number =>
  isStatic(x!.shape) ? 2 * numElements(x!.shape) : 0;

/**
 * x (float or i32), scale, zeroPoint (u8, i8, u16 or i16: the dtype of y) -> y = saturate(round(x / scale) + zeroPoint),
 * halves to even, the division in single precision. Throws ShapeError.
 */
export const quantizeLinear: Op<QuantizeAttrs> = defineOp<QuantizeAttrs>({
  name: "quantizeLinear",
  accuracy: "exact",
  infer(inputs, attrs) {
    checkInputs(inputs, 3);
    const [x, scale, zeroPoint] = inputs as readonly [TensorType, TensorType, TensorType];
    checkDType(x, ["f32", "f16", "bf16", "f64", "i32"], "input");
    checkDType(scale, ["f32", "f16", "bf16", "f64", "i32"], "scale");
    checkDType(zeroPoint, ["u8", "i8", "u16", "i16"], "zeroPoint");
    checkQuantShape(x, scale, zeroPoint, attrs);
    return [{ dtype: zeroPoint.dtype, shape: x.shape }];
  },
  reference([x, scale, zeroPoint], attrs) {
    const [values, scales, zeros] = [toNumbers(x!), toDoubles(scale!), toDoubles(zeroPoint!)];
    const at = quantIndex(x!.shape, scale!.shape, attrs);
    const store = storer(zeroPoint!.dtype);
    const divide = x!.dtype === "f64" ? (v: number) => v : Math.fround;
    const out = allocate(zeroPoint!.dtype, x!.shape) as Int16Array;
    for (let i = 0; i < out.length; i++) out[i] = store(divide(values[i]! / scales[at(i)]!), zeros[at(i)]!);
    return [Tensor.from(zeroPoint!.dtype, x!.shape, out)];
  },
  flops: perElement,
});

/** x (u8, i8, u16, i16, i32), scale (float: the dtype of y), zeroPoint as x -> y = (x - zeroPoint) scale. Throws ShapeError. */
export const dequantizeLinear: Op<DequantizeAttrs> = defineOp<DequantizeAttrs>({
  name: "dequantizeLinear",
  accuracy: "exact",
  infer(inputs, attrs) {
    checkInputs(inputs, 3);
    const [x, scale, zeroPoint] = inputs as readonly [TensorType, TensorType, TensorType];
    checkDType(x, ["u8", "i8", "u16", "i16", "i32"], "input");
    checkDType(zeroPoint, [x.dtype], "zeroPoint");
    checkDType(scale, ["f32", "f16", "bf16", "f64"], "scale");
    checkQuantShape(x, scale, zeroPoint, attrs);
    return [{ dtype: scale.dtype, shape: x.shape }];
  },
  reference([x, scale, zeroPoint], attrs) {
    const [values, scales, zeros] = [toNumbers(x!), toDoubles(scale!), toDoubles(zeroPoint!)];
    const at = quantIndex(x!.shape, scale!.shape, attrs);
    const single = scale!.dtype === "f64" ? (v: number) => v : Math.fround;
    const out = doubles(x!.shape);
    for (let i = 0; i < out.length; i++) out[i] = single(values[i]! - zeros[at(i)]!) * scales[at(i)]!;
    return [fromNumbers(scale!.dtype, x!.shape, out)];
  },
  flops: perElement,
});

const f32 = Math.fround;

/** x f32 -> y u8 as x, scale f32 [], zeroPoint u8 []: the range of x and 0 onto 0 to 255. Throws ShapeError. */
export const dynamicQuantizeLinear: Op<NoAttrs> = defineOp<NoAttrs>({
  name: "dynamicQuantizeLinear",
  accuracy: "rounding",
  infer(inputs) {
    checkInputs(inputs, 1);
    checkDType(inputs[0]!, ["f32"], "input");
    return [
      { dtype: "u8", shape: inputs[0]!.shape },
      { dtype: "f32", shape: [] },
      { dtype: "u8", shape: [] },
    ];
  },
  reference([x]) {
    const values = x!.data as Float32Array;
    let [low, high] = [0, 0];
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const scale = high === low ? 1 : f32(f32(high - low) / 255);
    const store = storer("u8");
    const zeroPoint = store(f32(-low / scale), 0);
    const out = new Uint8Array(values.length);
    for (let i = 0; i < out.length; i++) out[i] = store(f32(values[i]! / scale), zeroPoint);
    return [Tensor.from("u8", x!.shape, out), Tensor.scalar("f32", scale), Tensor.scalar("u8", zeroPoint)];
  },
  flops: perElement,
});
