import { type Arg, type Kernel, type Node, ops, type PlanBuilder } from "@coracle/core";
import type { X86Context } from "../context.ts";
import { emitDirect, tileLanes, weightJob } from "./conv-direct.ts";
import {
  type Axis,
  andThen,
  type ConvLikeAttrs,
  convReason,
  epilogueWords,
  paddedBias,
  prepared,
  tileRate,
  windowAxes,
} from "./conv-geometry.ts";
import { dims, product, sized } from "./values.ts";

const stepNs = 300;
const spreadNs = 0.5;

/** `rows.input` and `cols.input` are the output of the op: the side that is padded. */
interface TransposeGeometry {
  readonly batch: number;
  readonly groups: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly rows: Axis;
  readonly cols: Axis;
}

/** Output pixels first, first + step, ... by a plain convolution over the taps that reach them. */
interface Phase {
  readonly first: number;
  readonly axis: Axis;
  readonly taps: readonly number[];
}

interface TransposeAttrs extends ConvLikeAttrs {
  readonly outputPadding: readonly number[];
  readonly outputShape?: readonly number[];
}

function geometryOf(node: Node<TransposeAttrs>): TransposeGeometry {
  const { attrs } = node;
  const [batch, , ...input] = dims(node.inputs[0]!) as [number, number, ...number[]];
  const [channels, outChannels, ...kernel] = dims(node.inputs[1]!) as [number, number, ...number[]];
  const { output, pads } = ops.resolveConvTranspose(input, kernel, attrs);
  const axes = windowAxes(attrs, { kernel, input: output, output: input, pads });
  return { batch, groups: attrs.groups, inChannels: channels / attrs.groups, outChannels, ...axes };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** Taps k reach output o when o + pad - k * dilation is a multiple of the step; the largest k has the first input. */
function phasesOf(axis: Axis): Phase[] {
  const phases: Phase[] = [];
  const { step, dilation, pad } = axis;
  for (let first = 0; first < Math.min(step, axis.input); first++) {
    const taps: number[] = [];
    for (let k = axis.kernel - 1; k >= 0; k--) if ((first + pad - k * dilation) % step === 0) taps.push(k);
    const start = taps.length > 0 ? (first + pad - taps[0]! * dilation) / step : 0;
    phases.push({
      first,
      taps,
      axis: {
        input: axis.output,
        output: Math.ceil((axis.input - first) / step),
        kernel: taps.length,
        step: 1,
        dilation: dilation / gcd(dilation, step),
        pad: -start,
      },
    });
  }
  return phases;
}

function phaseWeights(
  plan: PlanBuilder,
  context: X86Context,
  node: Node<TransposeAttrs>,
  rows: Phase,
  cols: Phase,
): Arg {
  const geometry = geometryOf(node);
  const { groups, inChannels, outChannels } = geometry;
  const plane = geometry.rows.kernel * geometry.cols.kernel;
  const job = weightJob(context, {
    ...{ groups, inChannels, outChannels, planar: false },
    ...{ rowTaps: rows.taps.length, colTaps: cols.taps.length },
    ...{ groupStride: inChannels * outChannels * plane, outStride: plane, inStride: outChannels * plane },
    taps: rows.taps.flatMap((kh) => cols.taps.map((kw) => kh * geometry.cols.kernel + kw)),
  });
  return prepared(plan, node.inputs[1]!, { ...job, bytes: Math.max(job.bytes, 4) });
}

function lower(plan: PlanBuilder, context: X86Context, node: Node<TransposeAttrs>): void {
  const geometry = geometryOf(node);
  const { batch, groups, inChannels, outChannels, rows, cols } = geometry;
  const { block } = context;
  const blockStride = rows.input * cols.input * block;
  const groupStride = Math.ceil(outChannels / block) * blockStride;
  const [x, w, bias] = node.inputs;
  const padded = paddedBias(plan, context, { bias, owner: w! }, { groups, each: outChannels });
  for (const row of phasesOf(rows)) {
    for (const col of phasesOf(cols)) {
      emitDirect(plan, context, {
        geometry: { batch, groups, inChannels, outChannels, rows: row.axis, cols: col.axis },
        planar: false,
        out: {
          ...{ batchStride: groups * groupStride, groupStride, blockStride },
          rowStride: rows.step * cols.input * block,
          pixelStride: cols.step * block,
          offset: (row.first * cols.input + col.first) * block,
        },
        args: [plan.arg(x!), phaseWeights(plan, context, node, row, col), padded, plan.arg(node.outputs[0]!)],
        hasResidual: false,
        epilogue: epilogueWords(node.attrs.activation),
      });
    }
  }
}

function groupsReason(
  context: X86Context,
  { groups, inChannels, outChannels }: TransposeGeometry,
): true | string {
  const { block } = context;
  if (groups === 1 || (inChannels % block === 0 && outChannels % block === 0)) return true;
  return `groups of ${inChannels} to ${outChannels} channels; expected multiples of ${block}`;
}

function multiplyAdds({ batch, groups, inChannels, outChannels, rows, cols }: TransposeGeometry): number {
  return batch * groups * inChannels * outChannels * rows.output * cols.output * rows.kernel * cols.kernel;
}

/** Blocked to blocked, one direct convolution for each phase of the strides. */
function phases(context: X86Context): Kernel<TransposeAttrs> {
  return {
    op: ops.convTranspose as Kernel<TransposeAttrs>["op"],
    name: "x86/conv-transpose-phases",
    supports: (node) => andThen(convReason(node), () => groupsReason(context, geometryOf(node))),
    layouts: (node) => [
      {
        inputs: node.inputs.map((_, i) => (i === 0 ? context.layout : undefined)),
        outputs: [context.layout],
      },
    ],
    costNs(node) {
      const geometry = geometryOf(node);
      const padding = tileLanes(context, geometry.outChannels) / geometry.outChannels;
      return stepNs + (multiplyAdds(geometry) * padding) / (tileRate[context.level] * 0.85);
    },
    lower: (node, plan) => lower(plan, context, node),
  };
}

/** Filters that tile the output: a 1x1 convolution whose channels are the filter's pixels. */
function lowerTiled(plan: PlanBuilder, context: X86Context, node: Node<TransposeAttrs>): void {
  const { batch, inChannels, outChannels, rows, cols } = geometryOf(node);
  const [x, w, bias] = node.inputs;
  const taps = rows.step * cols.step;
  const lanes = outChannels * taps;
  const job = weightJob(context, {
    ...{ groups: 1, inChannels, outChannels: lanes, rowTaps: 1, colTaps: 1, planar: false },
    ...{ groupStride: 0, outStride: 1, inStride: lanes, taps: [0] },
  });
  const padded = paddedBias(
    plan,
    context,
    { bias, owner: w! },
    { groups: 1, each: outChannels, repeat: taps },
  );
  const point = (axis: Axis): Axis => ({
    ...{ input: axis.output, output: axis.output },
    ...{ kernel: 1, step: 1, dilation: 1, pad: 0 },
  });
  const offsetOf = (lane: number): number => {
    const tap = lane % taps;
    const row = Math.floor(lane / taps) * rows.input + Math.floor(tap / cols.step);
    return row * cols.input + (tap % cols.step);
  };
  emitDirect(plan, context, {
    geometry: { batch, groups: 1, inChannels, outChannels: lanes, rows: point(rows), cols: point(cols) },
    planar: false,
    out: {
      ...{ batchStride: outChannels * rows.input * cols.input, groupStride: 0, blockStride: 0 },
      ...{ rowStride: rows.step * cols.input, pixelStride: cols.step, offset: 0 },
      channelOffsets: Array.from({ length: lanes }, (_, lane) => offsetOf(lane)),
    },
    args: [plan.arg(x!), prepared(plan, w!, job), padded, plan.arg(node.outputs[0]!)],
    hasResidual: false,
    epilogue: epilogueWords(node.attrs.activation),
  });
}

function tiledReason({ groups, rows, cols }: TransposeGeometry): true | string {
  if (groups !== 1) return `${groups} groups; expected 1`;
  const tiles = (axis: Axis): boolean =>
    axis.kernel === axis.step &&
    axis.dilation === 1 &&
    axis.pad === 0 &&
    axis.input === axis.output * axis.step;
  return (
    (tiles(rows) && tiles(cols)) || "filters overlap or leave gaps; expected kernels as large as the strides"
  );
}

/** Blocked to row-major where the filters tile the output: the last layer of text detectors. */
function tiled(context: X86Context): Kernel<TransposeAttrs> {
  return {
    op: ops.convTranspose as Kernel<TransposeAttrs>["op"],
    name: "x86/conv-transpose-tiled",
    supports: (node) => andThen(convReason(node), () => tiledReason(geometryOf(node))),
    layouts: (node) => [
      { inputs: node.inputs.map((_, i) => (i === 0 ? context.layout : undefined)), outputs: [undefined] },
    ],
    costNs(node) {
      const geometry = geometryOf(node);
      const lanes = geometry.outChannels * geometry.rows.step * geometry.cols.step;
      const work = (multiplyAdds(geometry) * tileLanes(context, lanes)) / lanes;
      return stepNs + work / (tileRate[context.level] * 0.9) + product(dims(node.outputs[0]!)) * spreadNs;
    },
    lower: (node, plan) => lowerTiled(plan, context, node),
  };
}

/** Row-major, groups of any size: every input pixel adds its filter to the output. */
function scatter(context: X86Context): Kernel<TransposeAttrs> {
  return {
    op: ops.convTranspose as Kernel<TransposeAttrs>["op"],
    name: "x86/conv-transpose-scatter",
    supports: convReason,
    costNs: (node) => stepNs + multiplyAdds(geometryOf(node)) / (tileRate[context.level] * 0.02),
    lower(node, plan) {
      const { batch, groups, inChannels, outChannels, rows, cols } = geometryOf(node);
      const [x, w, bias] = node.inputs;
      const args = [plan.arg(x!), plan.arg(w!), plan.arg(node.outputs[0]!)];
      plan.step({
        kernel: "f32_conv_transpose_scatter",
        args: bias ? [...args, plan.arg(bias)] : args,
        params: Int32Array.from([
          ...[batch, groups, inChannels, outChannels],
          ...[rows.output, cols.output, rows.input, cols.input, rows.kernel, cols.kernel],
          ...[rows.step, cols.step, rows.dilation, cols.dilation, rows.pad, cols.pad],
          ...[Number(bias !== undefined), ...epilogueWords(node.attrs.activation)],
        ]),
        tasks: batch * groups * outChannels,
      });
    },
  };
}

export function convTransposeKernels(context: X86Context): Kernel[] {
  return [sized(phases(context)), sized(tiled(context)), sized(scatter(context))] as Kernel[];
}
