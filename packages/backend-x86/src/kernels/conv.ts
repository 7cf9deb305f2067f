import {
  type Arg,
  type Kernel,
  type LayoutChoice,
  type MaybeLayout,
  type Node,
  ops,
  type PlanBuilder,
} from "@coracle/core";
import type { X86Context } from "../context.ts";
import { type DirectStep, emitDirect, tileLanes, weightJob } from "./conv-direct.ts";
import {
  andThen,
  type ConvGeometry,
  type ConvLikeAttrs,
  convGeometry,
  convReason,
  epilogueWords,
  extent,
  multiplyAdds,
  paddedBias,
  prepared,
  roundUp,
  tileRate,
} from "./conv-geometry.ts";
import { dims, product, sized, valueBytes } from "./values.ts";

const stepNs = 300;
const scratchFloats = 32768;
const planarShare = 0.5;
const spreadNs = 0.3;

function choice(node: Node<ConvLikeAttrs>, x: MaybeLayout, y: MaybeLayout): LayoutChoice {
  return { inputs: node.inputs.map((_, i) => (i === 0 ? x : i === 3 ? y : undefined)), outputs: [y] };
}

/** Channels of a group fill whole blocks, or there is one group. */
function blocksReason(context: X86Context, { groups, inChannels, outChannels }: ConvGeometry): true | string {
  const { block } = context;
  if (groups === 1 || (inChannels % block === 0 && outChannels % block === 0)) return true;
  return `groups of ${inChannels} to ${outChannels} channels; expected multiples of ${block}`;
}

function packWeights(
  plan: PlanBuilder,
  context: X86Context,
  node: Node<ConvLikeAttrs>,
  planar: boolean,
): Arg {
  const { groups, inChannels, outChannels, rows, cols } = convGeometry(node);
  const taps = rows.kernel * cols.kernel;
  const job = weightJob(context, {
    ...{ groups, inChannels, outChannels, planar },
    ...{ rowTaps: rows.kernel, colTaps: cols.kernel },
    ...{ groupStride: outChannels * inChannels * taps, outStride: inChannels * taps, inStride: taps },
    taps: Array.from({ length: taps }, (_, i) => i),
  });
  return prepared(plan, node.inputs[1]!, job);
}

/** Bias is an argument of every conv step; residual is the last one. */
function directArgs(plan: PlanBuilder, context: X86Context, node: Node<ConvLikeAttrs>, weights: Arg): Arg[] {
  const { groups, outChannels } = convGeometry(node);
  const [x, owner, bias, residual] = node.inputs;
  const padded = paddedBias(plan, context, { bias, owner: owner! }, { groups, each: outChannels });
  const args = [plan.arg(x!), weights, padded, plan.arg(node.outputs[0]!)];
  return residual ? [...args, plan.arg(residual)] : args;
}

function lowerDirect(
  plan: PlanBuilder,
  context: X86Context,
  node: Node<ConvLikeAttrs>,
  planar: boolean,
): void {
  const geometry = convGeometry(node);
  const { groups, outChannels, rows, cols } = geometry;
  const { block } = context;
  const blockStride = rows.output * cols.output * block;
  const groupStride = Math.ceil(outChannels / block) * blockStride;
  const args = directArgs(plan, context, node, packWeights(plan, context, node, planar));
  const step: DirectStep = {
    ...{ geometry, planar, args },
    out: {
      ...{ batchStride: groups * groupStride, groupStride, blockStride },
      ...{ rowStride: cols.output * block, pixelStride: block, offset: 0 },
    },
    hasResidual: node.inputs.length > 3,
    epilogue: epilogueWords(node.attrs.activation),
  };
  emitDirect(plan, context, step);
}

/** Blocked to row-major, through a tile's worth of scratch. */
function lowerLast(plan: PlanBuilder, context: X86Context, node: Node<ConvLikeAttrs>): void {
  const geometry = convGeometry(node);
  const { outChannels, rows, cols } = geometry;
  const plane = rows.output * cols.output;
  emitDirect(plan, context, {
    ...{ geometry, planar: false },
    args: directArgs(plan, context, node, packWeights(plan, context, node, false)),
    out: {
      ...{ batchStride: outChannels * plane, groupStride: 0, blockStride: 0 },
      ...{ rowStride: cols.output, pixelStride: 1, offset: 0 },
      channelOffsets: Array.from({ length: outChannels }, (_, channel) => channel * plane),
    },
    hasResidual: false,
    epilogue: epilogueWords(node.attrs.activation),
  });
}

function directNs(context: X86Context, node: Node<ConvLikeAttrs>, planar: boolean): number {
  const geometry = convGeometry(node);
  const { outChannels } = geometry;
  const padding = tileLanes(context, outChannels) / outChannels;
  const share = planar ? 0.85 : 0.95;
  return stepNs + (multiplyAdds(geometry) * padding) / (tileRate[context.level] * share);
}

/** Blocked to blocked: the body of every convolutional network. */
function direct(context: X86Context): Kernel<ConvLikeAttrs> {
  return sized({
    op: ops.conv as Kernel<ConvLikeAttrs>["op"],
    name: "x86/conv-direct",
    supports: (node) => andThen(convReason(node), () => blocksReason(context, convGeometry(node))),
    layouts: (node) => [choice(node, context.layout, context.layout)],
    costNs: (node) => directNs(context, node, false),
    lower: (node, plan) => lowerDirect(plan, context, node, false),
  });
}

/** Row-major to blocked: the first convolution of a network. */
function first(context: X86Context): Kernel<ConvLikeAttrs> {
  return sized({
    op: ops.conv as Kernel<ConvLikeAttrs>["op"],
    name: "x86/conv-first",
    supports: (node) =>
      andThen(convReason(node), () => node.attrs.groups === 1 || `${node.attrs.groups} groups; expected 1`),
    layouts: (node) => [choice(node, undefined, context.layout)],
    costNs: (node) => directNs(context, node, true),
    lower: (node, plan) => lowerDirect(plan, context, node, true),
  });
}

/** Blocked to row-major: the last convolution of a network. */
function last(context: X86Context): Kernel<ConvLikeAttrs> {
  const reason = (node: Node<ConvLikeAttrs>): true | string => {
    if (node.inputs.length > 3) return "a residual; expected none";
    return node.attrs.groups === 1 || `${node.attrs.groups} groups; expected 1`;
  };
  return sized({
    op: ops.conv as Kernel<ConvLikeAttrs>["op"],
    name: "x86/conv-last",
    supports: (node) => andThen(convReason(node), () => reason(node)),
    layouts: (node) => [choice(node, context.layout, undefined)],
    costNs: (node) => directNs(context, node, false) + product(dims(node.outputs[0]!)) * spreadNs,
    lower: (node, plan) => lowerLast(plan, context, node),
  });
}

function lowerPlanar(plan: PlanBuilder, context: X86Context, node: Node<ConvLikeAttrs>): void {
  const { batch, groups, inChannels, outChannels, rows, cols } = convGeometry(node);
  const taps = Math.floor(((cols.kernel - 1) * cols.dilation) / cols.step);
  const phaseWidth = roundUp(cols.output, 2 * context.block) + taps;
  const rowFloats = inChannels * phaseWidth * cols.step;
  const fitting = Math.floor((scratchFloats / rowFloats - extent(rows)) / rows.step) + 1;
  const stripRows = Math.max(1, Math.min(rows.output, fitting));
  const [x, w, bias, residual] = node.inputs;
  const values = [x!, w!, node.outputs[0]!, ...(bias ? [bias] : []), ...(residual ? [residual] : [])];
  plan.step({
    kernel: "f32_conv_planar",
    args: values.map((value) => plan.arg(value)),
    params: Int32Array.from([
      ...[batch, groups, inChannels, outChannels],
      ...[rows.input, cols.input, rows.output, cols.output, rows.kernel, cols.kernel],
      ...[rows.step, cols.step, rows.dilation, cols.dilation, rows.pad, cols.pad],
      ...[stripRows, phaseWidth, Number(bias !== undefined), Number(residual !== undefined)],
      ...epilogueWords(node.attrs.activation),
    ]),
    tasks: batch * groups * Math.ceil(rows.output / stripRows),
    scratchBytes: rowFloats * ((stripRows - 1) * rows.step + extent(rows)) * 4,
  });
}

/** Row-major to row-major, groups of any size. */
function planar(context: X86Context): Kernel<ConvLikeAttrs> {
  return sized({
    op: ops.conv as Kernel<ConvLikeAttrs>["op"],
    name: "x86/conv-planar",
    supports: convReason,
    costNs(node) {
      const geometry = convGeometry(node);
      const used = roundUp(geometry.cols.output, 2 * context.block) / Math.max(1, geometry.cols.output);
      const copied = valueBytes(node.inputs[0]!) / 4;
      const share = planarShare * Math.min(1, geometry.outChannels / 4);
      return stepNs + copied + (multiplyAdds(geometry) * used) / (tileRate[context.level] * share);
    },
    lower: (node, plan) => lowerPlanar(plan, context, node),
  });
}

export function convKernels(context: X86Context): Kernel[] {
  return [direct(context), first(context), last(context), planar(context)] as Kernel[];
}
