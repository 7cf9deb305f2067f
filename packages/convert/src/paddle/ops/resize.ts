import { ops, type Value } from "@coracle/core";
import type { Convert, PaddleContext, Results } from "../context.ts";
import { indicesFrom, rankOf, requireChannelsFirst } from "./common.ts";

type Mode = "nearest" | "linear" | "cubic";

const plain = {
  cubicCoeffA: -0.75,
  excludeOutside: false,
  antialias: false,
  extrapolationValue: 0,
  keepAspectRatio: "stretch",
} as const;

/** Where an output element lies in the input; `nearestMode` is read by nearest only, whose half rounds up. */
function coordinates(c: PaddleContext, mode: Mode) {
  const nearestMode = c.bool("align_corners", true) ? ("roundPreferCeil" as const) : ("floor" as const);
  if (c.bool("align_corners", true)) return { coordinateMode: "alignCorners" as const, nearestMode };
  const isHalf = mode === "cubic" || (mode === "linear" && c.int("align_mode", 1) === 0);
  return { coordinateMode: isHalf ? ("halfPixel" as const) : ("asymmetric" as const), nearestMode };
}

const sizeAttributes = ["out_d", "out_h", "out_w"];

function sizesOf(c: PaddleContext, rank: number): Value | undefined {
  return indicesFrom(c, { list: "SizeTensor", tensor: "OutSize" }) ?? sizeAttribute(c, rank);
}

function sizeAttribute(c: PaddleContext, rank: number): Value | undefined {
  const sizes = sizeAttributes.slice(-rank).map((name) => c.int(name, -1));
  return sizes.every((size) => size > 0) ? c.indices(sizes) : undefined;
}

function scalesOf(c: PaddleContext, rank: number): Value | undefined {
  const given = c.optional("Scale");
  if (given) {
    const count = given.type.shape[0];
    return count === rank ? given : c.emit(ops.expand, {}, [given, c.indices([rank])]);
  }
  const scales = (c.floats("scale") ?? []).filter((scale) => scale > 0);
  if (scales.length === 0) return undefined;
  const each = scales.length === rank ? scales : new Array<number>(rank).fill(scales[0]!);
  return c.constantFloats(each);
}

/** Sizes given as tensors, then scales, then sizes given as attributes: in this order. */
function interpolation(mode: Mode): Convert {
  return (c): Results => {
    requireChannelsFirst(c, "data_layout");
    const x = c.input("X");
    const rank = rankOf(x) - 2;
    const axes = Array.from({ length: rank }, (_, i) => 2 + i);
    const attrs = { ...plain, ...coordinates(c, mode), axes, mode };
    const fromTensors = indicesFrom(c, { list: "SizeTensor", tensor: "OutSize" });
    const scales = fromTensors ? undefined : scalesOf(c, rank);
    if (scales) return { Out: c.emit(ops.resize, { ...attrs, by: "scales" as const }, [x, scales]) };
    const sizes = fromTensors ?? sizesOf(c, rank) ?? c.fail("no size and no scale", "one of them");
    return { Out: c.emit(ops.resize, { ...attrs, by: "sizes" as const }, [x, sizes]) };
  };
}

const gridSampler: Convert = (c) => {
  const mode = c.string("mode", "bilinear") === "nearest" ? ("nearest" as const) : ("linear" as const);
  const paddings = { zeros: "zeros", border: "border", reflection: "reflection" } as const;
  const padding = c.string("padding_mode", "zeros") as keyof typeof paddings;
  const attrs = {
    mode,
    paddingMode: paddings[padding] ?? "zeros",
    alignCorners: c.bool("align_corners", true),
  };
  return { Output: c.emit(ops.gridSample, attrs, [c.input("X"), c.input("Grid")]) };
};

const linear = interpolation("linear");
const nearest = interpolation("nearest");
const cubic = interpolation("cubic");

export const resize: Readonly<Record<string, Convert>> = {
  bilinear_interp: linear,
  bilinear_interp_v2: linear,
  linear_interp: linear,
  linear_interp_v2: linear,
  trilinear_interp: linear,
  trilinear_interp_v2: linear,
  nearest_interp: nearest,
  nearest_interp_v2: nearest,
  bicubic_interp: cubic,
  bicubic_interp_v2: cubic,
  grid_sampler: gridSampler,
};
