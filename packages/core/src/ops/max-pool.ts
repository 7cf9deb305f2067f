import { ShapeError } from "../errors.ts";
import { isFloat } from "../ir/dtype.ts";
import { fromNumbers, integerLimits } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { Tensor } from "../ir/tensor.ts";
import { poolFlops } from "./average-pool.ts";
import { allocate } from "./shared/allocate.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";
import { type PoolAttrs, type PoolGeometry, poolGeometry, poolShape } from "./shared/pool.ts";

export interface MaxPoolAttrs extends PoolAttrs {
  /** 1: indices count down the columns of each [H,W] first. */
  readonly storageOrder: 0 | 1;
  readonly withIndices: boolean;
}

interface Best {
  readonly values: Float64Array;
  /** Index within the plane. */
  readonly where: Float64Array;
}

/** Later window positions win only when greater, so the first maximum in row-major order stays. */
function poolPlane(x: Float64Array, plane: number, geometry: PoolGeometry, best: Best): void {
  const [d, h, w] = geometry.taps;
  for (let kd = 0; kd < d.kernel; kd++) {
    for (let kh = 0; kh < h.kernel; kh++) {
      for (let kw = 0; kw < w.kernel; kw++) poolTap(x, plane, geometry, { best, kd, kh, kw });
    }
  }
}

interface Tap {
  readonly best: Best;
  readonly kd: number;
  readonly kh: number;
  readonly kw: number;
}

function poolTap(x: Float64Array, plane: number, geometry: PoolGeometry, tap: Tap): void {
  const [d, h, w] = geometry.taps;
  const { values, where } = tap.best;
  const [firstW, lastW, offsetW] = [w.first[tap.kw]!, w.last[tap.kw]!, w.offset[tap.kw]!];
  const base = plane * geometry.inPlane;
  for (let od = d.first[tap.kd]!; od <= d.last[tap.kd]!; od++) {
    for (let oh = h.first[tap.kh]!; oh <= h.last[tap.kh]!; oh++) {
      const inD = od * d.stride + d.offset[tap.kd]!;
      const inRow = (inD * h.stridedSize + oh * h.stride + h.offset[tap.kh]!) * w.stridedSize;
      const outRow = plane * geometry.outPlane + (od * h.counterSize + oh) * w.counterSize;
      for (let ow = firstW; ow <= lastW; ow++) {
        const at = inRow + ow * w.stride + offsetW;
        if (x[base + at]! > values[outRow + ow]! || where[outRow + ow] === -1) {
          values[outRow + ow] = x[base + at]!;
          where[outRow + ow] = at;
        }
      }
    }
  }
}

/** Index within the plane -> index into the whole tensor, as ONNX counts. Windows of padding only give -1. */
function toIndices(where: Float64Array, geometry: PoolGeometry, storageOrder: 0 | 1): BigInt64Array {
  const [d, h, w] = geometry.taps;
  const out = allocate("i64", geometry.shape) as BigInt64Array;
  for (let i = 0; i < out.length; i++) {
    const at = where[i]!;
    const base = Math.floor(i / geometry.outPlane) * geometry.inPlane;
    if (at < 0 || storageOrder === 0) {
      out[i] = BigInt(at < 0 ? -1 : base + at);
      continue;
    }
    const col = at % w.stridedSize;
    const row = Math.floor(at / w.stridedSize) % h.stridedSize;
    const depth = Math.floor(at / (w.stridedSize * h.stridedSize));
    out[i] = BigInt(base + depth + (row + col * h.stridedSize) * d.stridedSize);
  }
  return out;
}

/**
 * x [N,C,spatial...] -> y [N,C,spatial...], and with `withIndices` where each maximum stands in x (i64). Floats, i8
 * and u8; padding never wins. Throws ShapeError.
 */
export const maxPool: Op<MaxPoolAttrs> = defineOp<MaxPoolAttrs>({
  name: "maxPool",
  accuracy: "exact",
  infer(inputs, attrs) {
    const shape = poolShape(inputs, attrs);
    const { dtype } = inputs[0]!;
    if (!isFloat(dtype) && dtype !== "i8" && dtype !== "u8") {
      throw new ShapeError(`input is ${dtype}; expected a float, i8 or u8.`);
    }
    return attrs.withIndices
      ? [
          { dtype, shape },
          { dtype: "i64", shape },
        ]
      : [{ dtype, shape }];
  },
  reference([x], attrs) {
    const geometry = poolGeometry(x!.shape, attrs);
    const least = isFloat(x!.dtype) ? Number.NEGATIVE_INFINITY : integerLimits(x!.dtype)[0];
    const values = doubles(geometry.shape).fill(least);
    const where = doubles(geometry.shape).fill(-1);
    const source = toDoubles(x!);
    for (let plane = 0; plane < geometry.planes; plane++)
      poolPlane(source, plane, geometry, { values, where });
    const y = fromNumbers(x!.dtype, geometry.shape, values);
    if (!attrs.withIndices) return [y];
    return [y, Tensor.from("i64", geometry.shape, toIndices(where, geometry, attrs.storageOrder))];
  },
  flops: (_, [y], { kernel }) => poolFlops(y!, kernel),
});
