import { DataError, ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { formatShape } from "../ir/shape.ts";
import { Tensor } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { checkDType, checkInputs } from "./shared/check.ts";

export interface TfIdfAttrs {
  /** Counts, whether it occurs at all, or counts by weight. */
  readonly mode: "TF" | "IDF" | "TFIDF";
  readonly minGramLength: number;
  readonly maxGramLength: number;
  /** Elements left out between two of a gram, at most. */
  readonly maxSkipCount: number;
  /** Where the grams of 1, 2, ... elements start in the pool. */
  readonly gramStarts: readonly number[];
  /** The output column of each gram. */
  readonly gramColumns: readonly number[];
  /** All grams, one after the other, as x. */
  readonly pool: Tensor;
  /** One for each gram; empty: 1. */
  readonly weights: readonly number[];
}

const keyOf = (items: readonly unknown[]): string =>
  typeof items[0] === "string" ? JSON.stringify(items) : items.join(",");

/** Gram -> its number in the pool. Throws DataError where the starts leave the pool. */
function gramsOf({ gramStarts, pool, gramColumns }: TfIdfAttrs): ReadonlyMap<string, number> {
  const items: readonly unknown[] = Array.from(pool.data as ArrayLike<unknown>);
  const grams = new Map<string, number>();
  let id = 0;
  gramStarts.forEach((start, i) => {
    const [length, end] = [i + 1, gramStarts[i + 1] ?? items.length];
    if (!(start >= 0 && start <= end && end <= items.length && (end - start) % length === 0)) {
      throw new DataError(
        `grams of ${length} from ${start} to ${end} of a pool of ${items.length}; expected whole grams.`,
      );
    }
    for (let at = start; at < end; at += length) grams.set(keyOf(items.slice(at, at + length)), id++);
  });
  if (id !== gramColumns.length) {
    throw new DataError(`${gramColumns.length} columns for ${id} grams; expected one each.`);
  }
  return grams;
}

function numColumns({ gramColumns }: TfIdfAttrs): number {
  return gramColumns.reduce((most, column) => Math.max(most, column + 1), 0);
}

/** Calls `visit` with each gram of the row, with every number of elements left out. */
function forEachGram(row: readonly unknown[], attrs: TfIdfAttrs, visit: (key: string) => void): void {
  const longest = Math.min(attrs.maxGramLength, attrs.gramStarts.length);
  for (let length = Math.max(1, attrs.minGramLength); length <= longest; length++) {
    const mostSkips = length === 1 ? 0 : attrs.maxSkipCount;
    for (let skips = 0; skips <= mostSkips; skips++) {
      const span = (length - 1) * (skips + 1);
      if (span >= row.length) break;
      for (let at = 0; at + span < row.length; at++) {
        visit(keyOf(Array.from({ length }, (_, i) => row[at + i * (skips + 1)])));
      }
    }
  }
}

/** x [C] or [N,C] of i32, i64 or string -> f32 [columns] or [N,columns]: how often each gram occurs. Throws ShapeError, DataError. */
export const tfIdf: Op<TfIdfAttrs> = defineOp<TfIdfAttrs>({
  name: "tfIdf",
  accuracy: "rounding",
  takes: "strings",
  infer(inputs, attrs) {
    checkInputs(inputs, 1);
    const { shape } = inputs[0]!;
    checkDType(inputs[0]!, ["i32", "i64", "string"], "x");
    if ((inputs[0]!.dtype === "string") !== (attrs.pool.dtype === "string")) {
      throw new ShapeError(`x is ${inputs[0]!.dtype}; expected a pool of its kind, not ${attrs.pool.dtype}.`);
    }
    if (shape.length < 1 || shape.length > 2) {
      throw new ShapeError(`x has shape ${formatShape(shape)}; expected [C] or [N,C].`);
    }
    if (attrs.gramColumns.some((column) => column < 0)) {
      throw new ShapeError("a negative column; expected non-negative ones.");
    }
    return [{ dtype: "f32", shape: [...shape.slice(0, -1), numColumns(attrs)] }];
  },
  reference([x], attrs) {
    const grams = gramsOf(attrs);
    const [length, columns] = [x!.shape.at(-1)!, numColumns(attrs)];
    const shape = [...x!.shape.slice(0, -1), columns];
    const out = allocate("f32", shape) as Float32Array;
    const items: readonly unknown[] = Array.from(x!.data as ArrayLike<unknown>);
    for (let row = 0; row * columns < out.length; row++) {
      const counts = new Map<number, number>();
      forEachGram(items.slice(row * length, (row + 1) * length), attrs, (key) => {
        const gram = grams.get(key);
        if (gram !== undefined) counts.set(gram, (counts.get(gram) ?? 0) + 1);
      });
      for (const [gram, count] of counts) {
        const weight = attrs.mode === "TF" ? 1 : (attrs.weights[gram] ?? 1);
        out[row * columns + attrs.gramColumns[gram]!] = (attrs.mode === "IDF" ? 1 : count) * weight;
      }
    }
    return [Tensor.from("f32", shape, out)];
  },
});
