import { ShapeError } from "../errors.ts";
import { fromNumbers, toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { formatShape } from "../ir/shape.ts";
import { ints } from "../ir/tensor.ts";
import { checkDType, checkFloat, checkInputs, checkRank } from "./shared/check.ts";

export interface BlockRepeatedAttrs {
  /** At least 1. */
  readonly size: number;
}

/** Whether the tokens at `at` are the last size - 1 ones. */
function repeats(tokens: readonly number[], at: number, size: number): boolean {
  for (let i = 0; i < size - 1; i++) {
    if (tokens[at + i] !== tokens[tokens.length - (size - 1) + i]) return false;
  }
  return true;
}

/**
 * tokens i64 [N,T], scores [N,vocabulary] float -> scores, -infinity for each token that would repeat a run of `size`
 * tokens that the row holds already. Throws ShapeError.
 */
export const blockRepeated: Op<BlockRepeatedAttrs> = defineOp<BlockRepeatedAttrs>({
  name: "blockRepeated",
  accuracy: "exact",
  infer(inputs, { size }) {
    checkInputs(inputs, 2);
    checkDType(inputs[0]!, ["i64", "i32"], "tokens");
    checkRank(inputs[0]!, 2, 2, "tokens");
    checkFloat(inputs[1]!, "scores");
    checkRank(inputs[1]!, 2, 2, "scores");
    if (!(Number.isInteger(size) && size >= 1)) {
      throw new ShapeError(`size ${size} for tokens ${formatShape(inputs[0]!.shape)}; expected at least 1.`);
    }
    return [inputs[1]!];
  },
  reference([tokens, scores], { size }) {
    const [rows, length] = tokens!.shape as [number, number];
    const vocabulary = scores!.shape[1]!;
    const all = ints(tokens!);
    const out = Float64Array.from(toNumbers(scores!));
    for (let row = 0; row < rows; row++) {
      const own = all.slice(row * length, (row + 1) * length);
      for (let at = 0; at + size <= length; at++) {
        const token = own[at + size - 1]!;
        if (token >= 0 && token < vocabulary && repeats(own, at, size)) {
          out[row * vocabulary + token] = Number.NEGATIVE_INFINITY;
        }
      }
    }
    return [fromNumbers(scores!.dtype, scores!.shape, out)];
  },
});
