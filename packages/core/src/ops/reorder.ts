import { ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { formatShape } from "../ir/shape.ts";
import type { Layout, TensorType } from "../ir/tensor.ts";

export interface ReorderAttrs {
  /** undefined: row-major. Equal to the input's layout: a copy. */
  readonly layout: Layout | undefined;
}

function reorderType(input: TensorType, layout: Layout | undefined): TensorType {
  const { layout: _, ...plain } = input;
  if (layout === undefined) return plain;
  if (input.shape.length < 2) {
    throw new ShapeError(
      `input has shape ${formatShape(input.shape)}; expected at least 2 dimensions for ${layout}.`,
    );
  }
  return { ...plain, layout };
}

/**
 * The same logical tensor [N,C,...] in another layout; the reference is the identity. Inserted by `place` only, with
 * the layouts already in the types of its input and output. Equal layouts make a copy, so it is never a view.
 * Throws ShapeError when a blocked layout meets fewer than 2 dimensions.
 */
export const reorder: Op<ReorderAttrs> = defineOp<ReorderAttrs>({
  name: "reorder",
  infer: ([input], { layout }) => {
    if (input === undefined) throw new ShapeError("0 inputs; expected 1.");
    return [reorderType(input, layout)];
  },
  reference: (inputs) => [inputs[0]!],
  accuracy: "exact",
  flops: () => 0,
});
