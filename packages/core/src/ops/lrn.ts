import { ShapeError } from "../errors.ts";
import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { isStatic, numElements } from "../ir/shape.ts";
import { checkFloat, checkInputs, checkRank } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";
import { forEachLane, lanesOf } from "./shared/lanes.ts";

export interface LrnAttrs {
  /** Channels in one window. */
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly bias: number;
}

/**
 * x [N,C,...] -> x / (bias + alpha / size * s)^beta, s the sum of squares over the `size` channels around each
 * (Krizhevsky et al. 2012, section 3.3). Floats. Throws ShapeError.
 */
export const lrn: Op<LrnAttrs> = defineOp<LrnAttrs>({
  name: "lrn",
  accuracy: "rounding",
  infer(inputs, { size }) {
    checkInputs(inputs, 1);
    const { dtype, shape } = inputs[0]!;
    checkFloat(inputs[0]!, "input");
    checkRank(inputs[0]!, 2, Number.POSITIVE_INFINITY, "input");
    if (!Number.isInteger(size) || size < 1)
      throw new ShapeError(`size ${size}; expected a positive integer.`);
    return [{ dtype, shape }];
  },
  reference([x], { size, alpha, beta, bias }) {
    const lanes = lanesOf(x!.shape, 1);
    const values = toDoubles(x!);
    const out = doubles(x!.shape);
    const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
    forEachLane(lanes, (start) => {
      for (let c = 0; c < lanes.length; c++) {
        let sum = 0;
        const last = Math.min(lanes.length - 1, c + after);
        for (let i = Math.max(0, c - before); i <= last; i++) sum += values[start + i * lanes.inner]! ** 2;
        const at = start + c * lanes.inner;
        out[at] = values[at]! / (bias + (alpha / size) * sum) ** beta;
      }
    });
    return [fromNumbers(x!.dtype, x!.shape, out)];
  },
  flops: ([x], _, { size }) => (isStatic(x!.shape) ? (2 * size + 4) * numElements(x!.shape) : 0),
});
