import { numElements } from "../../ir/shape.ts";
import { doubles } from "./doubles.ts";
import { type MatMulDims, matMulDims, type Transposed } from "./matmul-shape.ts";
import { broadcastStrides, stridedOffsets } from "./strided.ts";

export interface Matrices<V> {
  readonly a: V;
  readonly b: V;
  readonly shapeA: readonly number[];
  readonly shapeB: readonly number[];
}

export interface MatMulPlan extends MatMulDims<number> {
  readonly shape: readonly number[];
  /** First elements of the matrices of a and b, one pair per result matrix. */
  readonly startsA: Float64Array;
  readonly startsB: Float64Array;
}

export function matMulPlan(
  shapeA: readonly number[],
  shapeB: readonly number[],
  flags: Transposed,
): MatMulPlan {
  const dims = matMulDims(shapeA, shapeB, flags) as MatMulDims<number> & {
    readonly shape: readonly number[];
  };
  const rank = Math.max(dims.batchA.length, dims.batchB.length);
  const batch = Array.from({ length: rank }, (_, i) => {
    const [a, b] = [
      dims.batchA[i - rank + dims.batchA.length] ?? 1,
      dims.batchB[i - rank + dims.batchB.length] ?? 1,
    ];
    return a === 1 ? b : a;
  });
  const starts = (own: readonly number[], size: number): Float64Array =>
    stridedOffsets(batch, broadcastStrides(own, batch)).map((matrix) => matrix * size);
  return {
    ...dims,
    startsA: starts(dims.batchA, dims.m * dims.k),
    startsB: starts(dims.batchB, dims.k * dims.n),
  };
}

function transposed(values: Float64Array, rows: number, cols: number): Float64Array {
  const out = new Float64Array(values.length);
  const size = rows * cols;
  for (let base = 0; base < values.length; base += size) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < cols; c++) out[base + c * rows + r] = values[base + r * cols + c]!;
    }
  }
  return out;
}

/** Products in double precision, row-major in `plan.shape`. */
export function multiply(
  matrices: Matrices<Float64Array>,
  flags: Transposed,
): { sums: Float64Array; plan: MatMulPlan } {
  const plan = matMulPlan(matrices.shapeA, matrices.shapeB, flags);
  const { m, k, n } = plan;
  const a = flags.transA && matrices.shapeA.length > 1 ? transposed(matrices.a, k, m) : matrices.a;
  const b = flags.transB && matrices.shapeB.length > 1 ? transposed(matrices.b, n, k) : matrices.b;
  const sums = doubles(plan.shape);
  for (let matrix = 0; matrix < plan.startsA.length; matrix++) {
    for (let row = 0; row < m; row++) {
      const to = (matrix * m + row) * n;
      const fromA = plan.startsA[matrix]! + row * k;
      for (let inner = 0; inner < k; inner++) {
        addScaled(sums, to, b, { from: plan.startsB[matrix]! + inner * n, length: n, by: a[fromA + inner]! });
      }
    }
  }
  return { sums, plan };
}

interface ScaledRow {
  readonly from: number;
  readonly length: number;
  readonly by: number;
}

function addScaled(
  target: Float64Array,
  to: number,
  source: Float64Array,
  { from, length, by }: ScaledRow,
): void {
  for (let i = 0; i < length; i++) target[to + i]! += by * source[from + i]!;
}

type BigData = BigInt64Array | BigUint64Array;

/** Products of 64-bit integers, which wrap. */
export function multiplyBig(matrices: Matrices<BigData>, flags: Transposed, out: BigData): void {
  const plan = matMulPlan(matrices.shapeA, matrices.shapeB, flags);
  const { m, k, n } = plan;
  const [rowA, colA] = flags.transA && matrices.shapeA.length > 1 ? [1, m] : [k, 1];
  const [rowB, colB] = flags.transB && matrices.shapeB.length > 1 ? [1, k] : [n, 1];
  for (let i = 0; i < numElements(plan.shape); i++) {
    const [matrix, row, col] = [Math.floor(i / (m * n)), Math.floor(i / n) % m, i % n];
    let sum = 0n;
    for (let inner = 0; inner < k; inner++) {
      const x = matrices.a[plan.startsA[matrix]! + row * rowA + inner * colA]!;
      sum += x * matrices.b[plan.startsB[matrix]! + inner * rowB + col * colB]!;
    }
    out[i] = sum;
  }
}
