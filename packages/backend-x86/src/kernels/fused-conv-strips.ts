import {
  type Arg,
  type Kernel,
  type Node,
  ops,
  type PlanBuilder,
  resolveWindow,
  type Value,
} from "@coracle/core";
import type { X86Context } from "../context.ts";
import { tileLanes, weightJob } from "./conv-direct.ts";
import {
  type ConvGeometry,
  epilogueWords,
  multiplyAdds,
  paddedBias,
  prepared,
  roundUp,
  tileRate,
  windowAxes,
} from "./conv-geometry.ts";
import { allOf, dims, firstReason, sized } from "./values.ts";

type Attrs = ops.ConvChainAttrs;

const stepNs = 300;
const stripPixels = 112;
const wholeBytes = 700_000;
const maxScratchBytes = 1 << 20;
const narrow = 32;
const minRows = 14;
const minMapBytes = 100_000;

interface Stage {
  readonly attrs: ops.ConvAttrs;
  readonly geometry: ConvGeometry;
  readonly weight: Value;
  readonly bias: Value;
}

function stagesOf({ attrs, inputs }: Node<Attrs>): readonly Stage[] {
  let shape = dims(inputs[0]!);
  return attrs.stages.map((stage, i) => {
    const [weight, bias] = [inputs[1 + 2 * i]!, inputs[2 + 2 * i]!];
    const [out, inChannels, ...kernel] = dims(weight) as [number, number, ...number[]];
    const [batch, , ...input] = shape as [number, number, ...number[]];
    const { output, pads } = resolveWindow(input, kernel, stage);
    const axes = windowAxes(stage, { kernel, input, output, pads });
    shape = [batch, out, ...output];
    const geometry = { batch, groups: stage.groups, inChannels, outChannels: out / stage.groups, ...axes };
    return { attrs: stage, geometry, weight, bias };
  });
}

const isPoint = ({ groups, rows, cols }: ConvGeometry): boolean =>
  groups === 1 && [rows, cols].every(({ kernel, step, pad }) => kernel === 1 && step === 1 && pad === 0);

const isDepthwise = ({ groups, inChannels, outChannels, rows, cols }: ConvGeometry): boolean =>
  inChannels === 1 && outChannels === 1 && groups > 1 && rows.dilation === 1 && cols.dilation === 1;

interface Sizes {
  /** Rows of a task. */
  readonly band: number;
  readonly stripRows: number;
  readonly ringRows: number;
  readonly scratchBytes: number;
}

/** Rows of a task: each begins with rows of the expansion that its neighbour makes too. */
function bandRows(rows: number, batch: number, threads: number): number {
  return Math.max(1, Math.ceil(rows / Math.ceil(threads / batch)));
}

/** A band at once where it stays in cache, else strips of enough pixels for the projection to be worth its weights. */
function sizesOf({ block }: X86Context, stages: readonly Stage[], threads: number): Sizes {
  const { batch, rows, cols, groups } = stages.at(-2)!.geometry;
  const band = bandRows(rows.output, batch, threads);
  const sized = (stripRows: number): Sizes => {
    const needed = (stripRows - 1) * rows.step + rows.kernel;
    const ringRows = stages.length === 3 ? Math.min(rows.input, needed) : 0;
    const pixels = stripRows * cols.output + ringRows * cols.input;
    return { band, stripRows, ringRows, scratchBytes: roundUp(groups, block) * pixels * 4 };
  };
  const most = Math.floor(band / Math.max(1, sized(band).scratchBytes / wholeBytes));
  const least = Math.ceil(stripPixels / cols.output);
  return sized(Math.max(1, Math.min(band, cols.output > narrow ? least : Math.max(least, most))));
}

/** true where one of the maps between the stages would not stay in cache. */
function sizeReason(context: X86Context, stages: readonly Stage[]): true | string {
  const { rows, cols, groups } = stages.at(-2)!.geometry;
  if (rows.output < minRows) return `${rows.output} rows; expected ${minRows} or more`;
  const widest = stages.length === 3 ? rows.input * cols.input : rows.output * cols.output;
  return firstReason(
    widest * groups * 4 >= minMapBytes || "the maps between stay in cache",
    sizesOf(context, stages, 1).scratchBytes <= maxScratchBytes || "a strip does not stay in cache",
  );
}

function formReason(node: Node<Attrs>, stages: readonly Stage[]): true | string {
  const isMap = dims(node.inputs[0]!).length === 4;
  const [project, depthwise, expand] = stages.toReversed();
  const isChain =
    isMap &&
    project !== undefined &&
    isPoint(project.geometry) &&
    depthwise !== undefined &&
    isDepthwise(depthwise.geometry) &&
    (expand === undefined || isPoint(expand.geometry));
  const isFull = stages.every(({ weight }) => !dims(weight).includes(0));
  return (
    (isChain && isFull && stages.length <= 3) ||
    "expected an optional 1x1, a depthwise without dilation and a 1x1 convolution of maps"
  );
}

function packPoint(plan: PlanBuilder, context: X86Context, { geometry, weight, bias }: Stage): Arg[] {
  const { inChannels, outChannels } = geometry;
  const job = weightJob(context, {
    ...{ groups: 1, inChannels, outChannels, planar: false, rowTaps: 1, colTaps: 1 },
    ...{ groupStride: outChannels * inChannels, outStride: inChannels, inStride: 1, taps: [0] },
  });
  const padded = paddedBias(plan, context, { bias, owner: weight }, { groups: 1, each: outChannels });
  return [prepared(plan, weight, job), padded];
}

function packDepthwise(plan: PlanBuilder, context: X86Context, { geometry, weight, bias }: Stage): Arg[] {
  const { groups, rows, cols } = geometry;
  const blocks = Math.ceil(groups / context.block);
  const taps = rows.kernel * cols.kernel;
  const weights = prepared(plan, weight, {
    kernel: "f32_depthwise_pack",
    params: Int32Array.of(groups, taps),
    tasks: blocks,
    bytes: blocks * context.block * taps * 4,
  });
  return [weights, paddedBias(plan, context, { bias, owner: weight }, { groups: 1, each: groups })];
}

/** Blocks, channels of the last one, and whether its weights have half the lanes. */
function channelWords(context: X86Context, channels: number): [number, number, number] {
  const blocks = Math.ceil(channels / context.block);
  const isHalf = tileLanes(context, channels) < blocks * context.block;
  return [blocks, channels - (blocks - 1) * context.block, Number(isHalf)];
}

function lower(plan: PlanBuilder, context: X86Context, node: Node<Attrs>): void {
  const stages = stagesOf(node);
  const [project, depthwise, expand] = stages.toReversed() as [Stage, Stage, Stage?];
  const { batch, groups, rows, cols } = depthwise.geometry;
  const residual = node.inputs[1 + 2 * stages.length];
  const { band, stripRows, ringRows, scratchBytes } = sizesOf(context, stages, plan.threads);
  const inWords = channelWords(context, expand?.geometry.inChannels ?? groups);
  plan.step({
    kernel: "f32_conv_strips",
    args: [
      ...[plan.arg(node.inputs[0]!), plan.arg(node.outputs[0]!)],
      ...packDepthwise(plan, context, depthwise),
      ...packPoint(plan, context, project),
      ...(expand ? packPoint(plan, context, expand) : []),
      ...(residual ? [plan.arg(residual)] : []),
    ],
    params: Int32Array.from([
      ...[batch, Number(expand !== undefined), Number(residual !== undefined)],
      ...[...inWords.slice(0, 2), ...channelWords(context, groups)],
      ...[channelWords(context, project.geometry.outChannels)[0]],
      ...[channelWords(context, project.geometry.outChannels)[2]],
      ...[rows.input, cols.input, rows.output, cols.output, rows.kernel, cols.kernel],
      ...[rows.step, cols.step, rows.pad, cols.pad],
      ...[band, stripRows, ringRows],
      ...epilogueWords(expand?.attrs.activation),
      ...epilogueWords(depthwise.attrs.activation),
      ...epilogueWords(project.attrs.activation),
    ]),
    tasks: batch * Math.ceil(rows.output / band),
    scratchBytes,
  });
}

/** Maps between the stages are never stored: strips of rows go through all stages while they are in cache. */
export function convStripsKernels(context: X86Context): Kernel[] {
  const kernel: Kernel<Attrs> = {
    op: ops.convChain,
    name: "x86/conv-strips",
    supports(node) {
      const stages = stagesOf(node);
      const form = firstReason(allOf(node, ["f32"]), formReason(node, stages));
      return form === true ? sizeReason(context, stages) : form;
    },
    layouts: (node) => [
      {
        inputs: node.inputs.map((_, i) =>
          i === 0 || i > 2 * node.attrs.stages.length ? context.layout : undefined,
        ),
        outputs: [context.layout],
      },
    ],
    costNs(node) {
      const work = stagesOf(node).reduce((sum, { geometry }) => sum + multiplyAdds(geometry), 0);
      return stepNs + work / (tileRate[context.level] * 0.9);
    },
    lower: (node, plan) => lower(plan, context, node),
  };
  return [sized(kernel) as Kernel];
}
