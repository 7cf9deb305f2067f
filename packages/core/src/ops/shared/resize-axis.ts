import type { ResizeAttrs } from "../resize.ts";

/** Which inputs make each output along one axis: `taps` per output, clamped to the edges, and their weights. */
export interface ResizeAxis {
  readonly input: number;
  readonly output: number;
  readonly taps: number;
  /** [output, taps] */
  readonly indices: Int32Array;
  readonly weights: Float64Array;
  /** [output]: 1 where the coordinate lies outside the input (tfCropAndResize only). */
  readonly isOutside: Uint8Array;
}

export interface AxisScale {
  readonly input: number;
  readonly output: number;
  /** output / input, as given or computed; single precision. */
  readonly scale: number;
  /** Start and end of the region of interest, normalised. */
  readonly roi: readonly [number, number];
}

const f32 = Math.fround;

/** The output's length as the scale gives it, before it is rounded down. */
function scaledLength({ input, output, scale }: AxisScale): number {
  const length = f32(scale * input);
  return Math.abs(length - output) < 1e-3 ? output : length;
}

/** The input coordinate of output index `i`, in single precision as every runtime computes it. */
export function inputCoordinate(i: number, axis: AxisScale, mode: ResizeAttrs["coordinateMode"]): number {
  const { input, output, scale } = axis;
  switch (mode) {
    case "halfPixel":
      return f32(f32((i + 0.5) / scale) - 0.5);
    case "halfPixelSymmetric": {
      const adjustment = f32(output / f32(scale * input));
      const offset = f32((input / 2) * f32(1 - adjustment));
      return f32(offset + f32(f32((i + 0.5) / scale) - 0.5));
    }
    case "asymmetric":
      return f32(i / scale);
    case "alignCorners":
      return output === 1 ? 0 : f32((i * (input - 1)) / (scaledLength(axis) - 1));
    case "pytorchHalfPixel":
      return output > 1 ? f32(f32((i + 0.5) / scale) - 0.5) : 0;
    case "tfHalfPixelForNN":
      return f32((i + 0.5) / scale);
    case "tfCropAndResize": {
      const [start, end] = axis.roi;
      if (output === 1) return f32(0.5 * (start + end) * (input - 1));
      return f32(f32(start * (input - 1)) + f32((i * f32(end - start) * (input - 1)) / (output - 1)));
    }
    default:
      return mode satisfies never;
  }
}

export function nearestIndex(x: number, mode: ResizeAttrs["nearestMode"]): number {
  switch (mode) {
    case "roundPreferFloor":
      return Math.ceil(x - 0.5);
    case "roundPreferCeil":
      return Math.floor(x + 0.5);
    case "floor":
      return Math.floor(x);
    case "ceil":
      return Math.ceil(x);
    default:
      return mode satisfies never;
  }
}

/** Keys 1981, eq. 4, with A free. */
function cubicWeight(distance: number, a: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

interface Filter {
  readonly reach: number;
  weight(distance: number): number;
}

/** The kernel, stretched by 1 / scale where `antialias` shrinks. */
function filterOf(attrs: ResizeAttrs, scale: number): Filter {
  const stretch = attrs.antialias ? Math.min(1, scale) : 1;
  const reach = attrs.mode === "cubic" ? 2 : 1;
  const weight =
    attrs.mode === "cubic"
      ? (d: number): number => cubicWeight(d * stretch, attrs.cubicCoeffA)
      : (d: number): number => Math.max(0, 1 - Math.abs(d * stretch));
  return { reach: reach / stretch, weight };
}

function nearestAxis(axis: AxisScale, attrs: ResizeAttrs): ResizeAxis {
  const { input, output } = axis;
  const indices = new Int32Array(output);
  const isOutside = new Uint8Array(output);
  for (let i = 0; i < output; i++) {
    const x = inputCoordinate(i, axis, attrs.coordinateMode);
    isOutside[i] = x < 0 || x > input - 1 ? 1 : 0;
    indices[i] = Math.min(Math.max(nearestIndex(x, attrs.nearestMode), 0), input - 1);
  }
  return { input, output, taps: 1, indices, weights: new Float64Array(output).fill(1), isOutside };
}

function filteredAxis(axis: AxisScale, attrs: ResizeAttrs): ResizeAxis {
  const { input, output } = axis;
  const { reach, weight } = filterOf(attrs, axis.scale);
  const firstTap = Math.floor(-reach) + 1;
  const taps = 2 - 2 * firstTap;
  const indices = new Int32Array(output * taps);
  const weights = new Float64Array(output * taps);
  const isOutside = new Uint8Array(output);
  for (let i = 0; i < output; i++) {
    const x = inputCoordinate(i, axis, attrs.coordinateMode);
    isOutside[i] = x < 0 || x > input - 1 ? 1 : 0;
    const floor = Math.floor(x);
    let sum = 0;
    for (let t = 0; t < taps; t++) {
      const at = floor + firstTap + t;
      const isInside = at >= 0 && at < input;
      const w = attrs.excludeOutside && !isInside ? 0 : weight(at - x);
      indices[i * taps + t] = Math.min(Math.max(at, 0), input - 1);
      weights[i * taps + t] = w;
      sum += w;
    }
    if (!attrs.antialias && !attrs.excludeOutside) continue;
    for (let t = 0; t < taps; t++) weights[i * taps + t]! /= sum;
  }
  return { input, output, taps, indices, weights, isOutside };
}

/** The table of one axis. Kernels may read the same one. */
export function resizeAxis(axis: AxisScale, attrs: ResizeAttrs): ResizeAxis {
  return attrs.mode === "nearest" ? nearestAxis(axis, attrs) : filteredAxis(axis, attrs);
}
