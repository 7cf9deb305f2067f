import { ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../ir/op.ts";
import type { Tensor, TensorType } from "../ir/tensor.ts";
import { type ConvAttrs, conv } from "./conv.ts";

export interface ConvChainAttrs {
  /** At least one, in order. */
  readonly stages: readonly ConvAttrs[];
}

/** What a stage reads: its input, weight and bias, and the residual in the last stage. */
function stageInputs<T>(inputs: readonly T[], x: T, index: number, count: number): readonly T[] {
  const own = [x, inputs[1 + 2 * index]!, inputs[2 + 2 * index]!];
  const residual = inputs[1 + 2 * count];
  return index === count - 1 && residual !== undefined ? [...own, residual] : own;
}

/**
 * x [N,IC,spatial...], then w [OC,IC/groups,...] and bias [OC] of each stage, residual? as y -> y [N,OC,spatial...]:
 * convolutions one after the other, of which only the last one's result is seen. Made by fusions only. Throws
 * ShapeError.
 */
export const convChain: Op<ConvChainAttrs> = defineOp<ConvChainAttrs>({
  name: "convChain",
  accuracy: "rounding",
  infer(inputs, { stages }) {
    const expected = 1 + 2 * stages.length;
    if (stages.length === 0 || inputs.length < expected || inputs.length > expected + 1) {
      throw new ShapeError(
        `${inputs.length} inputs and ${stages.length} stages; expected at least one stage, an input, a weight and a ` +
          "bias for each stage, and at most one residual.",
      );
    }
    return [
      stages.reduce<TensorType>(
        (type, attrs, i) => conv.infer(stageInputs(inputs, type, i, stages.length), attrs, [])[0]!,
        inputs[0]!,
      ),
    ];
  },
  reference(inputs, { stages }) {
    return [
      stages.reduce<Tensor>(
        (x, attrs, i) => conv.reference(stageInputs(inputs, x, i, stages.length), attrs)[0]!,
        inputs[0]!,
      ),
    ];
  },
  flops(inputs, _outputs, { stages }) {
    let flops = 0;
    stages.reduce<TensorType>((type, attrs, i) => {
      const own = stageInputs(inputs, type, i, stages.length);
      const outputs = conv.infer(own, attrs, []);
      flops += conv.flops!(own, outputs, attrs);
      return outputs[0]!;
    }, inputs[0]!);
    return flops;
  },
});
