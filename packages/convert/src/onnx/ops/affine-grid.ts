import { ops, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import {
  asInt64,
  binary,
  castTo,
  concat,
  lengthOf,
  reshape,
  squeeze,
  transpose,
  unsqueeze,
} from "./common.ts";

/** Coordinates of `count` samples in [-1, 1], at their centres unless corners are aligned: f32 [count]. */
function coordinates(context: OnnxContext, count: Value): Value {
  const number = (value: number): Value => context.scalar("f32", value);
  const isAligned = context.attributes.int("align_corners", 0) !== 0;
  const scalar = squeeze(context, count, [0]);
  const index = context.emit(ops.range, {}, [context.scalar("i64", 0), scalar, context.scalar("i64", 1)]);
  const at = castTo(context, index, "f32");
  const total = castTo(context, scalar, "f32");
  if (isAligned) {
    const last = binary(context, ops.max, binary(context, ops.sub, total, number(1)), number(1));
    return binary(
      context,
      ops.sub,
      binary(context, ops.div, binary(context, ops.mul, at, number(2)), last),
      number(1),
    );
  }
  const odd = binary(context, ops.add, binary(context, ops.mul, at, number(2)), number(1));
  return binary(context, ops.sub, binary(context, ops.div, odd, total), number(1));
}

/** theta [N,r,r+1] and a size [N,C,spatial...] -> sampling points [N,spatial...,r]. */
export function AffineGrid(context: OnnxContext): readonly Value[] {
  const theta = context.input(0);
  const size = asInt64(context, context.input(1));
  const rank = lengthOf(context, size, "size") - 2;
  const dim = (i: number): Value => context.emit(ops.gather, { axis: 0 }, [size, context.ints([i])]);
  const spatial = Array.from({ length: rank }, (_, i) => dim(2 + i));
  const shape = concat(context, [...spatial, context.ints([1])], 0);
  const planes = spatial.map((count, axis) => {
    const others = Array.from({ length: rank + 1 }, (_, i) => i).filter((i) => i !== axis);
    return context.emit(ops.expand, {}, [unsqueeze(context, coordinates(context, count), others), shape]);
  });
  const ones = context.emit(ops.expand, {}, [context.scalar("f32", 1), shape]);
  const points = concat(context, [...planes.reverse(), ones], -1);
  const flat = castTo(context, reshape(context, points, context.ints([-1, rank + 1])), theta.type.dtype);
  const moved = context.emit(ops.matMul, {}, [flat, transpose(context, theta, [0, 2, 1])]);
  return [reshape(context, moved, concat(context, [dim(0), ...spatial, context.ints([rank])], 0))];
}
