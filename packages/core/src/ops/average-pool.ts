import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { isStatic, numElements } from "../ir/shape.ts";
import type { TensorType } from "../ir/tensor.ts";
import { checkFloat } from "./shared/check.ts";
import { toDoubles } from "./shared/doubles.ts";
import {
  countAlong,
  type PoolAttrs,
  type PoolGeometry,
  poolGeometry,
  poolShape,
  windowSums,
} from "./shared/pool.ts";

export interface AveragePoolAttrs extends PoolAttrs {
  /** Padding counts as zeros; what lies past the end padding (ceilMode) never counts. */
  readonly countIncludePad: boolean;
}

export function poolFlops(output: TensorType, kernel: readonly number[]): number {
  return isStatic(output.shape) ? numElements(output.shape) * numElements(kernel) : 0;
}

function windowCounts(geometry: PoolGeometry, countIncludePad: boolean): Float64Array {
  const { taps, pads, outPlane } = geometry;
  const rank = pads.length / 2;
  const [d, h, w] = taps.map((axis, i) => {
    const end = countIncludePad ? (pads[rank + i - (3 - rank)] ?? 0) : 0;
    return countAlong(axis, axis.stridedSize + end, countIncludePad);
  }) as [Float64Array, Float64Array, Float64Array];
  const counts = new Float64Array(outPlane);
  let at = 0;
  for (const a of d) for (const b of h) for (const c of w) counts[at++] = a * b * c;
  return counts;
}

/** x [N,C,spatial...] -> y [N,C,spatial...], of floats: the mean over each window. Throws ShapeError. */
export const averagePool: Op<AveragePoolAttrs> = defineOp<AveragePoolAttrs>({
  name: "averagePool",
  accuracy: "rounding",
  infer(inputs, attrs) {
    const shape = poolShape(inputs, attrs);
    checkFloat(inputs[0]!, "input");
    return [{ dtype: inputs[0]!.dtype, shape }];
  },
  reference([x], attrs) {
    const geometry = poolGeometry(x!.shape, attrs);
    const sums = windowSums(toDoubles(x!), geometry);
    const counts = windowCounts(geometry, attrs.countIncludePad);
    for (let i = 0; i < sums.length; i++) {
      const count = counts[i % geometry.outPlane]!;
      sums[i] = count === 0 ? 0 : sums[i]! / count;
    }
    return [fromNumbers(x!.dtype, geometry.shape, sums)];
  },
  flops: (_, [y], { kernel }) => poolFlops(y!, kernel),
});
