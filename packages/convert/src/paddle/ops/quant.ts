/** Quantisation that training leaves in a program: numbers rounded to steps, still as floats. */
import { ops, type Value } from "@coracle/core";
import type { Convert, PaddleContext, Results } from "../context.ts";
import { rankOf, reshapeTo } from "./common.ts";

const rangeOf = (bits: number): number => 2 ** (bits - 1) - 1;

/** A scale of one element, or of one for each index of an axis of x, in x's rank. */
function laidAt(c: PaddleContext, x: Value, scale: Value, axis: number): Value {
  const flat = reshapeTo(c, scale, [-1]);
  if (flat.type.shape[0] === 1) return flat;
  return reshapeTo(
    c,
    scale,
    x.type.shape.map((_, i) => (i === axis ? -1 : 1)),
  );
}

const mul = (c: PaddleContext, a: Value, b: Value): Value => c.emit(ops.mul, {}, [a, b]);
const div = (c: PaddleContext, a: Value, b: Value): Value => c.emit(ops.div, {}, [a, b]);
const by = (c: PaddleContext, a: Value, factor: number): Value => mul(c, a, c.scalarLike(a, factor));

/** round(clip(x, -scale, scale) / scale * range), whole numbers as floats. */
function rounded(c: PaddleContext, x: Value, scale: Value, range: number): Value {
  const part = div(c, x, scale);
  return c.emit(ops.round, {}, [by(c, c.emit(ops.clip, { min: -1, max: 1 }, [part]), range)]);
}

function largest(c: PaddleContext, x: Value, axis: number | undefined): Value {
  const axes = x.type.shape.map((_, i) => i).filter((i) => i !== axis);
  const attrs = { keepDims: true, noopWithEmptyAxes: false };
  return c.emit(ops.reduceMax, attrs, [c.emit(ops.abs, {}, [x]), c.indices(axes)]);
}

interface Scaled {
  readonly x: Value;
  /** In x's rank. */
  readonly scale: Value;
  /** As the operator gives it on. */
  readonly given: Value;
  readonly range: number;
}

/** The scale that training left, or that of the numbers themselves. */
function scaled(c: PaddleContext): Scaled {
  const x = c.input("X");
  const axis = c.op.type.includes("channel_wise") ? c.int("quant_axis", 0) : undefined;
  const range = rangeOf(c.int("bit_length", 8));
  const stored = c.optional("InScale") ?? c.optional("Scale");
  if (stored) return { x, scale: laidAt(c, x, stored, axis ?? 0), given: stored, range };
  const scale = largest(c, x, axis);
  return { x, scale, given: reshapeTo(c, scale, [-1]), range };
}

const fakeQuantize: Convert = (c): Results => {
  const { x, scale, given, range } = scaled(c);
  return { Out: rounded(c, x, scale, range), OutScale: given };
};

const fakeQuantizeDequantize: Convert = (c): Results => {
  const { x, scale, given, range } = scaled(c);
  return { Out: by(c, mul(c, rounded(c, x, scale, range), scale), 1 / range), OutScale: given };
};

/** Out = X Scale / max_range. */
const fakeDequantize: Convert = (c) => {
  const [x, scale] = [c.input("X"), reshapeTo(c, c.input("Scale"), [-1])];
  return { Out: by(c, mul(c, x, scale), 1 / c.float("max_range", 127)) };
};

/** A scale for each output; after a product a second one for the whole. */
const fakeChannelDequantize: Convert = (c) => {
  const x = c.input("X");
  const bits = c.ints("quant_bits") ?? [8];
  const [weights, values] = c.list("Scales");
  const axis = values ? (rankOf(x) === 2 ? 1 : c.int("x_num_col_dims", 1)) : c.int("quant_axis", 0);
  const first = mul(c, x, laidAt(c, x, weights ?? c.fail("no Scales", "at least one"), axis));
  const once = by(c, first, 1 / rangeOf(bits[0] ?? 8));
  return { Out: values ? by(c, mul(c, once, reshapeTo(c, values, [-1])), 1 / rangeOf(bits[1] ?? 8)) : once };
};

/** The stored scale is the largest number, not the step. */
function linearScale(c: PaddleContext, x: Value): Value {
  const axis = c.int("quant_axis", -1);
  return laidAt(c, x, c.input("Scale"), Math.max(axis, 0));
}

const quantizeLinear: Convert = (c): Results => {
  const x = c.input("X");
  const y = rounded(c, x, linearScale(c, x), rangeOf(c.int("bit_length", 8)));
  return { Y: y, OutScale: c.input("Scale") };
};

const dequantizeLinear: Convert = (c) => {
  const x = c.input("X");
  const wide = x.type.dtype === "f32" ? x : c.emit(ops.cast, { to: "f32" }, [x]);
  return { Y: by(c, mul(c, wide, linearScale(c, wide)), 1 / rangeOf(c.int("bit_length", 8))) };
};

/** Only watches during training. */
const observer: Convert = (c): Results => ({ Out: c.input("X") });

export const quant: Readonly<Record<string, Convert>> = {
  fake_quantize_abs_max: fakeQuantize,
  fake_channel_wise_quantize_abs_max: fakeQuantize,
  fake_quantize_range_abs_max: fakeQuantize,
  fake_quantize_moving_average_abs_max: fakeQuantize,
  fake_quantize_dequantize_abs_max: fakeQuantizeDequantize,
  fake_quantize_dequantize_moving_average_abs_max: fakeQuantizeDequantize,
  fake_channel_wise_quantize_dequantize_abs_max: fakeQuantizeDequantize,
  fake_dequantize_max_abs: fakeDequantize,
  fake_channel_wise_dequantize_max_abs: fakeChannelDequantize,
  quantize_linear: quantizeLinear,
  dequantize_linear: dequantizeLinear,
  moving_average_abs_max_scale: observer,
};
