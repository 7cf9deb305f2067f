import { ShapeError } from "../errors.ts";
import { fromNumbers, roundHalfEven } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { formatShape, isStatic, numElements } from "../ir/shape.ts";
import type { TensorType } from "../ir/tensor.ts";
import { canEqual } from "./shared/channels.ts";
import { checkFloat, checkInputs, checkRank } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";

export interface GridSampleAttrs {
  readonly mode: "linear" | "nearest" | "cubic";
  readonly paddingMode: "zeros" | "border" | "reflection";
  /** -1 and 1 are the centres of the corner pixels, not their outer edges. */
  readonly alignCorners: boolean;
}

function denormalize(x: number, size: number, alignCorners: boolean): number {
  return alignCorners ? ((x + 1) / 2) * (size - 1) : ((x + 1) * size - 1) / 2;
}

/** A triangle wave between the borders. */
function reflect(x: number, low: number, high: number): number {
  const range = high - low;
  if (range <= 0) return low;
  const distance = Math.abs(x - low) % (2 * range);
  return low + (distance > range ? 2 * range - distance : distance);
}

const clamp = (x: number, size: number): number => Math.min(Math.max(x, 0), size - 1);

/** Pixel index along an axis, -1 for a zero. */
function resolveIndex(index: number, size: number, attrs: GridSampleAttrs): number {
  if (index >= 0 && index < size) return index;
  if (attrs.paddingMode === "zeros" || !Number.isFinite(index)) return -1;
  if (attrs.paddingMode === "border") return clamp(index, size);
  const [low, high] = attrs.alignCorners ? [0, size - 1] : [-0.5, size - 0.5];
  return clamp(Math.round(reflect(index, low, high)), size);
}

interface Taps {
  readonly indices: number[];
  readonly weights: number[];
}

/** Keys 1981 with A = -0.75. */
function cubicWeights(t: number): number[] {
  const a = -0.75;
  const far = (d: number): number => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  const near = (d: number): number => ((a + 2) * d - (a + 3)) * d * d + 1;
  return [far(1 + t), near(t), near(1 - t), far(2 - t)];
}

function padCoordinate(x: number, size: number, attrs: GridSampleAttrs): number {
  if (attrs.paddingMode === "zeros" || attrs.mode === "cubic" || !Number.isFinite(x)) return x;
  if (attrs.paddingMode === "border") return clamp(x, size);
  const [low, high] = attrs.alignCorners ? [0, size - 1] : [-0.5, size - 0.5];
  return clamp(reflect(x, low, high), size);
}

function axisTaps(coordinate: number, size: number, attrs: GridSampleAttrs): Taps {
  const x = padCoordinate(denormalize(coordinate, size, attrs.alignCorners), size, attrs);
  if (attrs.mode === "nearest")
    return { indices: [resolveIndex(roundHalfEven(x), size, attrs)], weights: [1] };
  const floor = Math.floor(x);
  const t = x - floor;
  const [first, weights] = attrs.mode === "linear" ? [floor, [1 - t, t]] : [floor - 1, cubicWeights(t)];
  return { indices: weights.map((_, i) => resolveIndex(first + i, size, attrs)), weights };
}

interface Samples {
  readonly offsets: readonly number[];
  readonly weights: readonly number[];
}

/** Plane offsets and weights of one grid point; the grid's last axis counts from the innermost dimension. */
function pointSamples(
  grid: Float64Array,
  at: number,
  spatial: readonly number[],
  attrs: GridSampleAttrs,
): Samples {
  let samples: { offset: number; weight: number }[] = [{ offset: 0, weight: 1 }];
  spatial.forEach((size, axis) => {
    const taps = axisTaps(grid[at + spatial.length - 1 - axis]!, size, attrs);
    samples = samples.flatMap(({ offset, weight }) =>
      taps.indices.flatMap((index, i) =>
        index < 0 ? [] : [{ offset: offset * size + index, weight: weight * taps.weights[i]! }],
      ),
    );
  });
  return { offsets: samples.map(({ offset }) => offset), weights: samples.map(({ weight }) => weight) };
}

/**
 * x [N,C,spatial...] with 2 or 3 spatial dimensions, grid [N,out...,2 or 3] of (x, y[, z]) in [-1,1] ->
 * y [N,C,out...], of floats. Throws ShapeError.
 */
export const gridSample: Op<GridSampleAttrs> = defineOp<GridSampleAttrs>({
  name: "gridSample",
  accuracy: "rounding",
  infer(inputs) {
    checkInputs(inputs, 2);
    const [x, grid] = inputs as readonly [TensorType, TensorType];
    checkFloat(x, "input");
    checkFloat(grid, "grid");
    checkRank(x, 4, 5, "input");
    checkRank(grid, x.shape.length, x.shape.length, "grid");
    const rank = x.shape.length - 2;
    if (!canEqual(grid.shape.at(-1)!, rank) || !canEqual(grid.shape[0]!, x.shape[0]!)) {
      throw new ShapeError(
        `grid has shape ${formatShape(grid.shape)}; expected [${x.shape[0]},...,${rank}] (input ${formatShape(x.shape)}).`,
      );
    }
    return [{ dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...grid.shape.slice(1, -1)] }];
  },
  reference([x, grid], attrs) {
    const [batch, channels, ...spatial] = x!.shape as [number, number, ...number[]];
    const outSpatial = grid!.shape.slice(1, -1);
    const [inPlane, outPlane] = [numElements(spatial), numElements(outSpatial)];
    const shape = [batch, channels, ...outSpatial];
    const [values, points, out] = [toDoubles(x!), toDoubles(grid!), doubles(shape)];
    for (let point = 0; point < batch * outPlane; point++) {
      const { offsets, weights } = pointSamples(points, point * spatial.length, spatial, attrs);
      const n = Math.floor(point / outPlane);
      for (let c = 0; c < channels; c++) {
        const plane = n * channels + c;
        let sum = 0;
        for (let i = 0; i < offsets.length; i++) sum += weights[i]! * values[plane * inPlane + offsets[i]!]!;
        out[plane * outPlane + (point % outPlane)] = sum;
      }
    }
    return [fromNumbers(x!.dtype, shape, out)];
  },
  flops([x], [y], { mode }) {
    const taps = (mode === "nearest" ? 1 : mode === "linear" ? 2 : 4) ** (x!.shape.length - 2);
    return isStatic(y!.shape) ? 2 * taps * numElements(y!.shape) : 0;
  },
});
