import { ShapeError } from "../errors.ts";

/** A dimension: a number, or a symbol ("n") or expression ("floor((h+1)/2)") that only a run makes known. */
export type Dim = number | string;
export type Shape = readonly Dim[];

export function isStatic(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === "number");
}

/** The shape as numbers. Throws ShapeError if a dimension is symbolic. */
export function staticShape(shape: Shape, what = "value"): readonly number[] {
  if (!isStatic(shape)) throw new ShapeError(`${what}: shape ${formatShape(shape)}; expected only numbers.`);
  return shape;
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(",")}]`;
}

/** The product of the dimensions; 1 for a scalar. */
export function numElements(shape: Shape): number {
  let product = 1;
  for (const dim of staticShape(shape)) product *= dim;
  return product;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** Row-major strides in elements. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}

/** Numpy broadcasting of one dimension pair. A symbol against 1 gives the symbol; against a number, the number. */
function broadcastDim(a: Dim, b: Dim): Dim | undefined {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  if (typeof a === "string") return b;
  if (typeof b === "string") return a;
  return undefined;
}

/** Numpy broadcasting. Throws ShapeError naming both shapes. */
export function broadcastShapes(...shapes: readonly Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const out: Dim[] = new Array<Dim>(rank).fill(1);
  for (const shape of shapes) {
    const lead = rank - shape.length;
    shape.forEach((dim, i) => {
      const merged = broadcastDim(out[lead + i]!, dim);
      if (merged === undefined) {
        throw new ShapeError(
          `shapes ${shapes.map(formatShape).join(" and ")}; expected dimensions that are equal or 1.`,
        );
      }
      out[lead + i] = merged;
    });
  }
  return out;
}

/** An axis counted from the front. Throws ShapeError when out of [-rank, rank). */
export function normalizeAxis(axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError(`axis ${axis}; expected an integer in [${-rank}, ${rank - 1}].`);
  }
  return axis < 0 ? axis + rank : axis;
}

const wrap = (dim: Dim): string => (typeof dim === "string" && /[-+*/]/.test(dim) ? `(${dim})` : String(dim));

export function dimAdd(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (a === 0) return b;
  if (b === 0) return a;
  return `${a}+${wrap(b)}`;
}

export function dimSub(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (b === 0) return a;
  if (a === b) return 0;
  return `${a}-${wrap(b)}`;
}

export function dimMul(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a * b;
  if (a === 0 || b === 0) return 0;
  if (a === 1) return b;
  if (b === 1) return a;
  return `${wrap(a)}*${wrap(b)}`;
}

export function dimFloorDiv(a: Dim, b: number): Dim {
  if (typeof a === "number") return Math.floor(a / b);
  return b === 1 ? a : `floor(${wrap(a)}/${b})`;
}

export function dimCeilDiv(a: Dim, b: number): Dim {
  if (typeof a === "number") return Math.ceil(a / b);
  return b === 1 ? a : `ceil(${wrap(a)}/${b})`;
}

export function dimProduct(dims: readonly Dim[]): Dim {
  return dims.reduce<Dim>((product, dim) => dimMul(product, dim), 1);
}
