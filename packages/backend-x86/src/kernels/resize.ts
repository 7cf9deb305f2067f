import {
  type Arg,
  dtypeBytes,
  type Kernel,
  type LayoutChoice,
  layoutBlock,
  type Node,
  numbers,
  type Op,
  ops,
  type PlanBuilder,
  Tensor,
} from "@coracle/core";
import type { X86Context } from "../context.ts";
import { isBlockable } from "./layouts.ts";
import { chunksOf } from "./loops.ts";
import { dims, firstReason, input, output, product, requireConstants, sized, streamNs } from "./values.ts";

type ResizeAttrs = ops.ResizeAttrs;
type Table = ops.ResizePlan["axes"][number]["table"];
type ResizedAxis = ops.ResizePlan["axes"][number];

/** The axes that change anything, with the op's own tables. */
function resizedAxes(node: Node<ResizeAttrs>): readonly ResizedAxis[] {
  const [target, roi] = [input(node, 1), node.inputs[2]].map(
    (value) => value && Array.from(numbers(value.data!)),
  );
  const { axes } = ops.planResize(dims(input(node, 0)), target!, node.attrs, roi);
  return [...axes].sort((a, b) => a.axis - b.axis);
}

/** The table of an axis that stays as it is, for `taps` sources. */
function unchanged(size: number, taps: number): Table {
  const indices = Int32Array.from({ length: size * taps }, (_, i) => Math.floor(i / taps));
  const weights = Float64Array.from(indices, (_, i) => (i % taps === 0 ? 1 : 0));
  return { input: size, output: size, taps, indices, weights, isOutside: new Uint8Array(size) };
}

/** x as [outer, rows, columns, inner] around one or two neighbouring axes. */
interface Plane {
  readonly outer: number;
  readonly rows: Table;
  readonly columns: Table;
  readonly inner: number;
}

function planeOf(node: Node<ResizeAttrs>): Plane | undefined {
  const { shape, layout } = { shape: dims(input(node, 0)), layout: input(node, 0).type.layout };
  const [first, second, third] = resizedAxes(node);
  if (!first || third || (second && second.axis !== first.axis + 1)) return undefined;
  const block = layout === undefined ? 1 : layoutBlock(layout);
  const blocks = layout === undefined ? 1 : Math.ceil(shape[1]! / block) / shape[1]!;
  const outer = product(shape.slice(0, first.axis)) * blocks;
  const rest = product(shape.slice((second ?? first).axis + 1));
  const { taps } = first.table;
  if (second) return { outer, rows: first.table, columns: second.table, inner: rest * block };
  if (rest === 1) return { outer, rows: unchanged(1, taps), columns: first.table, inner: block };
  return { outer, rows: first.table, columns: unchanged(rest, taps), inner: block };
}

function constantArg(plan: PlanBuilder, data: Int32Array | Float32Array): Arg {
  const dtype = data instanceof Int32Array ? "i32" : "f32";
  return plan.packed(Tensor.from(dtype, [data.length], data), "resize-table", data.byteLength, (target) => {
    target.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  });
}

const sizesOf = ({ outer, rows, columns }: Plane): number[] => [
  outer,
  rows.input,
  columns.input,
  rows.output,
  columns.output,
];

function lowerNearest(node: Node<ResizeAttrs>, plan: PlanBuilder): void {
  const plane = planeOf(node)!;
  const { outer, rows, columns, inner } = plane;
  const bytes = inner * dtypeBytes(output(node).type.dtype);
  const { chunk, tasks } = chunksOf(outer * rows.output, columns.output * bytes, 65536);
  const tables = [constantArg(plan, rows.indices), constantArg(plan, columns.indices)];
  plan.step({
    kernel: "resize_nearest",
    args: [plan.arg(input(node, 0)), ...tables, plan.arg(output(node))],
    params: Int32Array.of(...sizesOf(plane), bytes, chunk),
    tasks,
  });
}

/** The weight of the second of two sources; they sum to 1. */
const secondWeights = ({ weights, output: size }: Table): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => weights[2 * i + 1]!);

/** [windows], [vectors, width] first sources in them, second ones; undefined where a vector's sources lie further apart. */
function windowsOf({ indices, output: size }: Table, width: number): Int32Array | undefined {
  const vectors = Math.ceil(size / width);
  const words = new Int32Array(vectors * (1 + 2 * width));
  for (let v = 0; v < vectors; v++) {
    const own = indices.slice(2 * v * width, 2 * (v + 1) * width);
    const from = own.reduce((least, index) => Math.min(least, index));
    if (own.some((index) => index - from >= width)) return undefined;
    words[v] = from;
    own.forEach((index, i) => {
      words[vectors + (i % 2) * vectors * width + v * width + (i >> 1)] = index - from;
    });
  }
  return words;
}

function lowerLinear({ block }: X86Context, node: Node<ResizeAttrs>, plan: PlanBuilder): void {
  const plane = planeOf(node)!;
  const { outer, rows, columns, inner } = plane;
  const windows = inner === 1 ? windowsOf(columns, block) : undefined;
  const weights = new Float32Array(Math.ceil(columns.output / block) * block);
  weights.set(secondWeights(columns));
  const tables = [rows.indices, secondWeights(rows), windows ?? columns.indices, weights];
  const { chunk, tasks } = chunksOf(outer * rows.output, columns.output * inner);
  plan.step({
    kernel: "f32_resize_linear",
    args: [
      plan.arg(input(node, 0)),
      ...tables.map((table) => constantArg(plan, table)),
      plan.arg(output(node)),
    ],
    params: Int32Array.of(...sizesOf(plane), inner, chunk, Number(windows !== undefined)),
    tasks,
    scratchBytes: inner === 1 ? (columns.input + block) * 4 : 0,
  });
}

/** Axis after axis, the last one first, through temporaries. */
function lowerTaps(node: Node<ResizeAttrs>, plan: PlanBuilder): void {
  const axes = [...resizedAxes(node)].reverse();
  const shape = [...dims(input(node, 0))];
  let from = plan.arg(input(node, 0));
  axes.forEach(({ axis, table }, i) => {
    const { taps, indices, weights } = table;
    const [outer, inner] = [product(shape.slice(0, axis)), product(shape.slice(axis + 1))];
    shape[axis] = table.output;
    const target = i === axes.length - 1 ? plan.arg(output(node)) : plan.temporary(product(shape) * 4);
    const { chunk, tasks } = chunksOf(outer * table.output, inner * taps);
    plan.step({
      kernel: "f32_resize_taps",
      args: [from, constantArg(plan, indices), constantArg(plan, Float32Array.from(weights)), target],
      params: Int32Array.of(outer, table.input, table.output, inner, taps, chunk),
      tasks,
    });
    from = target;
  });
}

function layouts(context: X86Context, node: Node<ResizeAttrs>): readonly LayoutChoice[] {
  const plain: LayoutChoice = { inputs: node.inputs.map(() => undefined), outputs: [undefined] };
  const isSpatial = resizedAxes(node).every(({ axis }) => axis >= 2);
  if (!isBlockable(input(node, 0)) || !isSpatial) return [plain];
  return [{ inputs: [context.layout, ...plain.inputs.slice(1)], outputs: [context.layout] }, plain];
}

function common(node: Node<ResizeAttrs>): true | string {
  const constants = requireConstants(node, { [node.attrs.by]: 1, roi: 2 });
  if (constants !== true) return constants;
  if (product(dims(input(node, 0))) === 0) return "the input is empty";
  const axes = resizedAxes(node);
  if (axes.length === 0) return "nothing is resized";
  const isExtrapolated = axes.some(({ table }) => table.isOutside.includes(1));
  return node.attrs.coordinateMode !== "tfCropAndResize" || !isExtrapolated || "reads outside the input";
}

const isF32 = (node: Node<unknown>): true | string =>
  input(node, 0).type.dtype === "f32" || `x is ${input(node, 0).type.dtype}; expected f32`;

const nearestKernel = (context: X86Context): Kernel<ResizeAttrs> =>
  sized({
    op: ops.resize as Op<ResizeAttrs>,
    name: "x86/resize-nearest",
    supports(node) {
      if (node.attrs.mode !== "nearest") return `mode is ${node.attrs.mode}`;
      return firstReason(
        common(node),
        planeOf(node) !== undefined || "the resized axes are not two neighbours",
      );
    },
    layouts: (node) => layouts(context, node),
    costNs: (node) => streamNs(node, 0.3),
    lower: lowerNearest,
  });

const linearKernel = (context: X86Context): Kernel<ResizeAttrs> =>
  sized({
    op: ops.resize as Op<ResizeAttrs>,
    name: "x86/resize-linear",
    supports(node) {
      const { mode, antialias, excludeOutside } = node.attrs;
      if (mode !== "linear" || antialias || excludeOutside) return "not plain linear";
      return firstReason(
        common(node),
        isF32(node),
        planeOf(node) !== undefined || "the resized axes are not two neighbours",
      );
    },
    layouts: (node) => layouts(context, node),
    costNs: (node) => streamNs(node, 0.6),
    lower: (node, plan) => lowerLinear(context, node, plan),
  });

const tapsKernel: Kernel<ResizeAttrs> = sized({
  op: ops.resize as Op<ResizeAttrs>,
  name: "x86/resize-separable",
  supports: (node) =>
    node.attrs.mode === "nearest" ? "mode is nearest" : firstReason(common(node), isF32(node)),
  costNs: (node) => resizedAxes(node).length * streamNs(node, 1.5),
  lower: lowerTaps,
});

/** nearest of any dtype and linear of f32 on two neighbouring axes (blocked too); any filter axis by axis. */
export function resizeKernels(context: X86Context): Kernel[] {
  return [nearestKernel(context) as Kernel, linearKernel(context) as Kernel, tapsKernel as Kernel];
}
