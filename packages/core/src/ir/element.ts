import type { DType } from "./dtype.ts";
import { type Dim, formatShape, type Shape } from "./shape.ts";
import type { ElementType, TensorType } from "./tensor.ts";

/** A value's type as that of a container's item. */
export function elementOf({ dtype, shape, element }: TensorType): ElementType {
  return element === undefined ? { dtype, shape } : { dtype, shape, element };
}

/** The sizes both have; undefined where the ranks differ or one is unknown. */
function commonShape(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (a === undefined || b === undefined || a.length !== b.length) return undefined;
  return a.map((dim, axis): Dim => (dim === b[axis] ? dim : `?item.${axis}`));
}

/** What holds items of both types; undefined when their dtypes differ. */
export function mergedElement(a: ElementType, b: ElementType): ElementType | undefined {
  if (a.dtype !== b.dtype) return undefined;
  const shape = commonShape(a.shape, b.shape);
  const element = a.element && b.element && mergedElement(a.element, b.element);
  if ((a.element || b.element) && element === undefined) return undefined;
  return { dtype: a.dtype, ...(shape && { shape }), ...(element && { element }) };
}

/** Nested dtypes agree; sizes do not matter: an item knows its own. */
export function elementsAgree(a: ElementType | undefined, b: ElementType | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.dtype === b.dtype && elementsAgree(a.element, b.element);
}

/** `f32[n,3]`, `f32` of any shape, `sequence<f32[3]>`. */
export function formatElement({ dtype, shape, element }: ElementType): string {
  return formatNested(dtype, shape, element);
}

/** `f32[1,n]`; containers `sequence<f32[n]>`, with the length where it is known: `sequence<f32[n]>[3]`. */
export function formatNested(
  dtype: DType,
  shape: Shape | undefined,
  element: ElementType | undefined,
): string {
  const sizes = shape === undefined ? "" : formatShape(shape);
  if (element === undefined) return `${dtype}${sizes}`;
  const length = dtype === "sequence" && typeof shape?.[0] === "number" ? sizes : "";
  return `${dtype}<${formatElement(element)}>${length}`;
}
