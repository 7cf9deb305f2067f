import { type Activation, type Arg, type Kernel, type Node, ops, type PlanBuilder } from "@coracle/core";
import type { X86Context } from "../context.ts";
import { epilogueWords, paddedBias, prepared, roundUp, tileRate } from "./conv-geometry.ts";
import { broadcastStrides } from "./loops.ts";
import { allOf, dims, floatBits, product, sized } from "./values.ts";

const stepNs = 300;
const bytesPerNs = 20;
/** Vectors of columns in a panel of packed B: kPanelVectors of the kernels. */
export const panelVectors = 2;
/** Products of a sum before the next panel's turn, and what of A then stays in L2. */
const depthFloats = 768;
const stripFloats = 131_072;
const minTaskMultiplyAdds = 200_000;
/** A that is copied wants panels enough to repay it. */
const minPanelsOfCopy = 4;
const rowPadFloats = 16;

interface MatMulAttrs {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
  readonly activation?: Activation;
}

export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Leading dims of the result, and of each operand. */
  readonly batch: readonly number[];
  readonly batchA: readonly number[];
  readonly batchB: readonly number[];
  readonly transA: boolean;
  readonly transB: boolean;
}

function productOf(node: Node<MatMulAttrs>): Product {
  const shapeA = dims(node.inputs[0]!);
  const shapeB = dims(node.inputs[1]!);
  const out = dims(node.outputs[0]!);
  const transA = (node.attrs.transA ?? false) && shapeA.length > 1;
  const transB = (node.attrs.transB ?? false) && shapeB.length > 1;
  const a = shapeA.length === 1 ? [1, shapeA[0]!] : shapeA;
  const b = shapeB.length === 1 ? [shapeB[0]!, 1] : shapeB;
  const batchRank = out.length - Number(shapeA.length > 1) - Number(shapeB.length > 1);
  const made = {
    m: a.at(transA ? -1 : -2)!,
    k: a.at(transA ? -2 : -1)!,
    n: b.at(transB ? -2 : -1)!,
    batch: out.slice(0, batchRank),
    batchA: a.slice(0, -2),
    batchB: b.slice(0, -2),
    ...{ transA, transB },
  };
  return transA || product(made.batchB) !== 1 ? made : foldedRows(made);
}

/** One B for every row of A: batches are more rows. */
function foldedRows(made: Product): Product {
  return { ...made, m: made.m * product(made.batch), batch: [], batchA: [], batchB: [] };
}

function packedB(plan: PlanBuilder, context: X86Context, node: Node<MatMulAttrs>, sizes: Product): Arg {
  const { n, k, batchB, transB } = sizes;
  const matrices = product(batchB);
  const panelColumns = panelVectors * context.block;
  return prepared(plan, node.inputs[1]!, {
    kernel: "f32_gemm_pack_b",
    params: Int32Array.of(
      ...[matrices, k, n, transB ? 1 : n, transB ? k : 1, k * n],
      floatBits(node.attrs.alpha ?? 1),
    ),
    tasks: matrices * Math.ceil(n / panelColumns),
    bytes: Math.max(4, matrices * roundUp(n, context.block) * k * 4),
  });
}

function rowMajorA(plan: PlanBuilder, node: Node<MatMulAttrs>, { m, k, batchA, transA }: Product): Arg {
  const value = node.inputs[0]!;
  if (!transA) return plan.arg(value);
  const matrices = product(batchA);
  const rows = 64;
  return prepared(plan, value, {
    kernel: "f32_gemm_transpose",
    params: Int32Array.of(matrices, m, k, rows),
    tasks: matrices * Math.ceil(m / rows),
    bytes: Math.max(4, matrices * m * k * 4),
  });
}

interface Split {
  readonly rows: number;
  readonly panels: number;
  readonly tasks: number;
  readonly depth: number;
  readonly copiesA: boolean;
}

/** Rows so many bytes apart fall into few sets of L1. */
const aliasBytes = 2048;

/** Rows of A that stay in L2 and do not depend on the threads; panels so that every thread finds some eight tasks. */
function splitWork(context: X86Context, { m, n, k, batch }: Product, threads: number): Split {
  const tileRows = context.block === 16 ? 14 : 6;
  const panels = Math.ceil(n / (panelVectors * context.block));
  const batches = product(batch);
  const wanted =
    threads === 1 ? 1 : Math.min(threads * 8, Math.floor((batches * m * n * k) / minTaskMultiplyAdds));
  const depth = m <= tileRows / 2 ? Math.max(1, k) : Math.min(Math.max(1, k), depthFloats);
  const fitting = Math.max(tileRows, Math.floor(stripFloats / depth / tileRows) * tileRows);
  const strips = Math.max(1, Math.ceil(m / fitting));
  const rows = Math.max(1, Math.min(m, roundUp(Math.ceil(m / strips), tileRows)));
  const strided = Math.ceil(m / rows);
  const copiesA = m > tileRows / 2 && (k * 4) % aliasBytes === 0 && panels >= minPanelsOfCopy;
  const groups = Math.max(1, Math.min(panels, Math.ceil(wanted / Math.max(1, batches * strided))));
  const each = Math.max(copiesA ? minPanelsOfCopy : 1, Math.ceil(panels / groups));
  return { rows, panels: each, tasks: batches * strided * Math.ceil(panels / each), depth, copiesA };
}

interface ProductArgs {
  readonly a: Arg;
  readonly b: Arg;
  readonly out: Arg;
  readonly bias?: Arg | undefined;
  readonly residual?: Arg | undefined;
  readonly activation?: Activation | undefined;
}

/** One step: `a` row-major without transposition, `b` packed in panels, `bias` padded to whole vectors. */
export function productStep(
  plan: PlanBuilder,
  context: X86Context,
  sizes: Product,
  { a, b, out, bias, residual, activation }: ProductArgs,
): void {
  const { m, n, k, batch, batchA, batchB } = sizes;
  const split = splitWork(context, sizes, plan.threads);
  const matrixB = roundUp(n, context.block) * k;
  plan.step({
    kernel: "f32_gemm",
    args: [a, b, out, ...(bias ? [bias] : []), ...(residual ? [residual] : [])],
    params: Int32Array.from([
      ...[m, n, k, k, split.rows, split.panels, split.depth, Number(split.copiesA)],
      ...[Number(bias !== undefined), Number(residual !== undefined)],
      ...epilogueWords(activation),
      batch.length,
      ...batch,
      ...broadcastStrides(batchA, batch).map((stride) => stride * m * k),
      ...broadcastStrides(batchB, batch).map((stride) => stride * matrixB),
    ]),
    tasks: split.tasks,
    scratchBytes: split.copiesA ? split.rows * (split.depth + rowPadFloats) * 4 : 0,
  });
}

function lower(plan: PlanBuilder, context: X86Context, node: Node<MatMulAttrs>): void {
  const sizes = productOf(node);
  const [, , bias, residual] = node.inputs;
  const a = rowMajorA(plan, node, sizes);
  const b = packedB(plan, context, node, sizes);
  productStep(plan, context, sizes, {
    ...{ a, b, out: plan.arg(node.outputs[0]!) },
    bias: bias && paddedBias(plan, context, { bias, owner: bias }, { groups: 1, each: sizes.n }),
    residual: residual && plan.arg(residual),
    activation: node.attrs.activation,
  });
}

/** Register tiles over packed panels of B; a constant B is packed once. */
export function matMulKernels(context: X86Context): Kernel[] {
  const kernel: Kernel<MatMulAttrs> = {
    op: ops.matMul as Kernel<MatMulAttrs>["op"],
    name: "x86/matmul-tiles",
    supports: (node) => allOf(node, ["f32"]),
    costNs(node) {
      const { m, n, k, batch } = productOf(node);
      const work = (product(batch) * m * n * k) / (tileRate[context.level] * 0.95);
      return stepNs + Math.max(work, (product(dims(node.inputs[1]!)) * 4) / bytesPerNs);
    },
    lower: (node, plan) => lower(plan, context, node),
  };
  return [sized(kernel) as Kernel];
}
