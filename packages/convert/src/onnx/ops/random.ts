import { type DType, ops, type Value } from "@coracle/core";
import { type OnnxContext, scalarTensor } from "../context.ts";
import { dtypeOf } from "../data-type.ts";
import { binary, castTo, scalarLike, shapeOf } from "./common.ts";

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

function isFalse(flag: Value): boolean {
  return flag.data !== undefined && Number(flag.data.data[0]) === 0;
}

/** Which elements are kept, and what they are multiplied by, where the flag says that it trains. */
function dropping(context: OnnxContext, x: Value, training: Value): readonly [Value, Value] {
  const seed = context.attributes.has("seed") ? { seed: context.attributes.int("seed", 0) } : {};
  const ratio = castTo(context, context.optional(1) ?? context.scalar("f32", 0.5), "f64");
  const attrs = { low: 0, high: 1, dtype: "f64" as const, ...seed };
  const drawn = context.emit(ops.randomUniform, attrs, [shapeOf(context, x)]);
  const kept = binary(context, ops.greaterOrEqual, drawn, ratio);
  const one = context.scalar("f64", 1);
  const scale = binary(context, ops.div, one, binary(context, ops.sub, one, ratio));
  return [
    binary(context, ops.or, kept, context.emit(ops.not, {}, [training])),
    castTo(context, context.emit(ops.where, {}, [training, scale, one]), x.type.dtype),
  ];
}

/** At inference the identity; the mask is all true. */
export function Dropout(context: OnnxContext): readonly Value[] {
  const [x, training] = [context.input(0), context.optional(2)];
  if (training && !isFalse(training)) {
    const [mask, scale] = dropping(context, x, training);
    const kept = context.emit(ops.where, {}, [mask, x, scalarLike(context, x, 0)]);
    return [binary(context, ops.mul, kept, scale), mask];
  }
  if (!context.wants(1)) return [x];
  const dtype = context.opset < 10 ? x.type.dtype : "bool";
  return [x, context.emit(ops.fill, { value: scalarTensor(dtype, 1, [1]) }, [shapeOf(context, x)])];
}
