import { CoracleError } from "../errors.ts";
import { dtypeBytes, isContainer } from "../ir/dtype.ts";
import { evaluateNode } from "../ir/evaluate.ts";
import { hasNestedBlocks } from "../ir/nested.ts";
import { constantsOf, type Node, type Program, type Value } from "../ir/program.ts";
import { applyRewrites, isOp, type Rewrite, type RewriteGraph } from "../ir/rewrite.ts";
import { isStatic, normalizeAxis, numElements, type Shape } from "../ir/shape.ts";
import { ints, Tensor, type TensorType } from "../ir/tensor.ts";
import { gather, shapeOf, sizeOf, slice } from "../ops/index.ts";
import type { Pass } from "./pass.ts";

/** Bounds on what is computed before the run: on each node, and on all together, whatever the model asks for. */
export interface FoldLimits {
  readonly inputBytes: number;
  /** How much larger than its inputs a result may be. */
  readonly growthBytes: number;
  /** References are slow: beyond this the kernel is quicker even if it runs every time. */
  readonly flops: number;
  readonly totalBytes: number;
  /** Flops, or bytes read or written, whichever is more. */
  readonly totalWork: number;
}

/** Inputs up to this size may give results of a size that only the data tells (nonZero, unique). */
const dataDependentBytes = 1 << 20;

const typeBytes = (type: TensorType): number => numElements(type.shape) * dtypeBytes(type.dtype);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Weights stored in fewer bits become what the model means: a few times larger at most, whatever their size. */
const decodesWeights = ({ op }: Node): boolean => op.name === "cast" || op.name === "dequantizeLinear";

/** What is left of the limits. */
export class FoldBudget {
  readonly #limits: FoldLimits;
  #bytes: number;
  #work: number;

  constructor(limits: FoldLimits) {
    this.#limits = limits;
    this.#bytes = limits.totalBytes;
    this.#work = limits.totalWork;
  }

  /** True when the node may be computed, which is then counted; `releasedBytes` of its inputs go with it. */
  take(node: Node, releasedBytes: number): boolean {
    const inputs = node.inputs.map(({ type }) => type);
    const outputs = node.outputs.map(({ type }) => type);
    const inputBytes = sum(inputs.map(typeBytes));
    if (inputBytes > this.#limits.inputBytes) return false;
    const isKnown = outputs.every(({ shape }) => isStatic(shape));
    if (!isKnown && inputBytes > dataDependentBytes) return false;
    const outputBytes = isKnown ? sum(outputs.map(typeBytes)) : inputBytes;
    const flops = node.op.flops?.(inputs, outputs, node.attrs) ?? 0;
    const work = Math.max(inputBytes, outputBytes, flops);
    const newBytes = decodesWeights(node) ? 0 : Math.max(0, outputBytes - releasedBytes);
    if (newBytes > 0 && outputBytes > inputBytes + this.#limits.growthBytes) return false;
    if (newBytes > this.#bytes) return false;
    if (flops > this.#limits.flops || work > this.#work) return false;
    this.#bytes -= newBytes;
    this.#work -= work;
    return true;
  }
}

/** The dimensions that `shape` gives; undefined where one of them is symbolic. */
function shapeTensor(node: Node): Tensor | undefined {
  const shape = node.inputs[0]!.type.shape;
  if (isOp(node, sizeOf)) return isStatic(shape) ? Tensor.scalar("i64", numElements(shape)) : undefined;
  if (!isOp(node, shapeOf)) return undefined;
  const picked = pickedDims(node.attrs, shape);
  return isStatic(picked) ? Tensor.ints(picked) : undefined;
}

function pickedDims({ start, end }: { start: number; end: number }, shape: Shape): Shape {
  return shape.slice(start, end);
}

/**
 * The results of a node whose inputs are constant, or whose input's shape is all it reads; undefined when it
 * should wait for the run: random, control flow, containers, beyond the budget, or failing (the run reports that).
 */
export function foldNode(
  node: Node,
  constant: (value: Value) => Tensor | undefined,
  budget: FoldBudget,
  releasedBytes = 0,
): readonly Tensor[] | undefined {
  if (node.inputs.length === 0 || node.op.accuracy === "random") return undefined;
  if (node.outputs.some(({ type }) => isContainer(type.dtype))) return undefined;
  const shape = shapeTensor(node);
  if (shape) return [shape];
  const inputs: Tensor[] = [];
  for (const input of node.inputs) {
    const data = constant(input);
    if (!data) return undefined;
    inputs.push(data);
  }
  if (hasNestedBlocks(node) || !budget.take(node, releasedBytes)) return undefined;
  try {
    return evaluateNode(node, inputs);
  } catch (error) {
    if (CoracleError.isInstance(error)) return undefined;
    throw error;
  }
}

function foldConstants(budget: FoldBudget): Rewrite {
  return {
    name: "fold-constants",
    rewrite(node, graph) {
      const released = node.inputs.filter((input) => graph.uses(input) === 1);
      const releasedBytes = sum(released.map(({ data }) => data?.byteLength ?? 0));
      const folded = foldNode(node, (value) => graph.constant(value), budget, releasedBytes);
      return folded?.map((data, i) => graph.constantOf(data, node.outputs[i]!.name));
    },
  };
}

/** The dimensions that a value made by `shape` holds. */
function dimsOf(value: Value, graph: RewriteGraph): Shape | undefined {
  const producer = graph.producer(value);
  return isOp(producer, shapeOf) ? pickedDims(producer.attrs, producer.inputs[0]!.type.shape) : undefined;
}

/** gather(shape(x), constant) where the picked dimensions are numbers though others are not. */
const foldPickedDims: Rewrite = {
  name: "fold-picked-dims",
  anchors: [gather],
  rewrite(node, graph) {
    const dims = dimsOf(node.inputs[0]!, graph);
    const indices = graph.constant(node.inputs[1]);
    if (!dims || !indices) return undefined;
    const picked = ints(indices).map((index) => dims.at(index));
    if (!picked.every((dim) => typeof dim === "number")) return undefined;
    return [graph.constantOf(Tensor.from("i64", indices.shape, picked), node.outputs[0]!.name)];
  },
};

const foldSlicedDims: Rewrite = {
  name: "fold-sliced-dims",
  anchors: [slice],
  rewrite(node, graph) {
    const dims = dimsOf(node.inputs[0]!, graph);
    const [starts, ends, axes, steps] = node.inputs.slice(1).map((input) => graph.constant(input));
    if (!dims || !starts || !ends || !axes || !steps) return undefined;
    if (starts.data.length !== 1 || ints(steps)[0] !== 1 || normalizeAxis(ints(axes)[0]!, 1) !== 0) {
      return undefined;
    }
    const picked = dims.slice(ints(starts)[0], ints(ends)[0]);
    return isStatic(picked) ? [graph.constantOf(Tensor.ints(picked), node.outputs[0]!.name)] : undefined;
  },
};

const mebi = 2 ** 20;

/** Folding stops where the constants of a small model would fill memory; models with large weights get more work. */
function limitsFor(program: Program): FoldLimits {
  const bytes = sum([...constantsOf(program)].map(({ data }) => data!.byteLength));
  return {
    inputBytes: Number.POSITIVE_INFINITY,
    growthBytes: 16 * mebi,
    flops: 2e8,
    totalBytes: Math.max(16 * mebi, 256 * mebi - bytes),
    totalWork: 256 * mebi + 8 * bytes,
  };
}

/** Computes at once what depends on constants and known shapes only. */
export const foldConstantsPass: Pass = {
  name: "fold-constants",
  run(program) {
    const budget = new FoldBudget(limitsFor(program));
    return applyRewrites(program, [foldConstants(budget), foldPickedDims, foldSlicedDims]);
  },
};
