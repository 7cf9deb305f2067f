import { ops, Tensor, type Value } from "@coracle/core";
import { type OnnxContext, scalarTensor } from "../context.ts";
import { dtypeOf } from "../data-type.ts";
import { toBigInt } from "../proto.ts";
import { asInt64, binary, concat, dimOf, lengthOf, rankOf, reshape, toEnd } from "./common.ts";

export function Shape(context: OnnxContext): readonly Value[] {
  const start = context.attributes.int("start", 0);
  const end = context.attributes.int("end", toEnd);
  return [context.emit(ops.shapeOf, { start, end }, [context.input(0)])];
}

export function Size(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.sizeOf, {}, [context.input(0)])];
}

function constantTensor(context: OnnxContext): Tensor {
  const { attributes } = context;
  const tensor = attributes.tensor("value") ?? attributes.sparse("sparse_value");
  if (tensor) return tensor;
  if (attributes.has("value_float")) return Tensor.scalar("f32", attributes.float("value_float", 0));
  const floats = attributes.floats("value_floats");
  if (floats) return Tensor.from("f32", [floats.length], [...floats]);
  const int = attributes.get("value_int");
  if (int) return Tensor.from("i64", [], BigInt64Array.of(toBigInt(int.i)));
  const ints = attributes.get("value_ints");
  if (ints) return Tensor.from("i64", [ints.ints.length], BigInt64Array.from(ints.ints, toBigInt));
  return context.fail(
    "no tensor or number",
    "value, sparse_value, value_float(s) or value_int(s), for strings are not supported",
  );
}

export function Constant(context: OnnxContext): readonly Value[] {
  return [context.constant(constantTensor(context))];
}

export function ConstantOfShape(context: OnnxContext): readonly Value[] {
  const value = context.attributes.tensor("value") ?? Tensor.scalar("f32", 0);
  return [context.emit(ops.fill, { value }, [asInt64(context, context.input(0))])];
}

export function Range(context: OnnxContext): readonly Value[] {
  const scalars = [0, 1, 2].map((i) => {
    const value = context.input(i);
    return rankOf(value) === 0 ? value : reshape(context, value, context.ints([]));
  });
  return [context.emit(ops.range, {}, scalars)];
}

export function EyeLike(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const dtype = context.attributes.has("dtype")
    ? dtypeOf(context.attributes.int("dtype", 1), "EyeLike")
    : x.type.dtype;
  return [context.emit(ops.eyeLike, { dtype, k: context.attributes.int("k", 0) }, [x])];
}

export function OneHot(context: OnnxContext): readonly Value[] {
  const depth = asInt64(context, context.input(1));
  const attrs = { axis: context.attributes.int("axis", -1) };
  return [context.emit(ops.oneHot, attrs, [asInt64(context, context.input(0)), depth, context.input(2)])];
}

export function NonZero(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.nonZero, {}, [context.input(0)])];
}

export function Einsum(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.einsum, { equation: context.attributes.string("equation", "") }, context.all())];
}

export function NonMaxSuppression(context: OnnxContext): readonly Value[] {
  const inputs = [
    context.input(0),
    context.input(1),
    context.optional(2) ?? context.scalar("i64", 0),
    context.optional(3) ?? context.scalar("f32", 0),
    context.optional(4) ?? context.constant(scalarTensor("f32", Number.NEGATIVE_INFINITY, [])),
  ];
  const centerPointBox = context.attributes.int("center_point_box", 0) !== 0;
  return [context.emit(ops.nonMaxSuppression, { centerPointBox }, inputs)];
}

interface Window {
  readonly dim: Value;
  readonly target: Value;
}

/** max(a - b, 0) halved, rounded down. */
function halfExcess(context: OnnxContext, a: Value, b: Value): Value {
  const excess = binary(context, ops.max, binary(context, ops.sub, a, b), context.ints([0]));
  return binary(context, ops.div, excess, context.ints([2]));
}

function cropAndPad(context: OnnxContext, x: Value, windows: readonly Window[], axes: Value): Value {
  const starts = windows.map(({ dim, target }) => halfExcess(context, dim, target));
  const kept = windows.map(({ dim, target }) => binary(context, ops.min, dim, target));
  const ends = starts.map((start, i) => binary(context, ops.add, start, kept[i]!));
  const ones = context.ints(new Array<number>(windows.length).fill(1));
  const cropped = context.emit(ops.slice, {}, [
    x,
    concat(context, starts, 0),
    concat(context, ends, 0),
    axes,
    ones,
  ]);
  const before = windows.map(({ dim, target }) => halfExcess(context, target, dim));
  const after = windows.map(({ target }, i) =>
    binary(context, ops.sub, binary(context, ops.sub, target, kept[i]!), before[i]!),
  );
  const pads = concat(context, [...before, ...after], 0);
  return context.emit(ops.pad, { mode: "constant" as const }, [
    cropped,
    pads,
    context.scalar(x.type.dtype, 0),
    axes,
  ]);
}

export function CenterCropPad(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const target = asInt64(context, context.input(1));
  const axes = context.attributes.ints("axes") ?? Array.from({ length: rankOf(x) }, (_, i) => i);
  const count = lengthOf(context, target, "shape");
  if (count !== axes.length) context.fail(`shape of ${count} numbers`, `${axes.length}, one per axis`);
  const windows = axes.map((axis, i) => ({
    dim: dimOf(context, x, axis),
    target: context.emit(ops.gather, { axis: 0 }, [target, context.ints([i])]),
  }));
  return [cropAndPad(context, x, windows, context.ints(axes))];
}

/** Opset 1 only: the dtype and shape are attributes, or the shape is the input. */
export function ConstantFill(context: OnnxContext): readonly Value[] {
  const dtype = dtypeOf(context.attributes.int("dtype", 1), "ConstantFill");
  const value = scalarTensor(dtype, context.attributes.float("value", 0), [1]);
  const shape = context.optional(0) ?? context.ints(context.requiredInts("shape"));
  return [context.emit(ops.fill, { value }, [asInt64(context, shape)])];
}
