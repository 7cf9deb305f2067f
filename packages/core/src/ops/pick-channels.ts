import { ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { type Dim, formatShape } from "../ir/shape.ts";
import { Tensor } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { checkInputs, checkSameDType } from "./shared/check.ts";
import { withShape } from "./shared/gather-data.ts";
import { lanesOf } from "./shared/lanes.ts";

export interface PickChannelsAttrs {
  /** For each output, the channels it is made of, counted through the inputs one after the other; -1 is zeros. */
  readonly picks: readonly (readonly number[])[];
}

/** What two sizes that must agree are, symbols standing for any number; undefined when they cannot. */
function joinDims(a: Dim, b: Dim): Dim | undefined {
  if (typeof a === "string") return b;
  return typeof b === "string" || a === b ? a : undefined;
}

/**
 * Maps [N,Ci,...] that differ in channels only -> one map [N,picks.length,...] for each list of picks. What
 * concatenations, splits and shuffles of channels come to; made by fusions only. Throws ShapeError when the inputs
 * differ elsewhere or a pick names no channel.
 */
export const pickChannels: Op<PickChannelsAttrs> = defineOp<PickChannelsAttrs>({
  name: "pickChannels",
  accuracy: "exact",
  infer(inputs, { picks }) {
    checkInputs(inputs, 1, Number.POSITIVE_INFINITY);
    checkSameDType(inputs);
    const shape = [...inputs[0]!.shape];
    let count = 0;
    for (const { shape: next } of inputs) {
      const isAlike = (dim: Dim, i: number): boolean => i === 1 || joinDims(dim, shape[i]!) !== undefined;
      if (next.length < 2 || next.length !== shape.length || !next.every(isAlike)) {
        throw new ShapeError(
          `inputs ${formatShape(shape)} and ${formatShape(next)}; expected to differ in channels only.`,
        );
      }
      next.forEach((dim, i) => {
        shape[i] = joinDims(shape[i]!, dim) ?? dim;
      });
      count += typeof next[1] === "number" ? next[1] : Number.POSITIVE_INFINITY;
    }
    const wrong = picks.flat().find((pick) => !Number.isInteger(pick) || pick < -1 || pick >= count);
    if (wrong !== undefined) throw new ShapeError(`pick ${wrong}; expected -1 to ${count - 1}.`);
    return picks.map((own) => withShape(inputs[0]!, [shape[0]!, own.length, ...shape.slice(2)]));
  },
  reference(inputs, { picks }) {
    const [first] = inputs;
    const { outer, inner } = lanesOf(first!.shape, 1);
    const channels = inputs.flatMap((input) =>
      Array.from({ length: input.shape[1]! }, (_, c) => ({ input, c })),
    );
    return picks.map((own) => {
      const shape = [first!.shape[0]!, own.length, ...first!.shape.slice(2)];
      const out = allocate(first!.dtype, shape);
      own.forEach((pick, to) => {
        if (pick < 0) return;
        const { input, c } = channels[pick]!;
        for (let n = 0; n < outer; n++) {
          const at = (n * input.shape[1]! + c) * inner;
          (out as Float64Array).set(
            (input.data as Float64Array).subarray(at, at + inner),
            (n * own.length + to) * inner,
          );
        }
      });
      return Tensor.from(first!.dtype, shape, out);
    });
  },
});
