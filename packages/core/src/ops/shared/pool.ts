import { numElements, type Shape } from "../../ir/shape.ts";
import type { TensorType } from "../../ir/tensor.ts";
import { checkInputs, checkRank } from "./check.ts";
import { doubles } from "./doubles.ts";
import { type AxisTaps, addTaps, makeTaps, type Taps } from "./taps.ts";
import { type AutoPad, type ResolvedWindow, resolveWindow, windowShape } from "./window.ts";

/** One entry per spatial dimension (1 to 3); pads are [begin..., end...]. */
export interface PoolAttrs {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly ceilMode: boolean;
  readonly autoPad: AutoPad;
}

/** x [N,C,spatial...] -> [N,C,spatial...]. Throws ShapeError. */
export function poolShape(inputs: readonly TensorType[], attrs: PoolAttrs): Shape {
  checkInputs(inputs, 1);
  const [x] = inputs as [TensorType];
  const rank = attrs.kernel.length + 2;
  checkRank(x, Math.max(3, Math.min(5, rank)), Math.max(3, Math.min(5, rank)), "input");
  return [...x.shape.slice(0, 2), ...windowShape(x.shape.slice(2), attrs.kernel, attrs)];
}

export interface PoolGeometry extends ResolvedWindow {
  readonly taps: Taps;
  /** N * C. */
  readonly planes: number;
  readonly inPlane: number;
  readonly outPlane: number;
  readonly shape: readonly number[];
}

export function poolGeometry(x: readonly number[], attrs: PoolAttrs): PoolGeometry {
  const spatial = x.slice(2);
  const { pads, output } = resolveWindow(spatial, attrs.kernel, attrs);
  return {
    pads,
    output,
    taps: makeTaps({ ...attrs, pads }, output, spatial),
    planes: x[0]! * x[1]!,
    inPlane: numElements(spatial),
    outPlane: numElements(output),
    shape: [x[0]!, x[1]!, ...output],
  };
}

/** Per output, the sum over its window; padding adds nothing. */
export function windowSums(values: Float64Array, geometry: PoolGeometry): Float64Array {
  const { taps, planes, inPlane, outPlane, shape } = geometry;
  const sums = doubles(shape);
  const ones = { data: new Float64Array(numElements(taps.map(({ kernel }) => kernel))).fill(1), at: 0 };
  for (let plane = 0; plane < planes; plane++) {
    addTaps(taps, ones, { data: sums, at: plane * outPlane }, { data: values, at: plane * inPlane });
  }
  return sums;
}

/** Per output along one axis, how many window positions fall into the first `limit` strided indices. */
export function countAlong(taps: AxisTaps, limit: number, includesBegin: boolean): Float64Array {
  const counts = new Float64Array(taps.counterSize);
  const dilation = taps.kernel > 1 ? taps.offset[1]! - taps.offset[0]! : 1;
  for (let i = 0; i < counts.length; i++) {
    const start = i * taps.stride + taps.offset[0]!;
    const first = includesBegin ? 0 : Math.max(0, Math.ceil(-start / dilation));
    const last = Math.min(taps.kernel - 1, Math.floor((limit - 1 - start) / dilation));
    counts[i] = Math.max(0, last - first + 1);
  }
  return counts;
}
