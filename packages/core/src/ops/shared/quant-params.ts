import { ShapeError } from "../../errors.ts";
import type { DType } from "../../ir/dtype.ts";
import { integerLimits, roundHalfEven } from "../../ir/numeric.ts";
import { type Dim, formatShape, normalizeAxis, type Shape } from "../../ir/shape.ts";
import type { TensorType } from "../../ir/tensor.ts";
import { canEqual } from "./channels.ts";
import { lanesOf } from "./lanes.ts";

export const isScalar = (shape: Shape): boolean =>
  shape.length === 0 || (shape.length === 1 && shape[0] === 1);

/** Throws ShapeError unless `type` holds one element. */
export function checkScalar(type: TensorType, what: string): void {
  if (isScalar(type.shape)) return;
  throw new ShapeError(`${what} has shape ${formatShape(type.shape)}; expected one element.`);
}

export interface QuantAxis {
  /** Used unless there is one scale for the tensor. */
  readonly axis: number;
  /** Elements along the axis that share a scale; 0: all (one scale per index instead). */
  readonly blockSize: number;
}

function blockedShape(x: Shape, { axis, blockSize }: QuantAxis): Shape {
  const at = normalizeAxis(axis, x.length);
  return x.map((dim, i): Dim => (i === at && typeof dim === "number" ? Math.ceil(dim / blockSize) : dim));
}

/** One element, one per index of the axis, or one per block. Throws ShapeError. */
export function checkQuantShape(
  x: TensorType,
  scale: TensorType,
  zeroPoint: TensorType,
  attrs: QuantAxis,
): void {
  const isSame =
    zeroPoint.shape.length === scale.shape.length &&
    zeroPoint.shape.every((dim, i) => canEqual(dim, scale.shape[i]!));
  if (!isSame && !(isScalar(zeroPoint.shape) && isScalar(scale.shape))) {
    throw new ShapeError(
      `zeroPoint has shape ${formatShape(zeroPoint.shape)}; expected ${formatShape(scale.shape)} as the scale.`,
    );
  }
  if (isScalar(scale.shape)) return;
  const isBlocked = attrs.blockSize > 0;
  const expected = isBlocked
    ? blockedShape(x.shape, attrs)
    : [x.shape[normalizeAxis(attrs.axis, x.shape.length)]!];
  const fits =
    scale.shape.length === expected.length && scale.shape.every((dim, i) => canEqual(dim, expected[i]!));
  if (fits) return;
  throw new ShapeError(
    `scale has shape ${formatShape(scale.shape)}; expected ${formatShape(expected)} or one element (input ${formatShape(x.shape)}, axis ${attrs.axis}, blockSize ${attrs.blockSize}).`,
  );
}

/** Which scale belongs to element `i` of x. */
export function quantIndex(
  x: readonly number[],
  scale: readonly number[],
  attrs: QuantAxis,
): (i: number) => number {
  if (isScalar(scale)) return () => 0;
  const { length, inner } = lanesOf(x, normalizeAxis(attrs.axis, x.length));
  if (attrs.blockSize <= 0) return (i) => Math.floor(i / inner) % length;
  const blocks = Math.ceil(length / attrs.blockSize);
  return (i) => {
    const along = Math.floor(i / inner) % length;
    const outer = Math.floor(i / (inner * length));
    return (outer * blocks + Math.floor(along / attrs.blockSize)) * inner + (i % inner);
  };
}

/** A real value in units of the scale -> stored: rounded half to even, shifted, saturated. NaN gives the zero point. */
export function storer(dtype: DType): (value: number, zeroPoint: number) => number {
  const [least, most] = integerLimits(dtype);
  return (value, zeroPoint) => {
    const stored = roundHalfEven(value) + zeroPoint;
    return stored < least ? least : stored > most ? most : Number.isNaN(stored) ? zeroPoint : stored;
  };
}
