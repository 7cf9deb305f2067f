import {
  type Kernel,
  type LayoutChoice,
  type Node,
  normalizeAxis,
  type Op,
  ops,
  rowMajorStrides,
} from "@coracle/core";
import type { X86Context } from "../context.ts";
import { isBlockable } from "./layouts.ts";
import { chunksOf, maxRank, padded } from "./loops.ts";
import {
  allOf,
  constantInts,
  dims,
  firstReason,
  input,
  output,
  product,
  requireConstants,
  sized,
  streamNs,
} from "./values.ts";

interface ReduceAttrs {
  readonly keepDims: boolean;
  readonly noopWithEmptyAxes: boolean;
}

const codes: readonly [Op<ReduceAttrs>, number][] = [
  [ops.reduceSum, 0],
  [ops.reduceMean, 1],
  [ops.reduceMax, 2],
  [ops.reduceMin, 3],
  [ops.reduceProd, 4],
  [ops.reduceL1, 5],
  [ops.reduceL2, 6],
  [ops.reduceLogSum, 7],
  [ops.reduceLogSumExp, 8],
  [ops.reduceSumSquare, 9],
];

/** The reduced axes, ascending; undefined when nothing is reduced. */
function axesOf(node: Node<ReduceAttrs>): number[] | undefined {
  const rank = dims(input(node, 0)).length;
  const given = constantInts(node.inputs[1]) ?? [];
  if (given.length > 0)
    return [...new Set(given.map((axis) => normalizeAxis(axis, rank)))].sort((a, b) => a - b);
  return node.attrs.noopWithEmptyAxes ? undefined : Array.from({ length: rank }, (_, i) => i);
}

interface Axis {
  size: number;
  stride: number;
  readonly isReduced: boolean;
}

/** Dims without 1s, neighbours of the same fate merged. */
function mergedAxes(shape: readonly number[], axes: readonly number[]): Axis[] {
  const strides = rowMajorStrides(shape);
  const merged: Axis[] = [];
  shape.forEach((size, d) => {
    if (size === 1) return;
    const isReduced = axes.includes(d);
    const last = merged.at(-1);
    if (last && last.isReduced === isReduced) {
      last.size *= size;
      last.stride = strides[d]!;
    } else {
      merged.push({ size, stride: strides[d]!, isReduced });
    }
  });
  return merged;
}

const listOrOne = (axes: readonly Axis[]): readonly Axis[] =>
  axes.length > 0 ? axes : [{ size: 1, stride: 1, isReduced: false }];

function reduceParams(
  code: number,
  shape: readonly number[],
  axes: readonly number[],
): { params: Int32Array; tasks: number } {
  const merged = mergedAxes(shape, axes);
  const kept = listOrOne(merged.filter(({ isReduced }) => !isReduced));
  const reduced = listOrOne(merged.filter(({ isReduced }) => isReduced));
  const isRows = merged.at(-1)?.isReduced ?? true;
  const count = product(reduced.map(({ size }) => size));
  const outputs = product(kept.map(({ size }) => size));
  const columns = kept.at(-1)!.size;
  const target = 16384;
  const cut = chunksOf(isRows ? outputs : Math.ceil(columns / 16), isRows ? count : count * 16, target);
  const chunk = isRows ? cut.chunk : cut.chunk * 16;
  const tasks = isRows ? cut.tasks : cut.tasks * (outputs / columns);
  const list = (items: readonly Axis[]): number[] => [
    ...padded(
      items.map(({ size }) => size),
      1,
    ),
    ...padded(items.map(({ stride }) => stride)),
  ];
  const head = [code, isRows ? 1 : 0, count, chunk, cut.tasks, outputs, kept.length, reduced.length];
  return { params: Int32Array.of(...head, ...list(kept), ...list(reduced)), tasks };
}

const isSpatial = (axes: readonly number[] | undefined): boolean => axes?.join() === "2,3";

function layouts(context: X86Context, code: number, node: Node<ReduceAttrs>): readonly LayoutChoice[] {
  const plain: LayoutChoice = { inputs: node.inputs.map(() => undefined), outputs: [undefined] };
  if (!isBlockable(input(node, 0)) || !isSpatial(axesOf(node)) || code === 7 || code === 8) return [plain];
  return [{ inputs: [context.layout, ...plain.inputs.slice(1)], outputs: [undefined] }, plain];
}

const isEmpty = (node: Node<unknown>): boolean => product(dims(input(node, 0))) === 0;

function floatKernel(context: X86Context, op: Op<ReduceAttrs>, code: number): Kernel<ReduceAttrs> {
  return sized({
    op,
    name: `x86/${op.name}`,
    supports: (node) =>
      firstReason(
        allOf(node, ["f32"], 1),
        requireConstants(node, { axes: 1 }),
        dims(input(node, 0)).length <= maxRank || `at most rank ${maxRank}`,
        axesOf(node) !== undefined || "nothing is reduced",
        !isEmpty(node) || "the input is empty",
      ),
    layouts: (node) => layouts(context, code, node),
    costNs: (node) => streamNs(node, code === 8 ? 1 : 0),
    lower(node, plan) {
      const x = input(node, 0);
      const args = [plan.arg(x), plan.arg(output(node))];
      const shape = dims(x);
      if (x.type.layout === undefined) {
        plan.step({ kernel: "f32_reduce", args, ...reduceParams(code, shape, axesOf(node)!) });
        return;
      }
      const [n, c, h, w] = shape as [number, number, number, number];
      const params = Int32Array.of(code, c, h * w);
      plan.step({
        kernel: "f32_reduce_spatial_blocked",
        args,
        params,
        tasks: n * Math.ceil(c / context.block),
      });
    },
  });
}

/** The axes as one run [outer, reduce, inner], or undefined. */
function asRun(shape: readonly number[], axes: readonly number[]): [number, number, number] | undefined {
  const first = axes[0]!;
  const last = axes.at(-1)!;
  if (last - first + 1 !== axes.length) return undefined;
  return [
    product(shape.slice(0, first)),
    product(shape.slice(first, last + 1)),
    product(shape.slice(last + 1)),
  ];
}

function integerKernel(op: Op<ReduceAttrs>, code: number): Kernel<ReduceAttrs> {
  return sized({
    op,
    name: `x86/${op.name}-integer`,
    supports(node) {
      const basic = firstReason(allOf(node, ["i32", "i64"], 1), requireConstants(node, { axes: 1 }));
      if (basic !== true) return basic;
      const axes = axesOf(node);
      if (!axes?.length || isEmpty(node)) return "nothing is reduced";
      return asRun(dims(input(node, 0)), axes) !== undefined || "the axes are not neighbours";
    },
    costNs: (node) => streamNs(node, 1),
    lower(node, plan) {
      const [outer, reduce, inner] = asRun(dims(input(node, 0)), axesOf(node)!)!;
      const dtype = input(node, 0).type.dtype === "i32" ? 2 : 3;
      plan.step({
        kernel: "int_reduce",
        args: [plan.arg(input(node, 0)), plan.arg(output(node))],
        params: Int32Array.of(code, dtype, reduce, inner),
        tasks: outer,
      });
    },
  });
}

/** x, axes -> y over any constant axes; the spatial ones also from a blocked layout. */
export function reduceKernels(context: X86Context): Kernel[] {
  return [
    ...codes.map(([op, code]) => floatKernel(context, op, code) as Kernel),
    ...codes
      .filter(([, code]) => code === 0 || (code >= 2 && code <= 4))
      .map(([op, code]) => integerKernel(op, code) as Kernel),
  ];
}
