import { DataError, ShapeError } from "../errors.ts";
import { elementOf } from "../ir/element.ts";
import { evaluateCalls } from "../ir/evaluate.ts";
import { type BlockCalls, defineOp, type Op } from "../ir/op.ts";
import type { Block } from "../ir/program.ts";
import type { Dim } from "../ir/shape.ts";
import { Tensor, type TensorType } from "../ir/tensor.ts";
import { itemsOf, itemType } from "./sequence.ts";
import { checkBlockInputs, checkScans } from "./shared/block-types.ts";

export interface SequenceMapAttrs {
  /** Inputs: an item of each sequence, or the tensor where none is given; captures...; outputs: one item each. */
  readonly body: Block;
  /** Inputs of the op that are not captures; the first is a sequence. */
  readonly numInputs: number;
}

function itemOrTensor(type: TensorType): TensorType {
  return type.dtype === "sequence" ? itemType(itemsOf(type, "input"), "an item") : type;
}

function* itemCalls(inputs: readonly Tensor[], { body, numInputs }: SequenceMapAttrs): BlockCalls {
  const mapped = inputs.slice(0, numInputs);
  const captures = inputs.slice(numInputs);
  const { length } = inputs[0]!.items;
  const other = mapped.find(({ dtype, shape }) => dtype === "sequence" && shape[0] !== length);
  if (other) throw new DataError(`sequences of ${length} and ${other.shape[0]}; expected one length.`);
  const results: (readonly Tensor[])[] = [];
  for (let i = 0; i < length; i++) {
    const items = mapped.map((input) => (input.dtype === "sequence" ? input.items[i]! : input));
    results.push(yield { block: body, feeds: [...items, ...captures] });
  }
  return body.outputs.map(({ type }, k) =>
    Tensor.containerOf(
      "sequence",
      results.map((outputs) => outputs[k]!),
      elementOf(type),
    ),
  );
}

/**
 * sequence, (sequence of the same length or tensor)..., captures... -> for each output of `body` the sequence of what
 * it gives for the items at each position. Throws ShapeError; DataError when lengths differ.
 */
export const sequenceMap: Op<SequenceMapAttrs> = defineOp<SequenceMapAttrs>({
  name: "sequenceMap",
  accuracy: "rounding",
  takes: "anything",
  infer(inputs, { body, numInputs }) {
    if (numInputs < 1 || inputs.length < numInputs) {
      throw new ShapeError(`${inputs.length} inputs; expected at least ${Math.max(1, numInputs)}.`);
    }
    itemsOf(inputs[0]!, "input 0");
    const given = inputs.slice(0, numInputs).map(itemOrTensor);
    checkBlockInputs(body, [...given, ...inputs.slice(numInputs)], "body");
    checkScans(body.outputs);
    const [length] = inputs[0]!.shape as readonly [Dim];
    return body.outputs.map(({ type }) => ({ dtype: "sequence", shape: [length], element: elementOf(type) }));
  },
  reference: (inputs, attrs) => evaluateCalls(itemCalls(inputs, attrs)),
  calls: itemCalls,
});
