import { ops, Tensor, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { asInt64, range, rankOf } from "./common.ts";

const coordinateModes = {
  half_pixel: "halfPixel",
  half_pixel_symmetric: "halfPixelSymmetric",
  asymmetric: "asymmetric",
  align_corners: "alignCorners",
  pytorch_half_pixel: "pytorchHalfPixel",
  tf_crop_and_resize: "tfCropAndResize",
  tf_half_pixel_for_nn: "tfHalfPixelForNN",
} as const;

const nearestModes = {
  round_prefer_floor: "roundPreferFloor",
  round_prefer_ceil: "roundPreferCeil",
  floor: "floor",
  ceil: "ceil",
} as const;

const modes = {
  nearest: "nearest",
  linear: "linear",
  bilinear: "linear",
  cubic: "cubic",
  bicubic: "cubic",
} as const;
const policies = { stretch: "stretch", not_larger: "notLarger", not_smaller: "notSmaller" } as const;

function choose<T extends object>(
  context: OnnxContext,
  name: string,
  table: T,
  otherwise: keyof T & string,
): T[keyof T] {
  const text = context.attributes.string(name, otherwise);
  if (Object.hasOwn(table, text)) return table[text as keyof T];
  return context.fail(`${name} "${text}"`, Object.keys(table).join(", "));
}

function isGiven(value: Value | undefined): value is Value {
  return value !== undefined && !(value.type.shape.length === 1 && value.type.shape[0] === 0);
}

const older = {
  coordinateMode: "asymmetric",
  nearestMode: "floor",
  cubicCoeffA: -0.75,
  excludeOutside: false,
  antialias: false,
  extrapolationValue: 0,
  keepAspectRatio: "stretch",
} as const;

function byScales(context: OnnxContext, scales: Value): readonly Value[] {
  const x = context.input(0);
  const mode = choose(context, "mode", modes, "nearest");
  return [
    context.emit(ops.resize, { ...older, by: "scales", axes: [...range(rankOf(x))], mode }, [x, scales]),
  ];
}

export function Resize(context: OnnxContext): readonly Value[] {
  if (context.opset < 11) return byScales(context, context.input(1));
  const [x, roi, scales, sizes] = [
    context.input(0),
    context.optional(1),
    context.optional(2),
    context.optional(3),
  ];
  const { attributes } = context;
  const target = isGiven(scales) ? scales : isGiven(sizes) ? asInt64(context, sizes) : undefined;
  if (!target) context.fail("neither scales nor sizes", "one of them");
  const coordinateMode = choose(context, "coordinate_transformation_mode", coordinateModes, "half_pixel");
  const attrs = {
    by: isGiven(scales) ? ("scales" as const) : ("sizes" as const),
    axes: [...(attributes.ints("axes") ?? range(rankOf(x)))],
    mode: choose(context, "mode", modes, "nearest"),
    coordinateMode,
    nearestMode: choose(context, "nearest_mode", nearestModes, "round_prefer_floor"),
    cubicCoeffA: attributes.float("cubic_coeff_a", -0.75),
    excludeOutside: attributes.int("exclude_outside", 0) !== 0,
    antialias: attributes.int("antialias", 0) !== 0,
    extrapolationValue: attributes.float("extrapolation_value", 0),
    keepAspectRatio: choose(context, "keep_aspect_ratio_policy", policies, "stretch"),
  };
  const isCrop = coordinateMode === "tfCropAndResize" && isGiven(roi);
  return [context.emit(ops.resize, attrs, isCrop ? [x, target, roi] : [x, target])];
}

export function Upsample(context: OnnxContext): readonly Value[] {
  if (context.opset >= 9) return byScales(context, context.input(1));
  const { attributes } = context;
  const scales = attributes.floats("scales") ?? [
    1,
    1,
    attributes.float("height_scale", 1),
    attributes.float("width_scale", 1),
  ];
  return byScales(context, context.constant(Tensor.from("f32", [scales.length], [...scales])));
}

const gridModes = {
  linear: "linear",
  bilinear: "linear",
  nearest: "nearest",
  cubic: "cubic",
  bicubic: "cubic",
} as const;
const paddingModes = { zeros: "zeros", border: "border", reflection: "reflection" } as const;

export function GridSample(context: OnnxContext): readonly Value[] {
  const attrs = {
    mode: choose(context, "mode", gridModes, "linear"),
    paddingMode: choose(context, "padding_mode", paddingModes, "zeros"),
    alignCorners: context.attributes.int("align_corners", 0) !== 0,
  };
  return [context.emit(ops.gridSample, attrs, [context.input(0), context.input(1)])];
}
