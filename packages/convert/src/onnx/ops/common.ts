/**
 * What the functions of many source operators share: how older forms (attributes, flattening, legacy broadcasting)
 * become the catalogue's. Adds nodes through the context only.
 */
import { type Dim, isStatic, type Op, ops, type Value } from "@coracle/core";
import type { Convert, OnnxContext } from "../context.ts";

type NoAttrs = Record<never, never>;

export const toEnd: number = 2 ** 31 - 1;

/** One input, one output, no attributes. */
export function unary(op: Op<NoAttrs>): Convert {
  return (context) => [context.emit(op, {}, [context.input(0)])];
}

export function rankOf(value: Value): number {
  return value.type.shape.length;
}

export function shapeOf(context: OnnxContext, value: Value): Value {
  return context.emit(ops.shapeOf, { start: 0, end: toEnd }, [value]);
}

/** The size of one axis, i64 [1]. */
export function dimOf(context: OnnxContext, value: Value, axis: number): Value {
  const start = axis < 0 ? axis + rankOf(value) : axis;
  return context.emit(ops.shapeOf, { start, end: start + 1 }, [value]);
}

export function reshape(context: OnnxContext, x: Value, shape: Value): Value {
  return context.emit(ops.reshape, { allowZero: false }, [x, shape]);
}

export function reshapeTo(context: OnnxContext, x: Value, shape: readonly number[]): Value {
  return reshape(context, x, context.ints(shape));
}

export function unsqueeze(context: OnnxContext, x: Value, axes: readonly number[]): Value {
  return axes.length === 0 ? x : context.emit(ops.unsqueeze, {}, [x, context.ints(axes)]);
}

export function squeeze(context: OnnxContext, x: Value, axes: readonly number[]): Value {
  return context.emit(ops.squeeze, {}, [x, context.ints(axes)]);
}

export function transpose(context: OnnxContext, x: Value, perm: readonly number[]): Value {
  return context.emit(ops.transpose, { perm }, [x]);
}

export function concat(context: OnnxContext, xs: readonly Value[], axis: number): Value {
  return xs.length === 1 ? xs[0]! : context.emit(ops.concat, { axis }, xs);
}

export function castTo(context: OnnxContext, x: Value, dtype: Value["type"]["dtype"]): Value {
  return x.type.dtype === dtype ? x : context.emit(ops.cast, { to: dtype }, [x]);
}

/** Index-like inputs may be i32 in the source; the catalogue takes i64. */
export function asInt64(context: OnnxContext, x: Value): Value {
  return castTo(context, x, "i64");
}

export function sliceAxis(
  context: OnnxContext,
  x: Value,
  axis: number,
  range: readonly [number, number],
): Value {
  const inputs = [x, ...[range[0], range[1], axis, 1].map((value) => context.ints([value]))];
  return context.emit(ops.slice, {}, inputs);
}

/** add, sub, mul, div, max, ... of two values. */
export function binary(context: OnnxContext, op: Op<NoAttrs>, a: Value, b: Value): Value {
  return context.emit(op, {}, [a, b]);
}

/** The scalar of the dtype of `like`. */
export function scalarLike(context: OnnxContext, like: Value, value: number): Value {
  return context.scalar(like.type.dtype, value);
}

/** `x` of some rank -> rank 2 by the product of dimensions before and from `axis`. */
export function flattenAt(context: OnnxContext, x: Value, axis: number): Value {
  return context.emit(ops.flatten, { axis }, [x]);
}

/** Before opset 7 a smaller `b` lay at `axis` of `a` when the attribute broadcast was set. */
export function legacyBroadcast(context: OnnxContext): readonly [Value, Value] {
  const [a, b] = [context.input(0), context.input(1)];
  if (context.opset >= 7 || !context.attributes.has("axis")) return [a, b];
  const axis = context.attributes.int("axis", 0);
  const trailing = rankOf(a) - (axis < 0 ? axis + rankOf(a) : axis) - rankOf(b);
  if (trailing < 0)
    context.fail(`axis ${axis} for ranks ${rankOf(a)} and ${rankOf(b)}`, "the second input to fit");
  const axes = Array.from({ length: trailing }, (_, i) => rankOf(b) + i);
  return [a, unsqueeze(context, b, axes)];
}

/** A list that newer operator sets take as an input and older ones as an attribute. */
export function intsInput(context: OnnxContext, index: number, attribute: string): Value | undefined {
  const input = context.optional(index);
  if (input) return asInt64(context, input);
  const values = context.attributes.ints(attribute);
  return values === undefined ? undefined : context.ints(values);
}

/** The number of elements of a 1-d value. Fails when only a run makes it known. */
export function lengthOf(context: OnnxContext, value: Value, what: string): number {
  const dim: Dim | undefined = value.type.shape[0];
  if (value.type.shape.length === 1 && typeof dim === "number") return dim;
  return context.fail(`${what} of unknown length`, "a 1-d value whose length the file tells");
}

export function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** A value of one repeated number with the given shape value (i64 1-d). */
export function filled(context: OnnxContext, scalar: Value, shape: Value): Value {
  return context.emit(ops.expand, {}, [scalar, shape]);
}

export function isStaticShape(value: Value): boolean {
  return isStatic(value.type.shape);
}
