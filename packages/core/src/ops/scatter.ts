import { ShapeError } from "../errors.ts";
import { isBigInt } from "../ir/dtype.ts";
import { fromNumbers, toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { formatShape, normalizeAxis, rowMajorStrides, type Shape } from "../ir/shape.ts";
import { Tensor } from "../ir/tensor.ts";
import { checkCovers, elementOffsets, wrapIndex } from "./gather.ts";
import { bigMax, bigMin } from "./shared/big.ts";
import { checkDType, checkInputs, checkSameDType } from "./shared/check.ts";

export type ScatterReduction = "none" | "add" | "mul" | "max" | "min";

export interface ScatterNDAttrs {
  readonly reduction: ScatterReduction;
}

export interface ScatterElementsAttrs extends ScatterNDAttrs {
  readonly axis: number;
}

const combine: Readonly<Record<ScatterReduction, (old: number, update: number) => number>> = {
  none: (_, update) => update,
  add: (old, update) => old + update,
  mul: (old, update) => old * update,
  max: Math.max,
  min: Math.min,
};

function checkUpdates(updates: Shape, expected: Shape): void {
  const fits = updates.every((dim, i) => {
    const other = expected[i];
    return dim === other || typeof dim === "string" || typeof other === "string";
  });
  if (fits && updates.length === expected.length) return;
  throw new ShapeError(`updates have shape ${formatShape(updates)}; expected ${formatShape(expected)}.`);
}

/** A copy of x with element targets[i] combined with update i. */
function scatter(
  x: Tensor,
  targets: ArrayLike<number>,
  updates: Tensor,
  reduction: ScatterReduction,
): Tensor {
  if (reduction === "none" || isBigInt(x.dtype)) {
    const out = x.data.slice() as Float64Array;
    const source = updates.data as Float64Array;
    for (let i = 0; i < targets.length; i++) {
      const at = targets[i]!;
      out[at] =
        reduction === "none"
          ? source[i]!
          : (combineBig(
              out[at] as unknown as bigint,
              source[i] as unknown as bigint,
              reduction,
            ) as unknown as number);
    }
    return Tensor.from(x.dtype, x.shape, out);
  }
  const out = Float64Array.from(toNumbers(x));
  const values = toNumbers(updates);
  for (let i = 0; i < targets.length; i++)
    out[targets[i]!] = combine[reduction](out[targets[i]!]!, values[i]!);
  return fromNumbers(x.dtype, x.shape, out);
}

function combineBig(old: bigint, update: bigint, reduction: ScatterReduction): bigint {
  switch (reduction) {
    case "add":
      return old + update;
    case "mul":
      return old * update;
    case "max":
      return bigMax(old, update);
    case "min":
      return bigMin(old, update);
    default:
      return update;
  }
}

/** x, indices, updates of one rank -> x with x[indices[i][j]][j] = updates[i][j] for axis 0, and so on. */
export const scatterElements: Op<ScatterElementsAttrs> = defineOp({
  name: "scatterElements",
  accuracy: "rounding",
  infer(inputs, { axis }) {
    checkInputs(inputs, 3);
    const [x, indices, updates] = [inputs[0]!, inputs[1]!, inputs[2]!];
    checkDType(indices, ["i64", "i32"], "indices");
    checkSameDType([x, updates]);
    normalizeAxis(axis, x.shape.length);
    if (indices.shape.length !== x.shape.length || updates.shape.length !== x.shape.length) {
      throw new ShapeError(
        `x ${formatShape(x.shape)}, indices ${formatShape(indices.shape)}, updates ${formatShape(updates.shape)}; expected one rank.`,
      );
    }
    checkCovers(x.shape, indices.shape, normalizeAxis(axis, x.shape.length));
    checkUpdates(updates.shape, indices.shape);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  reference([x, indices, updates], { axis, reduction }) {
    const targets = elementOffsets(x!.shape, indices!, normalizeAxis(axis, x!.shape.length));
    return [scatter(x!, targets, updates!, reduction)];
  },
});

/** x, indices i64 [..., d], updates [..., x.shape[d:]] -> x with the slices that indices name replaced. */
export const scatterND: Op<ScatterNDAttrs> = defineOp({
  name: "scatterND",
  accuracy: "rounding",
  infer(inputs) {
    checkInputs(inputs, 3);
    const [x, indices, updates] = [inputs[0]!, inputs[1]!, inputs[2]!];
    checkDType(indices, ["i64"], "indices");
    checkSameDType([x, updates]);
    const depth = indices.shape.at(-1);
    if (typeof depth !== "number" || depth > x.shape.length) {
      throw new ShapeError(
        `indices ${formatShape(indices.shape)} into ${formatShape(x.shape)}; expected tuples no longer than x's rank.`,
      );
    }
    checkUpdates(updates.shape, [...indices.shape.slice(0, -1), ...x.shape.slice(depth)]);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  reference([x, indices, updates], { reduction }) {
    const depth = indices!.shape.at(-1)!;
    const strides = rowMajorStrides(x!.shape);
    const slice = x!.shape.slice(depth).reduce((a, b) => a * b, 1);
    const values = toNumbers(indices!);
    const targets = new Float64Array(updates!.data.length);
    for (let i = 0; i < targets.length; i++) {
      const tuple = Math.floor(i / slice);
      let at = i % slice;
      for (let k = 0; k < depth; k++) at += wrapIndex(values[tuple * depth + k]!, x!.shape[k]!) * strides[k]!;
      targets[i] = at;
    }
    return [scatter(x!, targets, updates!, reduction)];
  },
});
