import {
  CoracleError,
  evaluateNode,
  isContainer,
  isStatic,
  numElements,
  type Op,
  Tensor,
  type TensorType,
  type Value,
} from "@coracle/core";

/** Shape arithmetic is this small; larger constants are left to the passes. */
const maxElements = 4096;

/** Their cost is not bounded by the sizes of inputs and outputs, or their result is not a function of the inputs. */
const neverFolded: ReadonlySet<string> = new Set([
  "if",
  "loop",
  "scan",
  "conv",
  "convTranspose",
  "einsum",
  "matMul",
  "lstm",
  "gru",
  "rnn",
  "randomNormal",
  "randomUniform",
  "bernoulli",
  "multinomial",
]);

interface UntypedNode {
  readonly name: string;
  readonly op: Op;
  readonly attrs: unknown;
  readonly inputs: readonly Value[];
}

/** Containers are never constants. */
const isSmall = ({ dtype, shape }: TensorType): boolean =>
  !isContainer(dtype) && isStatic(shape) && numElements(shape) <= maxElements;

/** The results of a node with small constant inputs and outputs, or of `shape` of a known shape; else undefined. */
export function foldNode(node: UntypedNode, types: readonly TensorType[]): readonly Tensor[] | undefined {
  const { op, inputs } = node;
  if (op.name === "shape" && isStatic(inputs[0]!.type.shape)) {
    const { start, end } = node.attrs as { start: number; end: number };
    return [Tensor.ints(sliceOf(inputs[0]!.type.shape, start, end))];
  }
  if (op.name === "size" && isStatic(inputs[0]!.type.shape)) {
    return [Tensor.scalar("i64", numElements(inputs[0]!.type.shape))];
  }
  if (neverFolded.has(op.name) || !types.every(isSmall)) return undefined;
  const data = inputs.map((input) => input.data);
  if (!data.every((tensor) => tensor !== undefined && numElements(tensor.shape) <= maxElements))
    return undefined;
  try {
    return evaluateNode({ ...node, outputs: [] }, data as readonly Tensor[]);
  } catch (error) {
    if (CoracleError.isInstance(error)) return undefined;
    throw error;
  }
}

function sliceOf(shape: readonly number[], start: number, end: number): readonly number[] {
  const clamp = (at: number): number => Math.max(0, Math.min(shape.length, at < 0 ? at + shape.length : at));
  return shape.slice(clamp(start), Math.max(clamp(start), clamp(end)));
}
