import { DataError } from "../errors.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { type Dim, dimCeilDiv, formatShape, normalizeAxis, type Shape } from "../ir/shape.ts";
import { ints, Tensor, type TensorType } from "../ir/tensor.ts";
import { type AxisAttrs, concat, split } from "./concat.ts";
import { reshape, unsqueeze } from "./reshape.ts";
import { itemsOf, itemType, mostItems, withoutAxis } from "./sequence.ts";
import { checkIndexVector, checkInputs } from "./shared/check.ts";

export interface SplitToSequenceAttrs extends AxisAttrs {
  /** false: parts of size 1 without the axis, where no sizes are given. */
  readonly keepDims: boolean;
}

/** The sizes of the parts: of 1, of one size with a smaller last, or as listed. Throws DataError. */
function partSizes(dim: number, sizes: Tensor | undefined): readonly number[] {
  const given = sizes ? ints(sizes) : [1];
  const isList = sizes?.shape.length === 1;
  const [size = 1] = given;
  if (!isList && (size < 1 || dim / size > mostItems)) {
    throw new DataError(
      `parts of ${size} of ${dim}; expected a size of at least 1, and at most ${mostItems} parts.`,
    );
  }
  if (!isList) return Array.from({ length: Math.ceil(dim / size) }, (_, i) => Math.min(size, dim - i * size));
  if (given.some((part) => part < 0) || given.reduce((a, b) => a + b, 0) !== dim) {
    throw new DataError(`parts [${given.slice(0, 8)}] of ${dim}; expected sizes that add up to it.`);
  }
  return given;
}

function partDims(shape: Shape, at: number, known: Tensor | undefined): { length: Dim; part: Dim } {
  const dim = shape[at]!;
  const sizes = known && ints(known);
  if (sizes === undefined || (known!.shape.length === 0 && sizes[0]! < 1))
    return { length: "?parts", part: "?part" };
  if (known!.shape.length === 1) return { length: sizes.length, part: "?part" };
  const size = sizes[0]!;
  const isEven = typeof dim === "number" && dim % size === 0;
  return { length: dimCeilDiv(dim, size), part: isEven || size === 1 ? size : "?part" };
}

/** x, sizes? (i64 or i32: one size for all, or [parts]) -> the sequence of x's parts along the axis. Throws ShapeError, DataError. */
export const splitToSequence: Op<SplitToSequenceAttrs> = defineOp<SplitToSequenceAttrs>({
  name: "splitToSequence",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, { axis, keepDims }, known) {
    checkInputs(inputs, 1, 2);
    const [x, sizes] = inputs as readonly [TensorType, TensorType?];
    const at = normalizeAxis(axis, x.shape.length);
    if (sizes) checkIndexVector(sizes, "sizes");
    const { length, part } = partDims(x.shape, at, sizes ? known[1] : Tensor.scalar("i64", 1));
    const isListed = sizes?.shape.length === 1 && typeof sizes.shape[0] === "number";
    const shape =
      !sizes && !keepDims ? withoutAxis(x.shape, at) : x.shape.map((dim, i) => (i === at ? part : dim));
    const count = isListed ? sizes.shape[0]! : length;
    return [{ dtype: "sequence", shape: [count], element: { dtype: x.dtype, shape } }];
  },
  reference([x, sizes], { axis, keepDims }) {
    const at = normalizeAxis(axis, x!.shape.length);
    const parts = partSizes(x!.shape[at]!, sizes);
    const element = { dtype: x!.dtype };
    if (parts.length === 0) return [Tensor.sequence([], element)];
    const items = split.reference([x!, Tensor.ints(parts)], { axis: at, numOutputs: parts.length });
    if (sizes || keepDims) return [Tensor.sequence(items, element)];
    const shape = Tensor.ints(withoutAxis(x!.shape, at) as number[]);
    const flat = items.map((item) => reshape.reference([item, shape], { allowZero: true })[0]!);
    return [Tensor.sequence(flat, element)];
  },
});

export interface ConcatFromSequenceAttrs extends AxisAttrs {
  /** The items are stacked along a new axis. */
  readonly newAxis: boolean;
}

/** sequence -> its tensors joined along the axis, or stacked along a new one. Throws ShapeError; DataError when empty. */
export const concatFromSequence: Op<ConcatFromSequenceAttrs> = defineOp<ConcatFromSequenceAttrs>({
  name: "concatFromSequence",
  accuracy: "exact",
  takes: "anything",
  infer(inputs, { axis, newAxis }) {
    checkInputs(inputs, 1);
    const { dtype, shape } = itemType(itemsOf(inputs[0]!, "input 0"), "items");
    const at = normalizeAxis(axis, shape.length + (newAxis ? 1 : 0));
    const [count] = inputs[0]!.shape;
    const length: Dim = typeof count === "number" ? count : "?length";
    if (newAxis) return [{ dtype, shape: [...shape.slice(0, at), length, ...shape.slice(at)] }];
    const along = shape[at]!;
    const total = typeof along === "number" && typeof count === "number" ? along * count : "?length";
    return [{ dtype, shape: shape.map((dim, i) => (i === at ? total : dim)) }];
  },
  reference([sequence], { axis, newAxis }) {
    const { items } = sequence!;
    const [first] = items;
    if (!first) throw new DataError("an empty sequence; expected at least 1 tensor to join.");
    const at = normalizeAxis(axis, first.shape.length + (newAxis ? 1 : 0));
    const axes = Tensor.ints([at]);
    const parts = newAxis ? items.map((item) => unsqueeze.reference([item, axes], {})[0]!) : items;
    checkFits(parts, at);
    return concat.reference(parts, { axis: at });
  },
});

function checkFits(parts: readonly Tensor[], axis: number): void {
  const [first] = parts;
  const wrong = parts.find(
    ({ shape }) =>
      shape.length !== first!.shape.length || shape.some((dim, i) => i !== axis && dim !== first!.shape[i]),
  );
  if (!wrong) return;
  throw new DataError(
    `items ${formatShape(first!.shape)} and ${formatShape(wrong.shape)}; expected to differ along axis ${axis} only.`,
  );
}
