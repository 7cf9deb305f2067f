import { dtypeBytes, type Kernel, type Node, type Op, ops, type PlanBuilder } from "@coracle/core";
import type { X86Context } from "../context.ts";
import { indexReason } from "./gather.ts";
import { storedDims } from "./layouts.ts";
import { chunksOf } from "./loops.ts";
import { allOf, dims, firstReason, input, output, product, sized, streamNs } from "./values.ts";

type Attrs = ops.RoiAlignAttrs;

/** The reference refuses a region with more along an axis. */
const mostSamples = 2 ** 14;
const taskWork = 2 ** 17;
const leastChannels = 4;

/** Taps of all outputs along an axis, at most: two for each sample, or, where those of a pixel are joined, a pixel and its neighbours. */
function mostTaps(attrs: Attrs, outputs: number, size: number): number {
  const { mode, samplingRatio } = attrs;
  if (samplingRatio > 0) return 2 * samplingRatio * outputs;
  return mode === "avg" ? Math.min(2 * mostSamples, size + 2 * outputs + 8) : 2 * mostSamples;
}

function supports(node: Node<Attrs>): true | string {
  const { samplingRatio, outputHeight, outputWidth } = node.attrs;
  return firstReason(
    allOf(node, ["f32"], 2),
    indexReason(input(node, 2)),
    product(dims(input(node, 0))) > 0 || "the input is empty",
    samplingRatio * Math.max(outputHeight, outputWidth) <= mostSamples || "too many samples",
  );
}

/** Multiplications of one output for one channel. */
const outputWork = ({ samplingRatio }: Attrs): number => 4 * Math.max(1, samplingRatio || 2) ** 2;

const workOf = (node: Node<Attrs>): number => product(dims(output(node))) * outputWork(node.attrs);

function lower({ block }: X86Context, node: Node<Attrs>, plan: PlanBuilder): void {
  const [x, rois, batches] = [input(node, 0), input(node, 1), input(node, 2)];
  const [batch, blocks, height, width, inner = 1] = storedDims(dims(x), x.type.layout);
  const { outputHeight, outputWidth, samplingRatio, coordinateMode, mode, spatialScale } = node.attrs;
  const blockWork = outputHeight * outputWidth * inner * outputWork(node.attrs);
  const { chunk, tasks } = chunksOf(blocks!, blockWork, taskWork);
  const rowWidth = inner === 1 ? Math.ceil(width! / block) * block : width!;
  const rowTaps = mostTaps(node.attrs, outputHeight, height!);
  const columnTaps = mostTaps(node.attrs, outputWidth, width!);
  const words = (outputs: number, taps: number, size: number): number =>
    2 * (outputs + 1) + 3 * taps + 2 * size;
  const axes = words(outputHeight, rowTaps, height!) + words(outputWidth, columnTaps, width!);
  const flags = [coordinateMode === "halfPixel", mode === "max"].map(Number);
  plan.step({
    kernel: "f32_roi_align",
    args: [plan.arg(x), plan.arg(rois), plan.arg(batches), plan.arg(output(node))],
    params: Int32Array.of(
      ...[batch!, blocks!, height!, width!, outputHeight, outputWidth, inner],
      ...[samplingRatio, ...flags, dtypeBytes(batches.type.dtype)],
      ...[chunk, rowWidth, rowTaps, columnTaps],
      ...new Int32Array(Float64Array.of(spatialScale).buffer),
    ),
    tasks: dims(rois)[0]! * tasks,
    scratchBytes: 4 * (rowWidth * inner + axes),
  });
}

const plainKernel = (context: X86Context): Kernel<Attrs> =>
  sized({
    op: ops.roiAlign as Op<Attrs>,
    name: "x86/roi-align",
    supports,
    costNs: (node) => streamNs(node) + workOf(node) * 0.6,
    lower: (node, plan) => lower(context, node, plan),
  });

const blockedKernel = (context: X86Context): Kernel<Attrs> =>
  sized({
    op: ops.roiAlign as Op<Attrs>,
    name: "x86/roi-align-blocked",
    supports(node) {
      const isWide = dims(input(node, 0))[1]! >= leastChannels;
      return firstReason(supports(node), isWide || "fewer than 4 channels");
    },
    layouts: () => [{ inputs: [context.layout, undefined, undefined], outputs: [context.layout] }],
    costNs: (node) => streamNs(node) + (workOf(node) / context.block) * 1.3,
    lower: (node, plan) => lower(context, node, plan),
  });

/**
 * f32, row-major or, from 4 channels on, blocked. Where the reference refuses a batch index, the nearest is taken, and a
 * region with too many samples is NaN.
 */
export function roiAlignKernels(context: X86Context): Kernel[] {
  return [blockedKernel(context) as Kernel, plainKernel(context) as Kernel];
}
