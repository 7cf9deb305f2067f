import { DataError, ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { formatShape, normalizeAxis } from "../ir/shape.ts";
import { ints, Tensor } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { checkDType, checkInputs, checkRank, checkSameDType } from "./shared/check.ts";
import { lanesOf } from "./shared/lanes.ts";

export interface TensorScatterAttrs {
  /** The sequence; not the batch, which is axis 0. */
  readonly axis: number;
  /** circular: positions past the end go on at the start. */
  readonly mode: "linear" | "circular";
}

function position(start: number, step: number, length: number, mode: TensorScatterAttrs["mode"]): number {
  const wanted = start + step;
  if (mode === "circular") return ((wanted % length) + length) % length;
  if (wanted >= 0 && wanted < length) return wanted;
  throw new DataError(`write index ${start} with an update at ${step}; expected positions below ${length}.`);
}

/**
 * past [B,...,S,...], update [B,...,s,...] of one dtype, writeIndices i64 [B]? (default 0) -> past with the update of
 * each batch written at its index along the axis. Throws ShapeError, and DataError when an index is out of range.
 */
export const tensorScatter: Op<TensorScatterAttrs> = defineOp<TensorScatterAttrs>({
  name: "tensorScatter",
  accuracy: "exact",
  infer(inputs, { axis }) {
    checkInputs(inputs, 2, 3);
    const [past, update, indices] = [inputs[0]!, inputs[1]!, inputs[2]];
    checkSameDType([past, update]);
    const at = normalizeAxis(axis, past.shape.length);
    const fits = update.shape.every((dim, i) => {
      const other = past.shape[i];
      if (typeof dim === "string" || typeof other === "string") return true;
      return i === at ? dim <= other! : dim === other;
    });
    if (at === 0 || !fits || update.shape.length !== past.shape.length) {
      throw new ShapeError(
        `past ${formatShape(past.shape)} and update ${formatShape(update.shape)} with axis ${axis}; expected shapes ` +
          "that differ along an axis after the batch only, the update not longer.",
      );
    }
    if (indices) {
      checkDType(indices, ["i64", "i32"], "writeIndices");
      checkRank(indices, 1, 1, "writeIndices");
    }
    return [{ dtype: past.dtype, shape: past.shape }];
  },
  reference([past, update, indices], { axis, mode }) {
    const at = normalizeAxis(axis, past!.shape.length);
    const [to, from] = [lanesOf(past!.shape, at), lanesOf(update!.shape, at)];
    const out = allocate(past!.dtype, past!.shape) as Float64Array;
    out.set(past!.data as Float64Array);
    const data = update!.data as Float64Array;
    const starts = indices ? ints(indices) : [];
    const perBatch = to.outer / (past!.shape[0]! || 1);
    for (let o = 0; o < from.outer; o++) {
      const start = starts[Math.floor(o / perBatch)] ?? 0;
      for (let i = 0; i < from.length; i++) {
        const target = (o * to.length + position(start, i, to.length, mode)) * to.inner;
        const source = (o * from.length + i) * from.inner;
        for (let n = 0; n < to.inner; n++) out[target + n] = data[source + n]!;
      }
    }
    return [Tensor.from(past!.dtype, past!.shape, out)];
  },
});
