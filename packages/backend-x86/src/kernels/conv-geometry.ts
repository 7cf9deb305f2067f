import {
  type Activation,
  type Arg,
  type Node,
  ops,
  type PlanBuilder,
  resolveWindow,
  type Value,
  type WindowAttrs,
} from "@coracle/core";
import type { Level, X86Context } from "../context.ts";
import { allOf, dims, firstReason, floatBits } from "./values.ts";

/** One spatial direction of a window. `pad` is what lies before the first pixel. */
export interface Axis {
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly step: number;
  readonly dilation: number;
  readonly pad: number;
}

/** Channels are of one group. */
export interface ConvGeometry {
  readonly batch: number;
  readonly groups: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly rows: Axis;
  readonly cols: Axis;
}

export interface ConvLikeAttrs extends WindowAttrs {
  readonly groups: number;
  readonly activation?: Activation;
}

const unitAxis: Axis = { input: 1, output: 1, kernel: 1, step: 1, dilation: 1, pad: 0 };

/** Pixels that a kernel reaches over. */
export const extent = (axis: Axis): number => (axis.kernel - 1) * axis.dilation + 1;

/** What every window has: its sizes, and pads made explicit. */
export interface WindowSizes {
  readonly kernel: readonly number[];
  /** Spatial dimensions of the padded side, and of the other. */
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly pads: readonly number[];
}

/** Rows and columns of a window over [N,C,H,W], or over [N,C,W] as one row. */
export function windowAxes(
  { strides, dilations }: Pick<WindowAttrs, "strides" | "dilations">,
  { kernel, input, output, pads }: WindowSizes,
): { readonly rows: Axis; readonly cols: Axis } {
  const axis = (d: number): Axis => ({
    ...{ input: input[d]!, output: output[d]!, kernel: kernel[d]! },
    ...{ step: strides[d]!, dilation: dilations[d]!, pad: pads[d]! },
  });
  return kernel.length === 1 ? { rows: unitAxis, cols: axis(0) } : { rows: axis(0), cols: axis(1) };
}

export function convGeometry(node: Node<ConvLikeAttrs>): ConvGeometry {
  const [batch, , ...input] = dims(node.inputs[0]!) as [number, number, ...number[]];
  const [out, inChannels, ...kernel] = dims(node.inputs[1]!) as [number, number, ...number[]];
  const { attrs } = node;
  const { output, pads } = resolveWindow(input, kernel, attrs);
  const axes = windowAxes(attrs, { kernel, input, output, pads });
  return { batch, groups: attrs.groups, inChannels, outChannels: out / attrs.groups, ...axes };
}

/** The first reason, or what the second answer says. */
export const andThen = (first: true | string, next: () => true | string): true | string =>
  first === true ? next() : first;

/** true, or why no kernel of this family takes the node. */
export function convReason(node: Node<ConvLikeAttrs>): true | string {
  const spatial = dims(node.inputs[0]!).length - 2;
  const rank = spatial === 1 || spatial === 2 ? true : `${spatial} spatial dimensions; expected 1 or 2`;
  const empty = dims(node.inputs[1]!).includes(0) ? "weight is empty" : true;
  return firstReason(allOf(node, ["f32"]), rank, empty);
}

export function multiplyAdds(geometry: ConvGeometry): number {
  const { batch, groups, inChannels, outChannels, rows, cols } = geometry;
  const pixels = batch * rows.output * cols.output;
  return pixels * groups * inChannels * outChannels * rows.kernel * cols.kernel;
}

/** Multiply-adds in a nanosecond by the register tiles of a level. */
export const tileRate: Readonly<Record<Level, number>> = { sse4: 16, avx2: 50, avx512: 55 };

export const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** Code and parameters, the last three words of every params struct with an epilogue. */
export function epilogueWords(activation: Activation | undefined): [number, number, number] {
  if (activation === undefined) return [0, 0, 0];
  const [a, b] = ops.activationParams(activation);
  return [ops.activationCodes[activation.kind], floatBits(a), floatBits(b)];
}

export interface PackJob {
  readonly kernel: string;
  readonly params: Int32Array;
  readonly tasks: number;
  readonly bytes: number;
}

/** Bytes made from `value` by a native kernel: once when it is a constant, else by a step of the plan. */
export function prepared(plan: PlanBuilder, value: Value, job: PackJob): Arg {
  const { kernel, params, tasks, bytes } = job;
  const { data } = value;
  if (data) {
    const key = `${kernel}:${params.join(",")}`;
    return plan.packed(data, key, bytes, (target) => plan.call(kernel, [data.data, target], params, tasks));
  }
  const target = plan.temporary(bytes);
  plan.step({ kernel, args: [plan.arg(value), target], params, tasks });
  return target;
}

/** A bias with each group's channels, repeated and padded to whole blocks; zeros, derived from `owner`, when there is none. */
export function paddedBias(
  plan: PlanBuilder,
  context: X86Context,
  values: { readonly bias: Value | undefined; readonly owner: Value },
  channels: { readonly groups: number; readonly each: number; readonly repeat?: number },
): Arg {
  const { bias, owner } = values;
  const repeat = channels.repeat ?? 1;
  const padded = roundUp(channels.each * repeat, context.block);
  const kept = bias ? channels.each : 0;
  const params = Int32Array.of(channels.groups, kept, padded, repeat);
  const bytes = channels.groups * padded * 4;
  return prepared(plan, bias ?? owner, { kernel: "f32_pad_vector", params, tasks: channels.groups, bytes });
}
