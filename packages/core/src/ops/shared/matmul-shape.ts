import { ShapeError } from "../../errors.ts";
import { broadcastShapes, type Dim, formatShape, type Shape } from "../../ir/shape.ts";
import type { TensorType } from "../../ir/tensor.ts";
import { canEqual } from "./channels.ts";

export interface MatMulDims<D extends Dim = Dim> {
  readonly batchA: readonly D[];
  readonly batchB: readonly D[];
  readonly m: D;
  readonly k: D;
  readonly n: D;
  /** The result, without the dimensions that numpy adds to vectors and takes away again. */
  readonly shape: Shape;
}

export interface Transposed {
  readonly transA?: boolean;
  readonly transB?: boolean;
}

function matrixOf(shape: Shape, isLeft: boolean, isTransposed: boolean): Shape {
  if (shape.length === 1) return isLeft ? [1, shape[0]!] : [shape[0]!, 1];
  const [rows, cols] = shape.slice(-2) as [Dim, Dim];
  return [...shape.slice(0, -2), ...(isTransposed ? [cols, rows] : [rows, cols])];
}

/** Numpy's matmul after optional transposition of the last two dimensions. Throws ShapeError. */
export function matMulDims(a: Shape, b: Shape, { transA = false, transB = false }: Transposed): MatMulDims {
  for (const [name, shape] of [
    ["a", a],
    ["b", b],
  ] as const) {
    if (shape.length === 0) throw new ShapeError(`${name} is a scalar; expected at least 1 dimension.`);
  }
  const left = matrixOf(a, true, transA);
  const right = matrixOf(b, false, transB);
  const [m, k] = left.slice(-2) as [Dim, Dim];
  const [rows, n] = right.slice(-2) as [Dim, Dim];
  if (!canEqual(k, rows)) {
    const flags = `${transA ? ", transA" : ""}${transB ? ", transB" : ""}`;
    throw new ShapeError(
      `a has ${k} columns and b ${rows} rows; expected the same number (a ${formatShape(a)}, b ${formatShape(b)}${flags}).`,
    );
  }
  const [batchA, batchB] = [left.slice(0, -2), right.slice(0, -2)];
  const shape = [
    ...broadcastShapes(batchA, batchB),
    ...(a.length === 1 ? [] : [m]),
    ...(b.length === 1 ? [] : [n]),
  ];
  return { batchA, batchB, m, k, n, shape };
}

export function matMulFlops(types: readonly TensorType[], attrs: Transposed): number {
  const { m, k, n, batchA, batchB } = matMulDims(types[0]!.shape, types[1]!.shape, attrs);
  const dims = [...broadcastShapes(batchA, batchB), m, k, n];
  return dims.every((dim) => typeof dim === "number") ? 2 * dims.reduce((a, b) => a * b, 1) : 0;
}
