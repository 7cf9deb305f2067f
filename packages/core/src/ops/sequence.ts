import { DataError, ShapeError } from "../errors.ts";
import type { DType } from "../ir/dtype.ts";
import { elementOf, mergedElement } from "../ir/element.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { type Dim, dimAdd, dimSub, type Shape } from "../ir/shape.ts";
import { type ElementType, ints, Tensor, type TensorType } from "../ir/tensor.ts";
import { checkDType, checkInputs } from "./shared/check.ts";
import { checkScalar } from "./shared/quant-params.ts";
import type { NoAttrs } from "./unary.ts";

/** Throws ShapeError unless it is a sequence; gives what it holds. */
export function itemsOf(type: TensorType, what: string): ElementType {
  checkDType(type, ["sequence"], what);
  return type.element!;
}

/** One item's type: its sizes, of which those that are no numbers are its own. Throws ShapeError when the rank is open. */
export function itemType({ dtype, shape, element }: ElementType, what: string): TensorType {
  if (shape === undefined) {
    throw new ShapeError(`${what} of unknown rank; expected a known one. Declare the shape of the items.`);
  }
  const own = shape.map((dim, axis): Dim => (typeof dim === "number" ? dim : `?${axis}`));
  return element === undefined ? { dtype, shape: own } : { dtype, shape: own, element };
}

function checkPosition(type: TensorType | undefined): void {
  if (!type) return;
  checkDType(type, ["i64", "i32"], "position");
  checkScalar(type, "position");
}

/** A loop that inserts on and on is stopped here. */
export const mostItems: number = 2 ** 16;

/** Throws DataError outside [-length, length). */
function positionOf(position: Tensor, length: number): number {
  const [at = 0] = ints(position);
  if (at >= -length && at < length) return at < 0 ? at + length : at;
  throw new DataError(`position ${at} of a sequence of ${length}; expected ${-length} to ${length - 1}.`);
}

function sequenceType(length: Dim, element: ElementType): TensorType {
  return { dtype: "sequence", shape: [length], element };
}

/** Throws ShapeError when their dtypes differ. */
function common(types: readonly TensorType[]): ElementType {
  return types.map(elementOf).reduce((a, b) => {
    const merged = mergedElement(a, b);
    if (merged) return merged;
    throw new ShapeError(`items of ${a.dtype} and ${b.dtype}; expected one dtype.`);
  });
}

/** Tensors of one dtype, of any shapes -> the sequence of them. */
export const sequenceConstruct: Op<NoAttrs> = defineOp<NoAttrs>({
  name: "sequenceConstruct",
  accuracy: "exact",
  takes: "strings",
  infer(inputs) {
    checkInputs(inputs, 1, Number.POSITIVE_INFINITY);
    return [sequenceType(inputs.length, common(inputs))];
  },
  reference: (inputs) => [Tensor.sequence(inputs)],
});

export interface SequenceEmptyAttrs {
  readonly dtype: DType;
}

/** -> a sequence of no tensors. */
export const sequenceEmpty: Op<SequenceEmptyAttrs> = defineOp<SequenceEmptyAttrs>({
  name: "sequenceEmpty",
  accuracy: "exact",
  infer: (_, { dtype }) => [sequenceType(0, { dtype })],
  reference: (_, { dtype }) => [Tensor.sequence([], { dtype })],
});

/** sequence, position (i64 or i32, one element, negative from the back) -> the tensor there. Throws ShapeError, DataError. */
export const sequenceAt: Op<NoAttrs> = defineOp<NoAttrs>({
  name: "sequenceAt",
  accuracy: "exact",
  takes: "anything",
  infer(inputs) {
    checkInputs(inputs, 2);
    checkPosition(inputs[1]);
    return [itemType(itemsOf(inputs[0]!, "input 0"), "an item")];
  },
  reference: ([sequence, position]) => [sequence!.items[positionOf(position!, sequence!.items.length)]!],
});

/** sequence, tensor, position? (before it; default at the end) -> the longer sequence. Throws ShapeError, DataError. */
export const sequenceInsert: Op<NoAttrs> = defineOp<NoAttrs>({
  name: "sequenceInsert",
  accuracy: "exact",
  takes: "anything",
  infer(inputs) {
    checkInputs(inputs, 2, 3);
    const [sequence, x, position] = inputs as readonly [TensorType, TensorType, TensorType?];
    checkPosition(position);
    return [sequenceType(dimAdd(sequence.shape[0]!, 1), joined(sequence, x))];
  },
  reference([sequence, x, position]) {
    const { items } = sequence!;
    const [at = 0] = position ? ints(position) : [items.length];
    const from = at < 0 ? at + items.length : at;
    if (!(from >= 0 && from <= items.length)) {
      throw new DataError(
        `position ${at} of a sequence of ${items.length}; expected ${-items.length} to ${items.length}.`,
      );
    }
    if (items.length >= mostItems) {
      throw new DataError(`a sequence of over ${mostItems} tensors; expected a shorter one.`);
    }
    return [Tensor.containerOf("sequence", items.toSpliced(from, 0, x!), joined(sequence!.type, x!.type))];
  },
});

/** An empty sequence takes on what is inserted. Throws ShapeError for another dtype. */
function joined(sequence: TensorType, x: TensorType): ElementType {
  const items = itemsOf(sequence, "input 0");
  const merged = mergedElement(items, elementOf(x));
  if (!merged) throw new ShapeError(`a ${x.dtype} into a sequence of ${items.dtype}; expected one dtype.`);
  return sequence.shape[0] === 0 ? elementOf(x) : merged;
}

/** sequence, position? (default the last) -> the sequence without that tensor. Throws ShapeError, DataError. */
export const sequenceErase: Op<NoAttrs> = defineOp<NoAttrs>({
  name: "sequenceErase",
  accuracy: "exact",
  takes: "anything",
  infer(inputs) {
    checkInputs(inputs, 1, 2);
    checkPosition(inputs[1]);
    const element = itemsOf(inputs[0]!, "input 0");
    const [length] = inputs[0]!.shape;
    if (length === 0) throw new ShapeError("an empty sequence; expected at least 1 item.");
    return [sequenceType(dimSub(length!, 1), element)];
  },
  reference([sequence, position]) {
    const { items } = sequence!;
    const at = positionOf(position ?? Tensor.scalar("i64", -1), items.length);
    return [Tensor.containerOf("sequence", items.toSpliced(at, 1), sequence!.element!)];
  },
});

/** sequence -> how many tensors it holds, an i64 scalar. */
export const sequenceLength: Op<NoAttrs> = defineOp<NoAttrs>({
  name: "sequenceLength",
  accuracy: "exact",
  takes: "anything",
  infer(inputs) {
    checkInputs(inputs, 1);
    itemsOf(inputs[0]!, "input 0");
    return [{ dtype: "i64", shape: [] }];
  },
  reference: ([sequence]) => [Tensor.scalar("i64", sequence!.items.length)],
});

export function withoutAxis(shape: Shape, axis: number): Dim[] {
  return shape.filter((_, i) => i !== axis);
}
