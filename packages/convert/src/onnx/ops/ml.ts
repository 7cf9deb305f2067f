import { ops, Tensor, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { asInt64, binary, castTo, rankOf, reshape, scalarLike } from "./common.ts";

export function Binarizer(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const threshold = scalarLike(context, x, context.attributes.float("threshold", 0));
  return [castTo(context, binary(context, ops.greater, x, threshold), x.type.dtype)];
}

/** Columns of the last axis, chosen by index. */
export function ArrayFeatureExtractor(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const indices = asInt64(context, context.input(1));
  const list = rankOf(indices) === 1 ? indices : reshape(context, indices, context.ints([-1]));
  const rows = rankOf(x) === 1 ? reshape(context, x, context.ints([1, -1])) : x;
  return [context.emit(ops.gather, { axis: rankOf(rows) - 1 }, [rows, list])];
}

export function Scaler(context: OnnxContext): readonly Value[] {
  const x = castTo(context, context.input(0), "f32");
  const list = (name: string, otherwise: number): Value => {
    const values = context.attributes.floats(name) ?? [otherwise];
    return context.constant(Tensor.from("f32", [values.length], [...values]));
  };
  return [binary(context, ops.mul, binary(context, ops.sub, x, list("offset", 0)), list("scale", 1))];
}
