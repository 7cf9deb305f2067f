import { type DType, ops, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { scalarTensor } from "../context.ts";
import { dtypeOf } from "../data-type.ts";
import { castTo, filled, isStaticShape, scalarLike, shapeOf } from "./common.ts";
import { convAttrs } from "./nn.ts";

/** Zeros in the shape of the scale. */
export function zeroPointFor(context: OnnxContext, scale: Value, dtype: DType): Value {
  if (isStaticShape(scale))
    return context.constant(scalarTensor(dtype, 0, scale.type.shape as readonly number[]));
  return filled(context, context.scalar(dtype, 0), shapeOf(context, scale));
}

/** Scales that are powers of two are cast: the arithmetic is in the dtype that they give. */
function plainScale(context: OnnxContext, scale: Value, dtype: DType): Value {
  return scale.type.dtype === "f8e8m0" ? castTo(context, scale, dtype) : scale;
}

export function QuantizeLinear(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const scale = plainScale(context, context.input(1), x.type.dtype);
  const { attributes } = context;
  const asked = attributes.int("output_dtype", 0);
  const dtype = asked === 0 ? "u8" : dtypeOf(asked, "QuantizeLinear output_dtype");
  const attrs = {
    axis: attributes.int("axis", 1),
    blockSize: attributes.int("block_size", 0),
    saturate: attributes.int("saturate", 1) !== 0,
  };
  return [
    context.emit(ops.quantizeLinear, attrs, [
      x,
      scale,
      context.optional(2) ?? zeroPointFor(context, scale, dtype),
    ]),
  ];
}

export function DequantizeLinear(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const asked = context.attributes.int("output_dtype", 0);
  const dtype = asked === 0 ? undefined : dtypeOf(asked, "DequantizeLinear output_dtype");
  const scale = plainScale(context, context.input(1), dtype ?? "f32");
  const zeroPoint = context.optional(2) ?? zeroPointFor(context, scale, x.type.dtype);
  const attrs = {
    axis: context.attributes.int("axis", 1),
    blockSize: context.attributes.int("block_size", 0),
  };
  const y = context.emit(ops.dequantizeLinear, attrs, [x, scale, zeroPoint]);
  return [dtype ? castTo(context, y, dtype) : y];
}

export function DynamicQuantizeLinear(context: OnnxContext): readonly Value[] {
  return context.emitAll(ops.dynamicQuantizeLinear, {}, [context.input(0)]);
}

export function QLinearConv(context: OnnxContext): readonly Value[] {
  const inputs = Array.from({ length: 8 }, (_, i) => context.input(i));
  const bias = context.optional(8);
  return [context.emit(ops.qlinearConv, convAttrs(context, inputs[0]!), bias ? [...inputs, bias] : inputs)];
}

export function QLinearMatMul(context: OnnxContext): readonly Value[] {
  const inputs = Array.from({ length: 8 }, (_, i) => context.input(i));
  return [context.emit(ops.qlinearMatMul, {}, inputs)];
}

export interface Quantized {
  readonly scale: Value;
  readonly zeroPoint: Value | undefined;
}

const perTensor = { axis: 1, blockSize: 0 };

export function dequantize(context: OnnxContext, x: Value, { scale, zeroPoint }: Quantized): Value {
  const zero = zeroPoint ?? zeroPointFor(context, scale, x.type.dtype);
  return context.emit(ops.dequantizeLinear, perTensor, [x, scale, zero]);
}

export function quantize(context: OnnxContext, x: Value, { scale, zeroPoint }: Quantized): Value {
  const zero = zeroPoint ?? scalarLike(context, scale, 0);
  return context.emit(ops.quantizeLinear, { ...perTensor, saturate: true }, [x, scale, zero]);
}

/** The scale and zero point at two consecutive inputs. */
export function quantizedAt(context: OnnxContext, index: number): Quantized {
  return { scale: context.input(index), zeroPoint: context.optional(index + 1) };
}
