import { ShapeError } from "../errors.ts";
import { fromNumbers, toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { formatShape, isStatic, numElements } from "../ir/shape.ts";
import { allocate } from "./shared/allocate.ts";
import { checkFloat, checkInputs, checkRank } from "./shared/check.ts";
import type { NoAttrs } from "./unary.ts";

/** By elimination with row exchange; destroys the matrix [n,n] at `start`. */
function determinant(a: Float64Array, start: number, n: number): number {
  let product = 1;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    const at = (row: number, col: number): number => start + row * n + col;
    for (let row = column + 1; row < n; row++) {
      if (Math.abs(a[at(row, column)]!) > Math.abs(a[at(pivot, column)]!)) pivot = row;
    }
    const value = a[at(pivot, column)]!;
    if (value === 0) return 0;
    product *= pivot === column ? value : -value;
    for (let col = column; col < n && pivot !== column; col++) {
      [a[at(pivot, col)], a[at(column, col)]] = [a[at(column, col)]!, a[at(pivot, col)]!];
    }
    for (let row = column + 1; row < n; row++) {
      const factor = a[at(row, column)]! / value;
      for (let col = column; col < n; col++) a[at(row, col)]! -= factor * a[at(column, col)]!;
    }
  }
  return product;
}

/** x [...,n,n] float -> determinants [...]. Throws ShapeError. */
export const det: Op<NoAttrs> = defineOp<NoAttrs>({
  name: "det",
  accuracy: "rounding",
  infer(inputs) {
    checkInputs(inputs, 1);
    const { dtype, shape } = inputs[0]!;
    checkFloat(inputs[0]!, "x");
    checkRank(inputs[0]!, 2, Number.POSITIVE_INFINITY, "x");
    const [rows, columns] = [shape.at(-2), shape.at(-1)];
    if (typeof rows === "number" && typeof columns === "number" && rows !== columns) {
      throw new ShapeError(
        `x has shape ${formatShape(shape)}; expected square matrices in the last two dimensions.`,
      );
    }
    return [{ dtype, shape: shape.slice(0, -2) }];
  },
  reference([x]) {
    const shape = x!.shape.slice(0, -2);
    const n = x!.shape.at(-1)!;
    const matrices = Float64Array.from(toNumbers(x!));
    const out = allocate("f64", shape) as Float64Array;
    for (let i = 0; i < out.length; i++) out[i] = determinant(matrices, i * n * n, n);
    return [fromNumbers(x!.dtype, shape, out)];
  },
  flops: ([x]) => (isStatic(x!.shape) ? numElements(x!.shape) * Number(x!.shape.at(-1)) : 0),
});
