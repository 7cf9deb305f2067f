import type { Value } from "../ir/program.ts";
import type { RewriteGraph } from "../ir/rewrite.ts";
import type { Shape } from "../ir/shape.ts";
import { Tensor } from "../ir/tensor.ts";

export type Floats = Float32Array | Float64Array;

/** The elements of an f32 or f64 tensor; undefined for the other dtypes. */
export function floats(tensor: Tensor | undefined): Floats | undefined {
  const data = tensor?.data;
  return data instanceof Float32Array || data instanceof Float64Array ? data : undefined;
}

/** A tensor of the same dtype and shape with each element changed. */
export function mapFloats(tensor: Tensor, change: (x: number, i: number) => number): Tensor {
  const source = floats(tensor)!;
  const target =
    source instanceof Float32Array ? new Float32Array(source.length) : new Float64Array(source.length);
  for (let i = 0; i < source.length; i++) target[i] = change(source[i]!, i);
  return Tensor.from(tensor.dtype, tensor.shape, target);
}

/** A constant's one float; undefined when it has more elements or another dtype. */
export function scalarOf(value: Value | undefined, graph: RewriteGraph): number | undefined {
  const data = floats(graph.constant(value));
  return data?.length === 1 ? data[0] : undefined;
}

/** Equal within what exporters' rounding of constants makes of a number. */
export function isClose(a: number | undefined, b: number): boolean {
  return a !== undefined && Math.abs(a - b) <= 1e-5 * Math.abs(b);
}

/**
 * The tensor as one number per index of `axis` of a value of this shape that it broadcasts to; undefined when it
 * varies along another axis, would enlarge the value, or isn't f32 or f64.
 */
export function alongAxis(tensor: Tensor | undefined, shape: Shape, axis: number): Float64Array | undefined {
  const data = floats(tensor);
  const size = shape[axis];
  if (!tensor || !data || typeof size !== "number" || tensor.shape.length > shape.length) return undefined;
  const lead = shape.length - tensor.shape.length;
  const fits = tensor.shape.every((dim, i) => dim === 1 || (i + lead === axis && dim === size));
  if (!fits || (data.length !== 1 && data.length !== size)) return undefined;
  return Float64Array.from({ length: size }, (_, i) => data[data.length === 1 ? 0 : i]!);
}

/** Copies of one shared weight may take this much. */
const sharedCopyBytes = 2 ** 26;

/** The floats of a constant that may be rewritten: its copies, one for each reader, stay small. */
export function rewritable(value: Value | undefined, graph: RewriteGraph): Tensor | undefined {
  const data = graph.constant(value);
  if (!value || !data || !floats(data)) return undefined;
  const uses = graph.uses(value);
  return uses === 1 || uses * data.byteLength <= sharedCopyBytes ? data : undefined;
}
