import { DataError, ShapeError } from "../errors.ts";
import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { formatShape, isStatic, numElements } from "../ir/shape.ts";
import { canEqual } from "./shared/channels.ts";
import { checkFloat, checkInputs, checkRank } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";

export interface MaxRoiPoolAttrs {
  readonly pooledHeight: number;
  readonly pooledWidth: number;
  readonly spatialScale: number;
}

/** Pixels [from, to) of each bin along an axis. */
function binsOf(from: number, to: number, count: number, limit: number): (readonly [number, number])[] {
  const size = Math.max(to - from + 1, 1) / count;
  const clamp = (at: number): number => Math.min(Math.max(at + from, 0), limit);
  return Array.from({ length: count }, (_, i) => [
    clamp(Math.floor(i * size)),
    clamp(Math.ceil((i + 1) * size)),
  ]);
}

const roundAway = (x: number): number => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);

/** x [N,C,H,W], rois [R,5] of (batch, x1, y1, x2, y2) -> y [R,C,PH,PW]: the greatest in each bin, 0 in an empty one. Throws ShapeError. */
export const maxRoiPool: Op<MaxRoiPoolAttrs> = defineOp<MaxRoiPoolAttrs>({
  name: "maxRoiPool",
  accuracy: "exact",
  infer(inputs, { pooledHeight, pooledWidth }) {
    checkInputs(inputs, 2);
    const [x, rois] = [inputs[0]!, inputs[1]!];
    checkFloat(x, "x");
    checkRank(x, 4, 4, "x");
    checkRank(rois, 2, 2, "rois");
    if (!canEqual(rois.shape[1]!, 5) || !(pooledHeight >= 1 && pooledWidth >= 1)) {
      throw new ShapeError(
        `rois ${formatShape(rois.shape)} pooled to ${pooledHeight} by ${pooledWidth}; expected [R,5] and sizes of at least 1.`,
      );
    }
    return [{ dtype: x.dtype, shape: [rois.shape[0]!, x.shape[1]!, pooledHeight, pooledWidth] }];
  },
  reference([x, rois], { pooledHeight, pooledWidth, spatialScale }) {
    const [batch, channels, height, width] = x!.shape as [number, number, number, number];
    const shape = [rois!.shape[0]!, channels, pooledHeight, pooledWidth];
    const [data, regions, out] = [toDoubles(x!), toDoubles(rois!), doubles(shape)];
    for (let r = 0, to = 0; r < shape[0]!; r++) {
      const [n, x1, y1, x2, y2] = regions.subarray(r * 5, r * 5 + 5) as unknown as number[];
      if (!(n! >= 0 && n! < batch)) throw new DataError(`roi ${r} of image ${n}; expected one of ${batch}.`);
      const [left, top, right, bottom] = [x1!, y1!, x2!, y2!].map((at) =>
        roundAway(at * spatialScale),
      ) as number[];
      const rows = binsOf(top!, bottom!, pooledHeight, height);
      const columns = binsOf(left!, right!, pooledWidth, width);
      for (let c = 0; c < channels; c++) {
        const plane = (n! * channels + c) * height * width;
        for (const [y, yEnd] of rows) {
          for (const [column, columnEnd] of columns) {
            let most = Number.NEGATIVE_INFINITY;
            for (let row = y; row < yEnd; row++) {
              for (let i = column; i < columnEnd; i++) most = Math.max(most, data[plane + row * width + i]!);
            }
            out[to++] = most === Number.NEGATIVE_INFINITY ? 0 : most;
          }
        }
      }
    }
    return [fromNumbers(x!.dtype, shape, out)];
  },
  flops: (_, [y]) => (isStatic(y!.shape) ? 8 * numElements(y!.shape) : 0),
});
