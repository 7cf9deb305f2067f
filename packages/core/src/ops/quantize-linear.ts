import { type DType, isNarrow } from "../ir/dtype.ts";
import { narrowStorer } from "../ir/narrow.ts";
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
  /** For 8-bit floats only: what is too large becomes the greatest value. */
  readonly saturate: boolean;
}

const integerTypes: readonly DType[] = ["u8", "i8", "u16", "i16", "u4", "i4", "u2", "i2"];
const floatTypes: readonly DType[] = ["f8e4m3fn", "f8e4m3fnuz", "f8e5m2", "f8e5m2fnuz", "f4e2m1"];

const perElement = ([x]: readonly TensorType[]): number =>
  isStatic(x!.shape) ? 2 * numElements(x!.shape) : 0;

/**
 * x (float or i32), scale, zeroPoint (an integer of up to 16 bits or a narrow float: the dtype of y) -> y = saturate(round(x / scale) + zeroPoint),
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
    checkDType(zeroPoint, [...integerTypes, ...floatTypes], "zeroPoint");
    checkQuantShape(x, scale, zeroPoint, attrs);
    return [{ dtype: zeroPoint.dtype, shape: x.shape }];
  },
  reference([x, scale, zeroPoint], attrs) {
    const [values, scales, zeros] = [toNumbers(x!), toDoubles(scale!), toDoubles(zeroPoint!)];
    const at = quantIndex(x!.shape, scale!.shape, attrs);
    const store = storerOf(zeroPoint!.dtype, attrs);
    const divide = x!.dtype === "f64" ? (v: number) => v : Math.fround;
    const out = allocate(zeroPoint!.dtype, x!.shape) as Int16Array;
    for (let i = 0; i < out.length; i++) out[i] = store(divide(values[i]! / scales[at(i)]!), zeros[at(i)]!);
    return [Tensor.from(zeroPoint!.dtype, x!.shape, out)];
  },
  flops: perElement,
});

/** Narrow floats are rounded to themselves, not to integers, and have no zero point but 0. */
function storerOf(dtype: DType, options: QuantizeAttrs): (value: number, zeroPoint: number) => number {
  if (!isNarrow(dtype) || integerTypes.includes(dtype)) return storer(dtype);
  const store = narrowStorer(dtype, options);
  return (value, zeroPoint) => store(value + zeroPoint);
}

/** x (an integer of up to 32 bits or a narrow float), scale (float: the dtype of y), zeroPoint as x -> y = (x - zeroPoint) scale. Throws ShapeError. */
export const dequantizeLinear: Op<DequantizeAttrs> = defineOp<DequantizeAttrs>({
  name: "dequantizeLinear",
  accuracy: "exact",
  infer(inputs, attrs) {
    checkInputs(inputs, 3);
    const [x, scale, zeroPoint] = inputs as readonly [TensorType, TensorType, TensorType];
    checkDType(x, [...integerTypes, "i32", ...floatTypes], "input");
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
