import { type DType, ops, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { dtypeOf } from "../data-type.ts";
import { shapeOf } from "./common.ts";

function seedOf(context: OnnxContext): { readonly seed?: number } {
  return context.attributes.has("seed") ? { seed: context.attributes.float("seed", 0) } : {};
}

function dtypeAsked(context: OnnxContext, otherwise: DType): DType {
  const asked = context.attributes.int("dtype", 0);
  return asked === 0 ? otherwise : dtypeOf(asked, `${context.node.opType} "${context.node.name}"`);
}

function normal(context: OnnxContext, shape: Value, otherwise: DType): readonly Value[] {
  const { attributes } = context;
  const attrs = {
    mean: attributes.float("mean", 0),
    scale: attributes.float("scale", 1),
    dtype: dtypeAsked(context, otherwise),
    ...seedOf(context),
  };
  return [context.emit(ops.randomNormal, attrs, [shape])];
}

function uniform(context: OnnxContext, shape: Value, otherwise: DType): readonly Value[] {
  const { attributes } = context;
  const attrs = {
    low: attributes.float("low", 0),
    high: attributes.float("high", 1),
    dtype: dtypeAsked(context, otherwise),
    ...seedOf(context),
  };
  return [context.emit(ops.randomUniform, attrs, [shape])];
}

export function RandomNormal(context: OnnxContext): readonly Value[] {
  return normal(context, context.ints(context.requiredInts("shape")), "f32");
}

export function RandomUniform(context: OnnxContext): readonly Value[] {
  return uniform(context, context.ints(context.requiredInts("shape")), "f32");
}

export function RandomNormalLike(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  return normal(context, shapeOf(context, x), x.type.dtype);
}

export function RandomUniformLike(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  return uniform(context, shapeOf(context, x), x.type.dtype);
}

export function Bernoulli(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  return [context.emit(ops.bernoulli, { dtype: dtypeAsked(context, x.type.dtype), ...seedOf(context) }, [x])];
}

export function Multinomial(context: OnnxContext): readonly Value[] {
  const dtype = dtypeAsked(context, "i32");
  if (dtype !== "i32" && dtype !== "i64") context.fail(`dtype ${dtype}`, "i32 or i64");
  const attrs = {
    sampleSize: context.attributes.int("sample_size", 1),
    dtype: dtype as "i32" | "i64",
    ...seedOf(context),
  };
  return [context.emit(ops.multinomial, attrs, [context.input(0)])];
}
