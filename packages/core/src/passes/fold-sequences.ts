import { CoracleError } from "../errors.ts";
import type { Value } from "../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../ir/rewrite.ts";
import { normalizeAxis } from "../ir/shape.ts";
import { ints, Tensor } from "../ir/tensor.ts";
import * as ops from "../ops/index.ts";
import { type Pass, rewritePass } from "./pass.ts";

/** Longer chains of insertions and sequences of more parts are left to the run. */
const mostParts = 256;

function positionIn(value: Value | undefined, count: number, graph: RewriteGraph): number | undefined {
  const data = graph.constant(value);
  const at = data && ints(data)[0];
  if (at === undefined) return undefined;
  return at < 0 ? at + count : at;
}

/** The sizes of the parts that a split makes; undefined where only a run knows. */
function partSizes(
  x: Value,
  sizes: Value | undefined,
  axis: number,
  graph: RewriteGraph,
): readonly number[] | undefined {
  const dim = x.type.shape[axis]!;
  const data = graph.constant(sizes);
  if (typeof dim !== "number" || (sizes && !data)) return undefined;
  if (data?.shape.length === 1) return ints(data);
  const [size = 1] = data ? ints(data) : [1];
  if (size < 1 || dim / size > mostParts) return undefined;
  return Array.from({ length: Math.ceil(dim / size) }, (_, i) => Math.min(size, dim - i * size));
}

function splitParts(
  node: {
    readonly attrs: ops.SplitToSequenceAttrs;
    readonly inputs: readonly Value[];
    readonly name: string;
  },
  graph: RewriteGraph,
): readonly Value[] | undefined {
  const [x, sizes] = node.inputs as readonly [Value, Value?];
  const axis = normalizeAxis(node.attrs.axis, x.type.shape.length);
  const parts = partSizes(x, sizes, axis, graph);
  const isWhole = parts?.reduce((sum, part) => sum + part, 0) === x.type.shape[axis];
  if (
    !parts ||
    parts.length === 0 ||
    parts.length > mostParts ||
    !isWhole ||
    parts.some((part) => part < 0)
  ) {
    return undefined;
  }
  const lengths = graph.constantOf(Tensor.ints(parts), `${node.name}.sizes`);
  const attrs = { axis, numOutputs: parts.length };
  const tensors = graph.node(ops.split, attrs, [x, lengths], { name: `${node.name}.split` });
  if (sizes || node.attrs.keepDims) return tensors;
  const axes = graph.constantOf(Tensor.ints([axis]), `${node.name}.axis`);
  return tensors.map((tensor) => graph.one(ops.squeeze, {}, [tensor, axes], `${node.name}.part`));
}

/** The tensors of a sequence that the program itself puts together; undefined where only a run knows. */
function partsOf(sequence: Value, graph: RewriteGraph, depth = 0): readonly Value[] | undefined {
  const node = graph.producer(sequence);
  if (depth > mostParts || !node) return undefined;
  if (isOp(node, ops.sequenceConstruct)) return node.inputs;
  if (isOp(node, ops.sequenceEmpty)) return [];
  if (isOp(node, ops.splitToSequence)) return splitParts(node, graph);
  const isInsert = isOp(node, ops.sequenceInsert);
  if (!isInsert && !isOp(node, ops.sequenceErase)) return undefined;
  const before = partsOf(node.inputs[0]!, graph, depth + 1);
  if (!before) return undefined;
  const position = node.inputs[isInsert ? 2 : 1];
  const last = isInsert ? before.length : before.length - 1;
  const at = position ? positionIn(position, before.length, graph) : last;
  if (at === undefined || at < 0 || at > last) return undefined;
  return isInsert ? before.toSpliced(at, 0, node.inputs[1]!) : before.toSpliced(at, 1);
}

const pickItem: Rewrite = {
  name: "pick-item",
  anchors: [ops.sequenceAt],
  rewrite(node, graph) {
    const parts = partsOf(node.inputs[0]!, graph);
    const at = parts && positionIn(node.inputs[1], parts.length, graph);
    const part = at === undefined ? undefined : parts?.[at];
    return part && [part];
  },
};

const countItems: Rewrite = {
  name: "count-items",
  anchors: [ops.sequenceLength],
  rewrite(node, graph) {
    const [length] = node.inputs[0]!.type.shape;
    if (typeof length !== "number") return undefined;
    return [graph.constantOf(Tensor.scalar("i64", length), node.outputs[0]!.name)];
  },
};

const joinItems: Rewrite = {
  name: "join-items",
  anchors: [ops.concatFromSequence],
  rewrite(node, graph) {
    const parts = partsOf(node.inputs[0]!, graph);
    if (!isOp(node, ops.concatFromSequence) || !parts || parts.length === 0) return undefined;
    try {
      return [joined(parts, node.attrs, graph)];
    } catch (error) {
      if (CoracleError.isInstance(error)) return undefined;
      throw error;
    }
  },
};

function joined(
  parts: readonly Value[],
  { axis, newAxis }: ops.ConcatFromSequenceAttrs,
  graph: RewriteGraph,
): Value {
  if (!newAxis) return graph.one(ops.concat, { axis }, parts);
  const axes = graph.constantOf(Tensor.ints([axis]));
  const items = parts.map((part) => graph.one(ops.unsqueeze, {}, [part, axes]));
  return graph.one(ops.concat, { axis }, items);
}

const openOptional: Rewrite = {
  name: "open-optional",
  anchors: [ops.optionalGetElement, ops.optionalHasElement],
  rewrite(node, graph) {
    const made = graph.producer(node.inputs[0]!);
    if (!isOp(made, ops.optional)) return undefined;
    if (isOp(node, ops.optionalHasElement)) {
      return [graph.constantOf(Tensor.scalar("bool", made.inputs.length), node.outputs[0]!.name)];
    }
    return made.inputs[0] && [made.inputs[0]];
  },
};

/** Sequences and optionals that the program itself makes and takes apart become the tensors that go through them. */
export const foldSequencesPass: Pass = rewritePass("fold-sequences", [
  pickItem,
  countItems,
  joinItems,
  openOptional,
]);
