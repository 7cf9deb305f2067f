import { DataError, ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../ir/op.ts";
import {
  type Dim,
  dimFloorDiv,
  dimMul,
  dimProduct,
  formatShape,
  isStatic,
  normalizeAxis,
  numElements,
  type Shape,
} from "../ir/shape.ts";
import { ints } from "../ir/tensor.ts";
import { checkIndexVector, checkInputs, vectorLength } from "./shared/check.ts";
import { reshaped, withShape } from "./shared/gather-data.ts";
import type { NoAttrs } from "./unary.ts";

export interface ReshapeAttrs {
  /** A 0 in the shape means size 0 instead of "as the input's". */
  readonly allowZero: boolean;
}

/** Resolves 0 and -1 of a requested shape. Throws ShapeError when the element counts differ. */
export function resolveReshape(shape: Shape, wanted: readonly number[], allowZero: boolean): Dim[] {
  const out: Dim[] = wanted.map((dim, axis) => (dim === 0 && !allowZero ? copiedDim(shape, axis) : dim));
  const unknown = out.indexOf(-1);
  if (out.some((dim) => typeof dim === "number" && dim < -1) || out.lastIndexOf(-1) !== unknown) {
    throw new ShapeError(`shape ${formatShape(wanted)}; expected sizes with at most one -1.`);
  }
  if (unknown >= 0) {
    const rest = dimProduct(out.filter((_, axis) => axis !== unknown));
    out[unknown] = missingDim(shape, rest);
  }
  if (isStatic(shape) && isStatic(out) && numElements(shape) !== numElements(out)) {
    throw new ShapeError(
      `shape ${formatShape(wanted)} for ${formatShape(shape)}; expected ${numElements(shape)} elements.`,
    );
  }
  return out;
}

function copiedDim(shape: Shape, axis: number): Dim {
  const dim = shape[axis];
  if (dim !== undefined) return dim;
  throw new ShapeError(
    `0 at axis ${axis} copies a size of ${formatShape(shape)}; expected an axis below its rank.`,
  );
}

function missingDim(shape: Shape, rest: Dim): Dim {
  if (typeof rest === "number" && isStatic(shape))
    return rest === 0 ? 0 : Math.floor(numElements(shape) / rest);
  const total = dimProduct(shape);
  if (typeof rest === "number") return dimFloorDiv(total, rest);
  return `floor(${total}/(${rest}))`;
}

/** x, shape i64 [r] -> the same elements in that shape. */
export const reshape: Op<ReshapeAttrs> = defineOp({
  name: "reshape",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, { allowZero }, known) {
    checkInputs(inputs, 2);
    checkIndexVector(inputs[1]!, "shape");
    if (known[1]) return [withShape(inputs[0]!, resolveReshape(inputs[0]!.shape, ints(known[1]), allowZero))];
    const rank = vectorLength(inputs[1]!, "shape");
    return [
      withShape(
        inputs[0]!,
        Array.from({ length: rank }, (_, i) => `?${i}`),
      ),
    ];
  },
  reference: ([x, shape], { allowZero }) => [
    reshaped(x!, resolveReshape(x!.shape, ints(shape!), allowZero) as number[]),
  ],
});

export interface FlattenAttrs {
  readonly axis: number;
}

function flattenShape(shape: Shape, axis: number): Dim[] {
  const at = axis === shape.length ? axis : normalizeAxis(axis, Math.max(1, shape.length));
  return [dimProduct(shape.slice(0, at)), dimProduct(shape.slice(at))];
}

/** x -> [product of dimensions before axis, product of the rest]. */
export const flatten: Op<FlattenAttrs> = defineOp({
  name: "flatten",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, { axis }) {
    checkInputs(inputs, 1);
    return [withShape(inputs[0]!, flattenShape(inputs[0]!.shape, axis))];
  },
  reference: ([x], { axis }) => [reshaped(x!, flattenShape(x!.shape, axis) as number[])],
});

function squeezedShape(shape: Shape, axes: readonly number[] | undefined): Dim[] {
  const normal = axes?.map((axis) => normalizeAxis(axis, shape.length));
  normal?.forEach((axis) => {
    const dim = shape[axis]!;
    if (typeof dim === "number" && dim !== 1)
      throw new ShapeError(`axis ${axis} of ${formatShape(shape)} has size ${dim}; expected 1.`);
  });
  return shape.filter((dim, axis) => (normal ? !normal.includes(axis) : dim !== 1));
}

/** Drops axes of size 1: those given, or all. */
export const squeeze: Op<NoAttrs> = defineOp({
  name: "squeeze",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, _, known) {
    checkInputs(inputs, 1, 2);
    const { shape } = inputs[0]!;
    if (inputs[1] && !known[1]) {
      const rank = shape.length - vectorLength(inputs[1], "axes");
      return [
        withShape(
          inputs[0]!,
          Array.from({ length: rank }, (_, i) => `?${i}`),
        ),
      ];
    }
    return [withShape(inputs[0]!, squeezedShape(shape, known[1] && ints(known[1])))];
  },
  reference: ([x, axes]) => [reshaped(x!, squeezedShape(x!.shape, axes && ints(axes)) as number[])],
});

function unsqueezedShape(shape: Shape, axes: readonly number[]): Dim[] {
  const rank = shape.length + axes.length;
  const normal = new Set(axes.map((axis) => normalizeAxis(axis, rank)));
  if (normal.size !== axes.length) throw new ShapeError(`axes [${axes}]; expected each axis once.`);
  let next = 0;
  return Array.from({ length: rank }, (_, axis) => (normal.has(axis) ? 1 : shape[next++]!));
}

/** Inserts axes of size 1 at these positions of the result. */
export const unsqueeze: Op<NoAttrs> = defineOp({
  name: "unsqueeze",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, _, known) {
    checkInputs(inputs, 2);
    const { shape } = inputs[0]!;
    if (known[1]) return [withShape(inputs[0]!, unsqueezedShape(shape, ints(known[1])))];
    const rank = shape.length + vectorLength(inputs[1]!, "axes");
    return [
      withShape(
        inputs[0]!,
        Array.from({ length: rank }, (_, i) => `?${i}`),
      ),
    ];
  },
  reference: ([x, axes]) => [reshaped(x!, unsqueezedShape(x!.shape, ints(axes!)) as number[])],
});

function expandedShape(shape: Shape, wanted: readonly number[]): Dim[] {
  const rank = Math.max(shape.length, wanted.length);
  const at = (dims: Shape, axis: number): Dim => dims[axis - rank + dims.length] ?? 1;
  return Array.from({ length: rank }, (_, axis) => {
    const [from, to] = [at(shape, axis), at(wanted, axis)];
    if (typeof to === "number" && to < 0) {
      throw new ShapeError(`shape ${formatShape(wanted)}; expected non-negative sizes.`);
    }
    if (from === to || to === 1) return from;
    if (from === 1 || typeof from === "string") return to;
    throw new ShapeError(
      `shape ${formatShape(shape)} to ${formatShape(wanted)}; expected dimensions that are equal or 1.`,
    );
  });
}

export { expandedShape };

/** What `dims` times `repeats` gives, axis by axis. */
export function tiledShape(shape: Shape, repeats: readonly number[]): Dim[] {
  if (repeats.length !== shape.length)
    throw new ShapeError(`${repeats.length} repeats for ${formatShape(shape)}; expected ${shape.length}.`);
  if (repeats.some((n) => n < 0)) throw new DataError(`repeats [${repeats}]; expected non-negative numbers.`);
  return shape.map((dim, axis) => dimMul(dim, repeats[axis]!));
}
