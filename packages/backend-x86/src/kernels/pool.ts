import {
  type Kernel,
  type LayoutChoice,
  type Node,
  type Op,
  ops,
  type PlanBuilder,
  resolveWindow,
  type WindowAttrs,
} from "@coracle/core";
import type { X86Context } from "../context.ts";
import { type Axis, windowAxes } from "./conv-geometry.ts";
import { allOf, dims, firstReason, product, sized, streamNs } from "./values.ts";

interface PoolAttrs extends WindowAttrs {
  readonly kernel: readonly number[];
  readonly withIndices?: boolean;
  readonly countIncludePad?: boolean;
}

const taskFloats = 16384;
const nsPerTap = 0.05;

function rankReason(node: Node<unknown>): true | string {
  const spatial = dims(node.inputs[0]!).length - 2;
  return spatial === 1 || spatial === 2 || `${spatial} spatial dimensions; expected 1 or 2`;
}

interface PoolGeometry {
  readonly rows: Axis;
  readonly cols: Axis;
  /** How far the padded input reaches, from its first real pixel. */
  readonly endRow: number;
  readonly endCol: number;
}

function geometryOf(node: Node<PoolAttrs>): PoolGeometry {
  const { attrs } = node;
  const input = dims(node.inputs[0]!).slice(2);
  const { output, pads } = resolveWindow(input, attrs.kernel, attrs);
  const axes = windowAxes(attrs, { kernel: attrs.kernel, input, output, pads });
  const ends = input.map((size, d) => size + pads[input.length + d]!);
  return { ...axes, endRow: ends.length === 1 ? 1 : ends[0]!, endCol: ends.at(-1)! };
}

function poolChoices(context: X86Context, node: Node<unknown>): readonly LayoutChoice[] {
  const plain: LayoutChoice = { inputs: [undefined], outputs: [undefined] };
  const blocked: LayoutChoice = { inputs: [context.layout], outputs: [context.layout] };
  return dims(node.inputs[0]!).length === 4 ? [blocked, plain] : [plain];
}

/** Maps of the input: channel blocks when it is blocked, else channels. */
function planesOf(context: X86Context, node: Node<unknown>): number {
  const { type } = node.inputs[0]!;
  const [n, c] = dims(node.inputs[0]!) as [number, number];
  return n * (type.layout ? Math.ceil(c / context.block) : c);
}

function lowerWindow(plan: PlanBuilder, context: X86Context, node: Node<PoolAttrs>): void {
  const { attrs } = node;
  const { rows, cols, endRow, endCol } = geometryOf(node);
  const isBlocked = node.inputs[0]!.type.layout !== undefined;
  const planes = planesOf(context, node);
  const rowFloats = cols.output * (isBlocked ? context.block : 1) * Math.max(1, rows.kernel);
  const strip = Math.max(1, Math.min(rows.output, Math.ceil(taskFloats / Math.max(1, rowFloats))));
  plan.step({
    kernel: isBlocked ? "f32_pool_blocked" : "f32_pool",
    args: [plan.arg(node.inputs[0]!), plan.arg(node.outputs[0]!)],
    params: Int32Array.from([
      ...[planes, rows.input, cols.input, rows.output, cols.output, rows.kernel, cols.kernel],
      ...[rows.step, cols.step, rows.dilation, cols.dilation, rows.pad, cols.pad],
      ...[endRow, endCol],
      ...[Number(attrs.countIncludePad !== undefined), Number(attrs.countIncludePad ?? false), strip],
    ]),
    tasks: planes * Math.ceil(rows.output / strip),
  });
}

function windowKernel(context: X86Context, op: Op<never>): Kernel<PoolAttrs> {
  return sized({
    op: op as unknown as Kernel<PoolAttrs>["op"],
    name: `x86/${op.name === "maxPool" ? "max-pool" : "average-pool"}`,
    supports: (node) =>
      firstReason(
        allOf(node, ["f32"]),
        rankReason(node),
        node.attrs.withIndices ? "indices are wanted; expected values only" : true,
      ),
    layouts: (node) => poolChoices(context, node),
    costNs: (node) => streamNs(node, nsPerTap * product(node.attrs.kernel)),
    lower: (node, plan) => lowerWindow(plan, context, node),
  });
}

function lowerGlobal(plan: PlanBuilder, context: X86Context, node: Node<unknown>): void {
  const [x, y] = [node.inputs[0]!, node.outputs[0]!];
  const [images, channels, ...spatial] = dims(x) as [number, number, ...number[]];
  const isBlocked = x.type.layout !== undefined;
  const outChannels = y.type.layout ? Math.ceil(channels / context.block) * context.block : channels;
  const isAverage = node.op.name === "globalAveragePool";
  plan.step({
    kernel: isBlocked ? "f32_global_pool_blocked" : "f32_global_pool",
    args: [plan.arg(x), plan.arg(y)],
    params: Int32Array.of(images, channels, outChannels, product(spatial), Number(isAverage)),
    tasks: planesOf(context, node),
  });
}

function globalKernel(context: X86Context, op: Op<never>): Kernel<unknown> {
  return sized({
    op: op as unknown as Op<unknown>,
    name: `x86/${op.name === "globalMaxPool" ? "global-max-pool" : "global-average-pool"}`,
    supports: (node) => allOf(node, ["f32"]),
    layouts(node) {
      const choices = poolChoices(context, node);
      return choices.length === 1
        ? choices
        : [{ inputs: [context.layout], outputs: [undefined] }, ...choices];
    },
    costNs: (node) => streamNs(node),
    lower: (node, plan) => lowerGlobal(plan, context, node),
  });
}

export function poolKernels(context: X86Context): Kernel[] {
  const windows = [ops.maxPool, ops.averagePool].map((op) => windowKernel(context, op as Op<never>));
  const globals = [ops.globalAveragePool, ops.globalMaxPool].map((op) =>
    globalKernel(context, op as Op<never>),
  );
  return [...windows, ...globals] as Kernel[];
}
