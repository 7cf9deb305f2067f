import { type Block, ints, ops, type TensorType, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { dtypeOf } from "../data-type.ts";
import { elementIn } from "../type.ts";
import { blockOf, scalarOf, subgraph } from "./control.ts";

export function SequenceConstruct(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.sequenceConstruct, {}, context.all())];
}

export function SequenceEmpty(context: OnnxContext): readonly Value[] {
  const dtype = dtypeOf(context.attributes.int("dtype", 1), "SequenceEmpty dtype");
  return [context.emit(ops.sequenceEmpty, { dtype }, [])];
}

/** Tensors of different ranks have no type in common, but each its own where the position is known. */
function knownItem(context: OnnxContext, sequence: Value, position: Value): Value | undefined {
  if (sequence.type.element?.shape || !position.data) return undefined;
  const made = context.node.scope.writer.nodes.find(({ outputs }) => outputs.includes(sequence));
  return made?.op.name === "sequenceConstruct" ? made.inputs.at(ints(position.data)[0]!) : undefined;
}

export function SequenceAt(context: OnnxContext): readonly Value[] {
  const item = knownItem(context, context.input(0), context.input(1));
  if (item) return [item];
  return [context.emit(ops.sequenceAt, {}, [context.input(0), context.input(1)])];
}

function withPosition(context: OnnxContext, count: number): readonly Value[] {
  const inputs = Array.from({ length: count }, (_, i) => context.input(i));
  const position = context.optional(count);
  return position ? [...inputs, position] : inputs;
}

export function SequenceInsert(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.sequenceInsert, {}, withPosition(context, 2))];
}

export function SequenceErase(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.sequenceErase, {}, withPosition(context, 1))];
}

export function SequenceLength(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.sequenceLength, {}, [context.input(0)])];
}

export function SplitToSequence(context: OnnxContext): readonly Value[] {
  const attrs = {
    axis: context.attributes.int("axis", 0),
    keepDims: context.attributes.int("keepdims", 1) !== 0,
  };
  return [context.emit(ops.splitToSequence, attrs, withPosition(context, 1))];
}

export function ConcatFromSequence(context: OnnxContext): readonly Value[] {
  const attrs = {
    axis: context.requiredInt("axis"),
    newAxis: context.attributes.int("new_axis", 0) !== 0,
  };
  return [context.emit(ops.concatFromSequence, attrs, [context.input(0)])];
}

/** An item's type as the body sees it: sizes that are no numbers are its own. */
function itemType(context: OnnxContext, { type, name }: Value): TensorType {
  if (type.dtype !== "sequence") return type;
  const { dtype, shape, element } = type.element!;
  if (!shape) context.fail(`sequence "${name}" of tensors of unknown rank`, "a declared shape");
  const own = shape!.map((dim, axis) => (typeof dim === "number" ? dim : `${name}_item_${axis}`));
  return element ? { dtype, shape: own, element } : { dtype, shape: own };
}

export function SequenceMap(context: OnnxContext): readonly Value[] {
  const inputs = context.all();
  const graph = subgraph(context, "body");
  const types = inputs.map((input) => itemType(context, input));
  const read = context.node.subgraphs.read(graph, context.node.scope, types);
  const captured = [...read.scope.captures.keys()];
  const body: Block = blockOf(read.scope, read.outputs, captured, graph.input.length);
  return context.emitAll(ops.sequenceMap, { body, numInputs: inputs.length }, [...inputs, ...captured]);
}

export function Optional(context: OnnxContext): readonly Value[] {
  const x = context.optional(0);
  if (x) return [context.emit(ops.optional, {}, [x])];
  const type = context.attributes.type("type");
  if (!type) context.fail("no input and no attribute type", "one of them");
  const element = elementIn(type!, `Optional "${context.node.name}"`);
  return [context.emit(ops.optional, { element }, [])];
}

/** Since opset 18 a tensor or sequence that is not optional is itself. */
export function OptionalGetElement(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  return x.type.dtype === "optional" ? [context.emit(ops.optionalGetElement, {}, [x])] : [x];
}

export function OptionalHasElement(context: OnnxContext): readonly Value[] {
  const x = context.optional(0);
  if (x?.type.dtype !== "optional") return [context.scalar("bool", x ? 1 : 0)];
  return [scalarOf(context, context.emit(ops.optionalHasElement, {}, [x]))];
}
