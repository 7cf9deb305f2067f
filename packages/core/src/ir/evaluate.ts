import { bug, CoracleError } from "../errors.ts";
import type { BlockCall, BlockCalls } from "./op.ts";
import type { Block, Node, Value } from "./program.ts";
import type { Tensor } from "./tensor.ts";

/** Runs one node by its reference. */
export function evaluateNode(node: Node, inputs: readonly Tensor[]): readonly Tensor[] {
  try {
    return node.op.reference(inputs, node.attrs);
  } catch (error) {
    throw namedError(node, error);
  }
}

/** The error, with the node's op and name before its message when it is one of ours. */
export function namedError(node: Node, error: unknown): unknown {
  if (CoracleError.isInstance(error)) error.message = `${node.op.name} "${node.name}": ${error.message}`;
  return error;
}

/** The outputs of an op with blocks; undefined as soon as `run` gives nothing for one. */
export function answerCalls(
  calls: BlockCalls,
  run: (call: BlockCall) => readonly Tensor[] | undefined,
): readonly Tensor[] | undefined {
  let step = calls.next();
  while (!step.done) {
    const outputs = run(step.value);
    if (!outputs) return undefined;
    step = calls.next(outputs);
  }
  return step.value;
}

/** The same by reference. */
export function evaluateCalls(calls: BlockCalls): readonly Tensor[] {
  return answerCalls(calls, ({ block, feeds }) => evaluateBlock(block, feeds))!;
}

/** Runs a block by reference, node by node; frees each tensor after its last use. */
export function evaluateBlock(block: Block, feeds: readonly Tensor[]): readonly Tensor[] {
  const tensors = new Map<Value, Tensor>();
  block.inputs.forEach((input, i) => {
    tensors.set(input, feeds[i] ?? bug(`no feed for block input "${input.name}"`));
  });
  const lastUse = new Map<Value, Node>();
  for (const node of block.nodes) for (const input of node.inputs) lastUse.set(input, node);
  const kept = new Set(block.outputs);
  const get = (value: Value): Tensor =>
    value.data ?? tensors.get(value) ?? bug(`value "${value.name}" is not computed`);
  for (const node of block.nodes) {
    const outputs = evaluateNode(node, node.inputs.map(get));
    node.outputs.forEach((output, i) => {
      tensors.set(output, outputs[i] ?? bug(`${node.op.name} gave no output ${i}`));
    });
    for (const input of node.inputs) {
      if (lastUse.get(input) === node && !kept.has(input)) tensors.delete(input);
    }
  }
  return block.outputs.map(get);
}
