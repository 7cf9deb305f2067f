import { DataError, ShapeError } from "../errors.ts";
import { fromNumbers, toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { formatShape, isStatic, numElements } from "../ir/shape.ts";
import { checkFloat, checkInputs, checkRank } from "./shared/check.ts";
import { doubles } from "./shared/doubles.ts";
import type { NoAttrs } from "./unary.ts";

function exchange(m: Float64Array, a: number, b: number, n: number): void {
  for (let i = 0; i < n && a !== b; i++) [m[a * n + i], m[b * n + i]] = [m[b * n + i]!, m[a * n + i]!];
}

/** Gauss and Jordan, with row exchange; destroys `a` [n,n]. */
function invert(a: Float64Array, out: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) out[i * n + i] = 1;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) {
      if (Math.abs(a[row * n + column]!) > Math.abs(a[pivot * n + column]!)) pivot = row;
    }
    exchange(a, pivot, column, n);
    exchange(out, pivot, column, n);
    const value = a[column * n + column]!;
    if (value === 0) throw new DataError("a singular matrix; expected one with an inverse.");
    for (let i = 0; i < n; i++) {
      a[column * n + i]! /= value;
      out[column * n + i]! /= value;
    }
    for (let row = 0; row < n; row++) {
      const factor = a[row * n + column]!;
      for (let i = 0; i < n && row !== column; i++) {
        a[row * n + i]! -= factor * a[column * n + i]!;
        out[row * n + i]! -= factor * out[column * n + i]!;
      }
    }
  }
}

/** x [...,n,n] float -> their inverses. Throws ShapeError, DataError for a singular matrix. */
export const inverse: Op<NoAttrs> = defineOp<NoAttrs>({
  name: "inverse",
  accuracy: "rounding",
  infer(inputs) {
    checkInputs(inputs, 1);
    const { dtype, shape } = inputs[0]!;
    checkFloat(inputs[0]!, "x");
    checkRank(inputs[0]!, 2, Number.POSITIVE_INFINITY, "x");
    const [rows, columns] = shape.slice(-2);
    if (typeof rows === "number" && typeof columns === "number" && rows !== columns) {
      throw new ShapeError(
        `x has shape ${formatShape(shape)}; expected square matrices in the last two dimensions.`,
      );
    }
    return [{ dtype, shape }];
  },
  reference([x]) {
    const n = x!.shape.at(-1)!;
    const matrices = Float64Array.from(toNumbers(x!));
    const out = doubles(x!.shape);
    for (let at = 0; at < out.length; at += n * n) {
      invert(matrices.subarray(at, at + n * n), out.subarray(at, at + n * n), n);
    }
    return [fromNumbers(x!.dtype, x!.shape, out)];
  },
  flops: ([x]) => (isStatic(x!.shape) ? 4 * numElements(x!.shape) * Number(x!.shape.at(-1)) : 0),
});
