import { type Arg, type Kernel, type Node, ops, type PlanBuilder } from "@coracle/core";
import type { X86Context } from "../context.ts";
import {
  type Axis,
  andThen,
  type ConvLikeAttrs,
  convGeometry,
  convReason,
  epilogueWords,
  multiplyAdds,
  paddedBias,
  prepared,
  roundUp,
  tileRate,
} from "./conv-geometry.ts";
import { requireConstants, sized } from "./values.ts";

/** Side of an output tile: F(2x2,3x3) or F(4x4,3x3). */
type Outputs = 2 | 4;

const tileVectors = 2;
const fewTiles = 28;
const manyTiles = 56;
const largeWeightBytes = 6e6;
const blocksPerThread = 4;
const minTaskMultiplyAdds = 250_000;

const stepNs = 600;
const productShare = 0.97;
const tileCallNs = 22;
const weightBytesPerNs = 32;
/** Of one tile's transforms, for each channel, where products run at `referenceRate`. */
const inputNs: Readonly<Record<Outputs, number>> = { 2: 1.6, 4: 5 };
const outputNs: Readonly<Record<Outputs, number>> = { 2: 1.2, 4: 4 };
const referenceRate = tileRate.avx512;

interface Tiling {
  readonly planes: number;
  /** Tiles of the whole batch, of a block, and blocks. */
  readonly tiles: number;
  readonly perBlock: number;
  readonly blocks: number;
  readonly inBlocks: number;
  readonly outBlocks: number;
  readonly outTiles: number;
  readonly weightBytes: number;
}

/** Weights that no cache keeps are read once for each block of tiles, so those get larger blocks. */
function tilingOf(context: X86Context, node: Node<ConvLikeAttrs>, outputs: Outputs): Tiling {
  const { batch, inChannels, outChannels, rows, cols } = convGeometry(node);
  const planes = (outputs + 2) ** 2;
  const tiles = batch * Math.ceil(rows.output / outputs) * Math.ceil(cols.output / outputs);
  const weightBytes = planes * inChannels * roundUp(outChannels, context.block) * 4;
  const blocks = Math.ceil(tiles / (weightBytes > largeWeightBytes ? manyTiles : fewTiles));
  const outBlocks = Math.ceil(outChannels / context.block);
  return {
    ...{ planes, tiles, blocks, perBlock: Math.ceil(tiles / blocks), outBlocks, weightBytes },
    inBlocks: Math.ceil(inChannels / context.block),
    outTiles: Math.ceil(outBlocks / tileVectors),
  };
}

/** Bytes of `lines` vectors in each plane; the kernels keep an odd number of lines. */
function planeBytes(context: X86Context, { planes }: Tiling, lines: number): number {
  return planes * (lines + 1 - (lines % 2)) * context.block * 4;
}

interface Split {
  /** The input is transformed by a step of its own. */
  readonly isSplit: boolean;
  /** Channel tiles of a task. */
  readonly outTiles: number;
}

/** Blocks of tiles are the tasks; where there are too few, channels are split as well and share one transform. */
function splitOf(tiling: Tiling, threads: number, work: number): Split {
  const { blocks, outTiles } = tiling;
  const wanted = Math.min(threads * blocksPerThread, Math.floor(work / minTaskMultiplyAdds));
  if (threads === 1 || blocks >= wanted) return { isSplit: false, outTiles };
  const groups = Math.min(outTiles, Math.ceil(wanted / blocks));
  return { isSplit: groups > 1, outTiles: Math.ceil(outTiles / groups) };
}

function packWeights(plan: PlanBuilder, node: Node<ConvLikeAttrs>, tiling: Tiling, outputs: Outputs): Arg {
  const { inChannels, outChannels } = convGeometry(node);
  return prepared(plan, node.inputs[1]!, {
    kernel: "f32_winograd_pack",
    params: Int32Array.of(outputs, outChannels, inChannels),
    tasks: tiling.outTiles,
    bytes: tiling.weightBytes,
  });
}

function lower(context: X86Context, node: Node<ConvLikeAttrs>, plan: PlanBuilder, outputs: Outputs): void {
  const geometry = convGeometry(node);
  const { batch, inChannels, outChannels, rows, cols } = geometry;
  const tiling = tilingOf(context, node, outputs);
  const { blocks, inBlocks, outBlocks, perBlock } = tiling;
  const { isSplit, outTiles } = splitOf(tiling, plan.threads, multiplyAdds(geometry));
  const [x, owner, bias, residual] = node.inputs;
  const weights = packWeights(plan, node, tiling, outputs);
  const padded = paddedBias(plan, context, { bias, owner: owner! }, { groups: 1, each: outChannels });
  const params = Int32Array.from([
    ...[outputs, batch, inChannels, outBlocks],
    ...[rows.input, cols.input, rows.output, cols.output, rows.pad, cols.pad],
    ...[perBlock, outTiles, 1, Number(isSplit), Number(residual !== undefined)],
    ...epilogueWords(node.attrs.activation),
  ]);
  const inputBytes = planeBytes(context, tiling, inBlocks * perBlock);
  const productBytes = planeBytes(context, tiling, tileVectors * perBlock);
  const transformed = isSplit ? plan.temporary(blocks * inputBytes) : undefined;
  if (transformed) {
    const args = [plan.arg(x!), transformed];
    plan.step({ kernel: "f32_winograd_input", args, params, tasks: blocks * inBlocks });
  }
  const args = [transformed ?? plan.arg(x!), weights, padded, plan.arg(node.outputs[0]!)];
  plan.step({
    kernel: "f32_winograd",
    args: residual ? [...args, plan.arg(residual)] : args,
    params,
    tasks: blocks * Math.ceil(tiling.outTiles / outTiles),
    scratchBytes: productBytes + (isSplit ? 0 : inputBytes),
  });
}

/** Products, transforms, and the stream of weights that the direct form has not. */
function costNs(context: X86Context, node: Node<ConvLikeAttrs>, outputs: Outputs): number {
  const { inChannels, outChannels } = convGeometry(node);
  const { planes, tiles, perBlock, blocks, outBlocks, outTiles, weightBytes } = tilingOf(
    context,
    node,
    outputs,
  );
  const rate = tileRate[context.level];
  const tileRows = context.block === 16 ? 14 : 6;
  const products = (planes * tiles * inChannels * outBlocks * context.block) / (rate * productShare);
  const calls = planes * blocks * Math.ceil(perBlock / tileRows) * outTiles * tileCallNs;
  const transforms =
    tiles * (inChannels * inputNs[outputs] + outChannels * outputNs[outputs]) * (referenceRate / rate);
  const extraWeights = weightBytes * (1 - 9 / planes);
  return stepNs + products + calls + transforms + extraWeights / weightBytesPerNs;
}

const isPlainWindow = (axis: Axis): boolean => axis.kernel === 3 && axis.step === 1 && axis.dilation === 1;

function windowReason(node: Node<ConvLikeAttrs>): true | string {
  const { rows, cols } = convGeometry(node);
  if (isPlainWindow(rows) && isPlainWindow(cols)) return true;
  return `${rows.kernel}x${cols.kernel}, strides ${node.attrs.strides.join()}, dilations ${node.attrs.dilations.join()}; expected 3x3, strides 1, dilations 1`;
}

function groupsReason({ attrs: { groups } }: Node<ConvLikeAttrs>): true | string {
  return groups === 1 || `${groups} groups; expected 1`;
}

/** Blocked to blocked, with fewer products than the direct form and a rounding error some times as large. */
function winograd(context: X86Context, outputs: Outputs): Kernel<ConvLikeAttrs> {
  const reasons = [
    groupsReason,
    windowReason,
    (node: Node<ConvLikeAttrs>) => requireConstants(node, { weight: 1 }),
  ];
  return sized({
    op: ops.conv as Kernel<ConvLikeAttrs>["op"],
    name: `x86/conv-winograd-${outputs}x${outputs}`,
    isApproximate: true,
    supports: (node) => reasons.reduce((first, next) => andThen(first, () => next(node)), convReason(node)),
    layouts: (node) => [
      {
        inputs: node.inputs.map((_, i) => (i === 0 || i === 3 ? context.layout : undefined)),
        outputs: [context.layout],
      },
    ],
    costNs: (node) => costNs(context, node, outputs),
    lower: (node, plan) => lower(context, node, plan, outputs),
  });
}

export function convWinogradKernels(context: X86Context): Kernel[] {
  return [winograd(context, 4), winograd(context, 2)] as Kernel[];
}
