import { ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { formatShape, rowMajorStrides } from "../ir/shape.ts";
import { checkInputs } from "./shared/check.ts";
import { takeStrided, withShape } from "./shared/gather-data.ts";

export interface TransposeAttrs {
  /** Output axis i is input axis perm[i]. */
  readonly perm: readonly number[];
}

export const transpose: Op<TransposeAttrs> = defineOp({
  name: "transpose",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, { perm }) {
    checkInputs(inputs, 1);
    const { shape } = inputs[0]!;
    const isPermutation = [...perm].sort((a, b) => a - b).every((axis, i) => axis === i);
    if (perm.length !== shape.length || !isPermutation) {
      throw new ShapeError(
        `perm [${perm}] for ${formatShape(shape)}; expected a permutation of its ${shape.length} axes.`,
      );
    }
    return [
      withShape(
        inputs[0]!,
        perm.map((axis) => shape[axis]!),
      ),
    ];
  },
  reference([x], { perm }) {
    const strides = rowMajorStrides(x!.shape);
    const shape = perm.map((axis) => x!.shape[axis]!);
    return [takeStrided(x!, { shape, strides: perm.map((axis) => strides[axis]!) })];
  },
});
