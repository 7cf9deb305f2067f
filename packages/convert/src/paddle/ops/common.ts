/** What the functions of many Paddle operators share. Adds nodes through the context only. */
import { type DType, type Op, ops, type Value } from "@coracle/core";
import type { Convert, PaddleContext } from "../context.ts";

export type NoAttrs = Record<never, never>;

export const rankOf = (value: Value): number => value.type.shape.length;

export const positive = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

export function unary(op: Op<NoAttrs>): Convert {
  return (c) => ({ Out: c.emit(op, {}, [c.input("X")]) });
}

export function castTo(c: PaddleContext, x: Value, dtype: DType): Value {
  return x.type.dtype === dtype ? x : c.emit(ops.cast, { to: dtype }, [x]);
}

export function reshapeTo(c: PaddleContext, x: Value, shape: readonly number[]): Value {
  return c.emit(ops.reshape, { allowZero: false }, [x, c.indices(shape)]);
}

export function unsqueeze(c: PaddleContext, x: Value, axes: readonly number[]): Value {
  return axes.length === 0 ? x : c.emit(ops.unsqueeze, {}, [x, c.indices(axes)]);
}

export function squeeze(c: PaddleContext, x: Value, axes: readonly number[]): Value {
  return axes.length === 0 ? x : c.emit(ops.squeeze, {}, [x, c.indices(axes)]);
}

export function concat(c: PaddleContext, xs: readonly Value[], axis: number): Value {
  return xs.length === 1 ? xs[0]! : c.emit(ops.concat, { axis }, xs);
}

/** One axis of x from `start` to `end`. */
export function sliceAxis(
  c: PaddleContext,
  x: Value,
  axis: number,
  [start, end]: readonly [number, number],
): Value {
  const bounds = [start, end, axis, 1].map((value) => c.indices([value]));
  return c.emit(ops.slice, {}, [x, ...bounds]);
}

/** The sizes of x, i64 [rank]. */
export function shapeOf(c: PaddleContext, x: Value): Value {
  return c.emit(ops.shapeOf, { start: 0, end: 2 ** 31 - 1 }, [x]);
}

/** Indices of any integer type and rank -> i64 [n]. */
export function asIndices(c: PaddleContext, x: Value): Value {
  const wide = castTo(c, x, "i64");
  return rankOf(wide) === 1 ? wide : reshapeTo(c, wide, [-1]);
}

/**
 * Numbers that a run may make: a list of one-element tensors, else one tensor, else an attribute.
 * Undefined when none of them is given.
 */
export function indicesFrom(
  c: PaddleContext,
  from: { readonly list?: string; readonly tensor?: string; readonly attribute?: string },
): Value | undefined {
  const list = from.list === undefined ? [] : c.list(from.list);
  if (list.length > 0)
    return concat(
      c,
      list.map((x) => asIndices(c, x)),
      0,
    );
  const tensor = from.tensor === undefined ? undefined : c.optional(from.tensor);
  if (tensor) return asIndices(c, tensor);
  const values = from.attribute === undefined ? undefined : c.ints(from.attribute);
  return values === undefined ? undefined : c.indices(values);
}

/** The numbers of a value that is known before a run. Throws ConvertError when only a run makes them. */
export function known(c: PaddleContext, value: Value, what: string): readonly number[] {
  const { data } = value;
  return data ? Array.from(data.data, Number) : c.fail(`${what} that only a run makes known`, "a constant");
}

/** b's dimensions lie at `axis` of a's (-1: at the end); dimensions of 1 fill it up behind. */
export function alignedTo(c: PaddleContext, a: Value, b: Value, axis: number): Value {
  const [ra, rb] = [rankOf(a), rankOf(b)];
  if (axis < 0 || rb >= ra) return b;
  const trailing = ra - axis - rb;
  if (trailing >= 0)
    return unsqueeze(
      c,
      b,
      Array.from({ length: trailing }, (_, i) => rb + i),
    );
  const extra = Array.from({ length: -trailing }, (_, i) => rb - 1 - i);
  const isTrimmed = extra.every((at) => b.type.shape[at] === 1);
  return isTrimmed
    ? squeeze(c, b, extra)
    : c.fail(`axis ${axis} for ranks ${ra} and ${rb}`, "the second to fit");
}

/** Layouts other than channels first are not what these programs are exported with. */
export function requireChannelsFirst(c: PaddleContext, attribute = "data_format"): void {
  const layout = c.string(attribute, "NCHW");
  if (!["NCHW", "NCDHW", "NCL", "AnyLayout", ""].includes(layout)) c.fail(`${attribute} ${layout}`, "NCHW");
}

export const repeated = (value: number, count: number): readonly number[] =>
  new Array<number>(count).fill(value);
