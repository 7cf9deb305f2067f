import { ops, type Value } from "@coracle/core";
import type { Convert, OnnxContext } from "../context.ts";
import { binary, dimOf, filled, lengthOf, rankOf, scalarLike, unary } from "./common.ts";

export type AutoPad = "none" | "valid" | "sameUpper" | "sameLower";

const autoPads: Readonly<Record<string, AutoPad>> = {
  NOTSET: "none",
  "": "none",
  VALID: "valid",
  SAME_UPPER: "sameUpper",
  SAME_LOWER: "sameLower",
};

export function autoPadOf(context: OnnxContext): AutoPad {
  const text = context.attributes.string("auto_pad", "NOTSET");
  return (
    autoPads[text] ?? context.fail(`auto_pad "${text}"`, Object.keys(autoPads).filter(Boolean).join(", "))
  );
}

/** Number of spatial dimensions of [N,C,...]. */
export function spatialRank(context: OnnxContext, x: Value): number {
  const rank = rankOf(x) - 2;
  return rank >= 1 ? rank : context.fail(`input of rank ${rankOf(x)}`, "at least 3: [N,C,spatial...]");
}

export function repeated(value: number, count: number): readonly number[] {
  return new Array<number>(count).fill(value);
}

/** One number per spatial dimension (twice for pads); `otherwise` repeated when absent. */
export function spatialInts(context: OnnxContext, name: string, count: number, otherwise: number): number[] {
  const values = context.attributes.ints(name) ?? repeated(otherwise, count);
  if (values.length !== count) context.fail(`${name} of ${values.length} numbers`, `${count}`);
  return [...values];
}

export interface ConvAttrs {
  readonly strides: number[];
  readonly pads: number[];
  readonly dilations: number[];
  readonly groups: number;
  readonly autoPad: AutoPad;
}

export function convAttrs(context: OnnxContext, x: Value): ConvAttrs {
  const rank = spatialRank(context, x);
  return {
    strides: spatialInts(context, "strides", rank, 1),
    pads: spatialInts(context, "pads", 2 * rank, 0),
    dilations: spatialInts(context, "dilations", rank, 1),
    groups: context.attributes.int("group", 1),
    autoPad: autoPadOf(context),
  };
}

export function Conv(context: OnnxContext): readonly Value[] {
  const [x, w, bias] = [context.input(0), context.input(1), context.optional(2)];
  return [context.emit(ops.conv, convAttrs(context, x), bias ? [x, w, bias] : [x, w])];
}

export function ConvTranspose(context: OnnxContext, pads?: readonly number[]): readonly Value[] {
  const [x, w, bias] = [context.input(0), context.input(1), context.optional(2)];
  const outputPadding = spatialInts(context, "output_padding", spatialRank(context, x), 0);
  const given = context.attributes.ints("output_shape");
  const outputShape = given === undefined ? undefined : given.slice(-spatialRank(context, x));
  const attrs = {
    ...convAttrs(context, x),
    ...(pads ? { pads: [...pads] } : {}),
    outputPadding,
    ...(outputShape ? { outputShape } : {}),
  };
  return [context.emit(ops.convTranspose, attrs, bias ? [x, w, bias] : [x, w])];
}

export function ConvInteger(context: OnnxContext): readonly Value[] {
  const [x, w] = [context.input(0), context.input(1)];
  const xZero = context.optional(2) ?? scalarLike(context, x, 0);
  const wZero = context.optional(3) ?? scalarLike(context, w, 0);
  return [context.emit(ops.convInteger, convAttrs(context, x), [x, w, xZero, wZero])];
}

function unitAttribute(context: OnnxContext, name: "alpha" | "beta"): number {
  return context.attributes.float(name, 1);
}

/** Y = alpha * A' * B' + beta * C. */
export function Gemm(context: OnnxContext): readonly Value[] {
  const [a, b, c] = [context.input(0), context.input(1), context.optional(2)];
  const alpha = unitAttribute(context, "alpha");
  const beta = unitAttribute(context, "beta");
  const attrs = {
    transA: context.attributes.int("transA", 0) !== 0,
    transB: context.attributes.int("transB", 0) !== 0,
    ...(alpha === 1 ? {} : { alpha }),
  };
  const product = context.emit(ops.matMul, attrs, [a, b]);
  if (!c || beta === 0) return [product];
  const scaled = beta === 1 ? c : binary(context, ops.mul, c, scalarLike(context, c, beta));
  return [binary(context, ops.add, product, scaled)];
}

export function MatMul(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.matMul, {}, [context.input(0), context.input(1)])];
}

export function MatMulInteger(context: OnnxContext): readonly Value[] {
  const [a, b] = [context.input(0), context.input(1)];
  const aZero = context.optional(2) ?? scalarLike(context, a, 0);
  const bZero = context.optional(3) ?? scalarLike(context, b, 0);
  return [context.emit(ops.matMulInteger, {}, [a, b, aZero, bZero])];
}

function poolAttrs(context: OnnxContext, x: Value) {
  const rank = spatialRank(context, x);
  if (!context.attributes.has("kernel_shape"))
    context.fail("attribute kernel_shape is absent", "it to be given");
  return {
    kernel: spatialInts(context, "kernel_shape", rank, 1),
    strides: spatialInts(context, "strides", rank, 1),
    pads: spatialInts(context, "pads", 2 * rank, 0),
    dilations: spatialInts(context, "dilations", rank, 1),
    ceilMode: context.attributes.int("ceil_mode", 0) !== 0,
    autoPad: autoPadOf(context),
  };
}

export function MaxPool(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const storageOrder = context.attributes.int("storage_order", 0) === 1 ? (1 as const) : (0 as const);
  const attrs = { ...poolAttrs(context, x), storageOrder, withIndices: context.wants(1) };
  return context.emitAll(ops.maxPool, attrs, [x]);
}

export function AveragePool(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const countIncludePad = context.attributes.int("count_include_pad", 0) !== 0;
  return [context.emit(ops.averagePool, { ...poolAttrs(context, x), countIncludePad }, [x])];
}

function powerOf(context: OnnxContext): number {
  return context.opset < 2 ? context.attributes.float("p", 2) : context.attributes.int("p", 2);
}

export function LpPool(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  return [context.emit(ops.lpPool, { ...poolAttrs(context, x), p: powerOf(context) }, [x])];
}

export function MaxUnpool(context: OnnxContext): readonly Value[] {
  const [x, indices, shape] = [context.input(0), context.input(1), context.optional(2)];
  const { kernel, strides, pads } = poolAttrs(context, x);
  return [context.emit(ops.maxUnpool, { kernel, strides, pads }, shape ? [x, indices, shape] : [x, indices])];
}

export const GlobalAveragePool: Convert = unary(ops.globalAveragePool);
export const GlobalMaxPool: Convert = unary(ops.globalMaxPool);

export function GlobalLpPool(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.globalLpPool, { p: powerOf(context) }, [context.input(0)])];
}

export function RoiAlign(context: OnnxContext): readonly Value[] {
  const { attributes } = context;
  const otherwise = context.opset < 16 ? "output_half_pixel" : "half_pixel";
  const coordinates = attributes.string("coordinate_transformation_mode", otherwise);
  const mode = attributes.string("mode", "avg");
  if (mode !== "avg" && mode !== "max") context.fail(`mode "${mode}"`, "avg or max");
  const attrs = {
    mode: mode as "avg" | "max",
    outputHeight: attributes.int("output_height", 1),
    outputWidth: attributes.int("output_width", 1),
    samplingRatio: attributes.int("sampling_ratio", 0),
    spatialScale: attributes.float("spatial_scale", 1),
    coordinateMode: coordinates === "half_pixel" ? ("halfPixel" as const) : ("outputHalfPixel" as const),
  };
  return [context.emit(ops.roiAlign, attrs, [context.input(0), context.input(1), context.input(2)])];
}

export function MaxRoiPool(context: OnnxContext): readonly Value[] {
  const [pooledHeight = 0, pooledWidth = 0] = context.requiredInts("pooled_shape");
  const attrs = { pooledHeight, pooledWidth, spatialScale: context.attributes.float("spatial_scale", 1) };
  return [context.emit(ops.maxRoiPool, attrs, [context.input(0), context.input(1)])];
}

/** The number of spatial dimensions is that of the image shape. */
export function Col2Im(context: OnnxContext): readonly Value[] {
  const [x, image, block] = [context.input(0), context.input(1), context.input(2)];
  const rank = lengthOf(context, image, "image_shape");
  const attrs = {
    strides: spatialInts(context, "strides", rank, 1),
    pads: spatialInts(context, "pads", 2 * rank, 0),
    dilations: spatialInts(context, "dilations", rank, 1),
  };
  return [context.emit(ops.col2Im, attrs, [x, image, block])];
}

export function DeformConv(context: OnnxContext): readonly Value[] {
  const [x, w, offset, mask] = [context.input(0), context.input(1), context.input(2), context.optional(4)];
  const { strides, pads, dilations, groups } = convAttrs(context, x);
  const bias = context.optional(3) ?? filled(context, scalarLike(context, x, 0), dimOf(context, w, 0));
  const attrs = { strides, pads, dilations, groups, offsetGroups: context.attributes.int("offset_group", 1) };
  return [context.emit(ops.deformConv, attrs, mask ? [x, w, offset, bias, mask] : [x, w, offset, bias])];
}
