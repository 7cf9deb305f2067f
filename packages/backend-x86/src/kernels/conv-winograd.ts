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

/** An axis of a tile: outputs, and taps of the filter; products in a tile are outputs + taps - 1 of each. */
interface Filtering {
  readonly outputs: number;
  readonly taps: number;
}

interface Scheme {
  /** Known to the kernels. */
  readonly code: number;
  readonly rows: Filtering;
  readonly cols: Filtering;
  /** Of one tile's transforms, for each channel, where products run at `referenceRate`. */
  readonly inputNs: number;
  readonly outputNs: number;
  /** Where given, layers with more bytes of weights prefer schemes that have fewer and are about as fast. */
  readonly mostWeightBytes?: number;
}

const one: Filtering = { outputs: 1, taps: 1 };
const of3 = (outputs: number): Filtering => ({ outputs, taps: 3 });
const of5: Filtering = { outputs: 4, taps: 5 };
const of7: Filtering = { outputs: 6, taps: 7 };

const schemes: readonly Scheme[] = [
  { code: 1, rows: of3(4), cols: of3(4), inputNs: 5, outputNs: 4 },
  { code: 0, rows: of3(2), cols: of3(2), inputNs: 1.6, outputNs: 1.2 },
  { code: 2, rows: of3(6), cols: of3(6), inputNs: 11, outputNs: 8.5, mostWeightBytes: 2.5e6 },
  { code: 3, rows: of3(4), cols: of3(2), inputNs: 2.9, outputNs: 2.2 },
  { code: 4, rows: one, cols: of3(4), inputNs: 1.1, outputNs: 0.5 },
  { code: 5, rows: of3(4), cols: one, inputNs: 1.1, outputNs: 0.5 },
  { code: 6, rows: one, cols: of7, inputNs: 2, outputNs: 1 },
  { code: 7, rows: of7, cols: one, inputNs: 2, outputNs: 1 },
  { code: 8, rows: of5, cols: of5, inputNs: 11, outputNs: 4 },
];

const tileVectors = 2;
const fewTiles = 28;
const manyTiles = 56;
const largeWeightBytes = 6e6;
const blocksPerThread = 4;
const minTaskMultiplyAdds = 250_000;
/** Tiles of many planes and few channels are cut into blocks whose transforms stay near. */
const manyPlanes = 64;
const fewChannels = 64;

const stepNs = 600;
const productShare = 0.97;
const tileCallNs = 22;
const weightBytesPerNs = 32;
const largeWeightPenalty = 1.2;
const referenceRate = tileRate.avx512;

const transformed = ({ outputs, taps }: Filtering): number => outputs + taps - 1;

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
function mostTiles(planes: number, inChannels: number, weightBytes: number): number {
  if (weightBytes > largeWeightBytes) return manyTiles;
  return planes >= manyPlanes && inChannels <= fewChannels ? fewTiles / 2 : fewTiles;
}

function tilingOf(context: X86Context, node: Node<ConvLikeAttrs>, scheme: Scheme): Tiling {
  const { batch, inChannels, outChannels, rows, cols } = convGeometry(node);
  const planes = transformed(scheme.rows) * transformed(scheme.cols);
  const tiles =
    batch * Math.ceil(rows.output / scheme.rows.outputs) * Math.ceil(cols.output / scheme.cols.outputs);
  const weightBytes = planes * inChannels * roundUp(outChannels, context.block) * 4;
  const blocks = Math.ceil(tiles / mostTiles(planes, inChannels, weightBytes));
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

function packWeights(plan: PlanBuilder, node: Node<ConvLikeAttrs>, tiling: Tiling, { code }: Scheme): Arg {
  const { inChannels, outChannels } = convGeometry(node);
  return prepared(plan, node.inputs[1]!, {
    kernel: "f32_winograd_pack",
    params: Int32Array.of(code, outChannels, inChannels),
    tasks: tiling.outTiles,
    bytes: tiling.weightBytes,
  });
}

function lower(context: X86Context, node: Node<ConvLikeAttrs>, plan: PlanBuilder, scheme: Scheme): void {
  const geometry = convGeometry(node);
  const { batch, inChannels, outChannels, rows, cols } = geometry;
  const tiling = tilingOf(context, node, scheme);
  const { blocks, inBlocks, outBlocks, perBlock } = tiling;
  const { isSplit, outTiles } = splitOf(tiling, plan.threads, multiplyAdds(geometry));
  const [x, owner, bias, residual] = node.inputs;
  const weights = packWeights(plan, node, tiling, scheme);
  const padded = paddedBias(plan, context, { bias, owner: owner! }, { groups: 1, each: outChannels });
  const params = Int32Array.from([
    ...[scheme.code, batch, inChannels, outBlocks],
    ...[rows.input, cols.input, rows.output, cols.output, rows.pad, cols.pad],
    ...[perBlock, outTiles, 1, Number(isSplit), Number(residual !== undefined)],
    ...epilogueWords(node.attrs.activation),
  ]);
  const inputBytes = planeBytes(context, tiling, inBlocks * perBlock);
  const productBytes = planeBytes(context, tiling, tileVectors * perBlock);
  const separate = isSplit ? plan.temporary(blocks * inputBytes) : undefined;
  if (separate) {
    const args = [plan.arg(x!), separate];
    plan.step({ kernel: "f32_winograd_input", args, params, tasks: blocks * inBlocks });
  }
  const args = [separate ?? plan.arg(x!), weights, padded, plan.arg(node.outputs[0]!)];
  plan.step({
    kernel: "f32_winograd",
    args: residual ? [...args, plan.arg(residual)] : args,
    params,
    tasks: blocks * Math.ceil(tiling.outTiles / outTiles),
    scratchBytes: productBytes + (isSplit ? 0 : inputBytes),
  });
}

/** Products, transforms, and the stream of weights that the direct form has not. */
function costNs(context: X86Context, node: Node<ConvLikeAttrs>, scheme: Scheme): number {
  const { inChannels, outChannels, rows, cols } = convGeometry(node);
  const { planes, tiles, perBlock, blocks, outBlocks, outTiles, weightBytes } = tilingOf(
    context,
    node,
    scheme,
  );
  const rate = tileRate[context.level];
  const tileRows = context.block === 16 ? 14 : 6;
  const products = (planes * tiles * inChannels * outBlocks * context.block) / (rate * productShare);
  const calls = planes * blocks * Math.ceil(perBlock / tileRows) * outTiles * tileCallNs;
  const transforms =
    tiles * (inChannels * scheme.inputNs + outChannels * scheme.outputNs) * (referenceRate / rate);
  const extraWeights = weightBytes * (1 - (rows.kernel * cols.kernel) / planes);
  const ns = stepNs + products + calls + transforms + extraWeights / weightBytesPerNs;
  return weightBytes > (scheme.mostWeightBytes ?? weightBytes) ? ns * largeWeightPenalty : ns;
}

const takes = ({ taps }: Filtering, axis: Axis): boolean =>
  axis.kernel === taps && axis.step === 1 && (axis.dilation === 1 || taps === 1);

function windowReason(node: Node<ConvLikeAttrs>, scheme: Scheme): true | string {
  const { rows, cols } = convGeometry(node);
  if (takes(scheme.rows, rows) && takes(scheme.cols, cols)) return true;
  return `${rows.kernel}x${cols.kernel}, strides ${node.attrs.strides.join()}, dilations ${node.attrs.dilations.join()}; expected ${scheme.rows.taps}x${scheme.cols.taps}, strides 1, dilations 1`;
}

function groupsReason({ attrs: { groups } }: Node<ConvLikeAttrs>): true | string {
  return groups === 1 || `${groups} groups; expected 1`;
}

/** Outputs of a tile, and of which window where that is not 3x3. */
function nameOf({ rows, cols }: Scheme): string {
  const name = `x86/conv-winograd-${rows.outputs}x${cols.outputs}`;
  return rows.taps === 3 && cols.taps === 3 ? name : `${name}-of-${rows.taps}x${cols.taps}`;
}

/** Blocked to blocked, with fewer products than the direct form and a rounding error some times as large. */
function winograd(context: X86Context, scheme: Scheme): Kernel<ConvLikeAttrs> {
  const reasons = [
    groupsReason,
    (node: Node<ConvLikeAttrs>) => windowReason(node, scheme),
    (node: Node<ConvLikeAttrs>) => requireConstants(node, { weight: 1 }),
  ];
  return sized({
    op: ops.conv as Kernel<ConvLikeAttrs>["op"],
    name: nameOf(scheme),
    isApproximate: true,
    supports: (node) => reasons.reduce((first, next) => andThen(first, () => next(node)), convReason(node)),
    layouts: (node) => [
      {
        inputs: node.inputs.map((_, i) => (i === 0 || i === 3 ? context.layout : undefined)),
        outputs: [context.layout],
      },
    ],
    costNs: (node) => costNs(context, node, scheme),
    lower: (node, plan) => lower(context, node, plan, scheme),
  });
}

export function convWinogradKernels(context: X86Context): Kernel[] {
  return schemes.map((scheme) => winograd(context, scheme)) as Kernel[];
}
