import { DataError, ShapeError } from "../errors.ts";
import type { DType } from "../ir/dtype.ts";
import { isFloat } from "../ir/dtype.ts";
import { fromNumbers, integerLimits, roundHalfEven } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { type Dim, formatShape, isStatic, normalizeAxis, numElements, type Shape } from "../ir/shape.ts";
import type { Tensor, TensorType } from "../ir/tensor.ts";
import { checkDType, checkInputs, checkRank } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";
import { lanesOf } from "./shared/lanes.ts";
import { type AxisScale, type ResizeAxis, resizeAxis } from "./shared/resize-axis.ts";

export interface ResizeAttrs {
  readonly by: "scales" | "sizes";
  /** What each entry of the second input is for. */
  readonly axes: readonly number[];
  readonly mode: "nearest" | "linear" | "cubic";
  readonly coordinateMode:
    | "halfPixel"
    | "asymmetric"
    | "alignCorners"
    | "pytorchHalfPixel"
    | "halfPixelSymmetric"
    | "tfCropAndResize"
    | "tfHalfPixelForNN";
  readonly nearestMode: "roundPreferFloor" | "roundPreferCeil" | "floor" | "ceil";
  readonly cubicCoeffA: number;
  readonly excludeOutside: boolean;
  readonly antialias: boolean;
  readonly extrapolationValue: number;
  readonly keepAspectRatio: "stretch" | "notLarger" | "notSmaller";
}

function checkTarget(values: readonly number[], attrs: ResizeAttrs): void {
  const isValid = attrs.by === "sizes" ? (v: number) => Number.isInteger(v) && v >= 0 : (v: number) => v > 0;
  if (values.length === attrs.axes.length && values.every((v) => isValid(v) && Number.isFinite(v))) return;
  const kind = attrs.by === "sizes" ? "non-negative integers" : "positive numbers";
  throw new ShapeError(`${attrs.by} ${formatShape(values)}; expected ${attrs.axes.length} ${kind}.`);
}

/** One scale for every axis, so that the result is not larger (or not smaller) than the sizes. */
function uniformScale(input: readonly number[], sizes: readonly number[], attrs: ResizeAttrs): number {
  const ratios = sizes.map((size, i) => Math.fround(size / input[i]!));
  return attrs.keepAspectRatio === "notLarger" ? Math.min(...ratios) : Math.max(...ratios);
}

function scalesOf(input: readonly number[], target: readonly number[], attrs: ResizeAttrs): AxisScale[] {
  const roi = [0, 1] as const;
  if (attrs.by === "scales") {
    return input.map((size, i) => {
      const scale = Math.fround(target[i]!);
      return { input: size, output: Math.floor(Math.fround(size * scale)), scale, roi };
    });
  }
  if (attrs.keepAspectRatio === "stretch") {
    return input.map((size, i) => ({
      input: size,
      output: target[i]!,
      scale: Math.fround(target[i]! / size),
      roi,
    }));
  }
  const scale = uniformScale(input, target, attrs);
  return input.map((size) => ({
    input: size,
    output: Math.floor(Math.fround(scale * size) + 0.5),
    scale,
    roi,
  }));
}

function outputDims(x: Shape, target: readonly number[] | undefined, attrs: ResizeAttrs): Dim[] {
  const out = [...x];
  const axes = attrs.axes.map((axis) => normalizeAxis(axis, x.length));
  const input = axes.map((axis) => x[axis]!);
  if (target) checkTarget(target, attrs);
  if (target && isStatic(input)) {
    scalesOf(input, target, attrs).forEach(({ output }, i) => {
      out[axes[i]!] = output;
    });
    return out;
  }
  axes.forEach((axis, i) => {
    const isExact = target && attrs.by === "sizes" && attrs.keepAspectRatio === "stretch";
    const isKept = target && attrs.by === "scales" && target[i] === 1;
    out[axis] = isExact
      ? target[i]!
      : isKept
        ? x[axis]!
        : scaledSymbol(x[axis]!, axis, target && attrs.by === "scales" ? target[i] : undefined);
  });
  return out;
}

function scaledSymbol(dim: Dim, axis: number, scale: number | undefined): Dim {
  if (scale === undefined) return `?${axis}`;
  if (typeof dim === "number") return Math.floor(Math.fround(dim * Math.fround(scale)));
  return Number.isInteger(scale)
    ? `${/[-+]/.test(dim) ? `(${dim})` : dim}*${scale}`
    : `floor(${dim}*${scale})`;
}

export interface ResizePlan {
  readonly shape: readonly number[];
  /** The axes that change anything, with their tables. */
  readonly axes: readonly { readonly axis: number; readonly table: ResizeAxis }[];
}

/**
 * Output shape and tables for static shapes; `target` holds the scales or sizes, `roi` [starts..., ends...] per axis.
 * Throws ShapeError.
 */
export function planResize(
  x: readonly number[],
  target: readonly number[],
  attrs: ResizeAttrs,
  roi?: readonly number[],
): ResizePlan {
  checkTarget(target, attrs);
  const shape = [...x];
  const axes = attrs.axes.map((axis) => normalizeAxis(axis, x.length));
  const scales = scalesOf(
    axes.map((axis) => x[axis]!),
    target,
    attrs,
  );
  const tables = scales.map((scale, i) => {
    shape[axes[i]!] = scale.output;
    const region = roi && ([roi[i]!, roi[axes.length + i]!] as const);
    return { axis: axes[i]!, scale: region ? { ...scale, roi: region } : scale };
  });
  const isCrop = attrs.coordinateMode === "tfCropAndResize";
  const changing = tables.filter(({ scale }) => isCrop || scale.scale !== 1 || scale.input !== scale.output);
  if (changing.some(({ scale }) => scale.input === 0 && scale.output > 0)) {
    throw new ShapeError(`input has shape ${formatShape(x)}; expected elements to resize from.`);
  }
  return { shape, axes: changing.map(({ axis, scale }) => ({ axis, table: resizeAxis(scale, attrs) })) };
}

function resizeAlong(
  values: Float64Array,
  shape: readonly number[],
  axis: number,
  table: ResizeAxis,
): Float64Array {
  const { outer, inner, length } = lanesOf(shape, axis);
  const { output, taps, indices, weights } = table;
  const out = doubles([outer, output, inner]);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < output; i++) {
      const to = (o * output + i) * inner;
      for (let t = i * taps; t < (i + 1) * taps; t++) {
        const [from, weight] = [(o * length + indices[t]!) * inner, weights[t]!];
        if (weight === 0) continue;
        for (let n = 0; n < inner; n++) out[to + n]! += weight * values[from + n]!;
      }
    }
  }
  return out;
}

function extrapolate(values: Float64Array, plan: ResizePlan, value: number): void {
  for (const { axis, table } of plan.axes) {
    const { outer, length, inner } = lanesOf(plan.shape, axis);
    for (let row = 0; row < outer * length; row++) {
      if (table.isOutside[row % length]) values.fill(value, row * inner, (row + 1) * inner);
    }
  }
}

function rounded(values: Float64Array, dtype: DType, attrs: ResizeAttrs): Float64Array {
  if (isFloat(dtype) || attrs.mode === "nearest") return values;
  const [least, most] = integerLimits(dtype === "bool" ? "u8" : dtype);
  const round = attrs.antialias ? roundHalfEven : (v: number): number => Math.trunc(Math.fround(v));
  return values.map((v) => Math.min(Math.max(round(v), least), most));
}

function resized(x: Tensor, plan: ResizePlan, attrs: ResizeAttrs): Tensor {
  let values = toDoubles(x);
  const shape = [...x.shape];
  for (const { axis, table } of plan.axes) {
    values = resizeAlong(values, shape, axis, table);
    shape[axis] = table.output;
  }
  if (values === x.data) values = values.slice();
  if (attrs.coordinateMode === "tfCropAndResize") extrapolate(values, plan, attrs.extrapolationValue);
  return fromNumbers(x.dtype, plan.shape, rounded(values, x.dtype, attrs));
}

/**
 * x, scales (f32) or sizes (i64) [axes], roi? [2 axes] -> x resampled along `axes` as ONNX Resize means it. Integers
 * are truncated (rounded with antialias) and saturated. Throws ShapeError.
 */
export const resize: Op<ResizeAttrs> = defineOp<ResizeAttrs>({
  name: "resize",
  accuracy: "rounding",
  infer(inputs, attrs, known) {
    checkInputs(inputs, 2, 3);
    const [x, target] = inputs as readonly [TensorType, TensorType];
    if (attrs.by === "sizes") checkDType(target, ["i64", "i32"], "sizes");
    else checkDType(target, ["f32", "f64"], "scales");
    checkRank(target, 1, 1, attrs.by);
    if ((x.dtype === "i64" || x.dtype === "u64") && attrs.mode !== "nearest") {
      throw new ShapeError(
        `input is ${x.dtype} in mode ${attrs.mode}; expected a float or a smaller integer.`,
      );
    }
    const given = known[1];
    return [{ dtype: x.dtype, shape: outputDims(x.shape, given && Array.from(toDoubles(given)), attrs) }];
  },
  reference([x, target, roi], attrs) {
    if (roi && roi.data.length !== 2 * attrs.axes.length) {
      throw new DataError(`roi has ${roi.data.length} numbers; expected ${2 * attrs.axes.length}.`);
    }
    const region = roi && Array.from(toDoubles(roi));
    const plan = planResize(x!.shape, Array.from(toDoubles(target!)), attrs, region);
    return [resized(x!, plan, attrs)];
  },
  flops(_, [y], { axes, mode }) {
    const taps = mode === "nearest" ? 0 : mode === "linear" ? 4 : 8;
    return isStatic(y!.shape) ? axes.length * taps * numElements(y!.shape) : 0;
  },
});
