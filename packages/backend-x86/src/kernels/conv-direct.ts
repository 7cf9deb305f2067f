import type { Arg, PlanBuilder } from "@coracle/core";
import type { X86Context } from "../context.ts";
import { type Axis, type ConvGeometry, extent, type PackJob, roundUp } from "./conv-geometry.ts";

const stripFloats = 49152;
const passFloats = 98304;
const minTaskMultiplyAdds = 500_000;
const tileVectors = 2;
const halfLanes = 8;

/** One call of f32_conv_direct: a convolution, or a phase of a transposed one. Strides and offset in floats. */
export interface DirectStep {
  readonly geometry: ConvGeometry;
  /** Input pixels are single floats, channel planes apart; else blocks. */
  readonly planar: boolean;
  readonly out: {
    readonly batchStride: number;
    readonly groupStride: number;
    readonly blockStride: number;
    readonly rowStride: number;
    readonly pixelStride: number;
    readonly offset: number;
    /** Row-major output: where each channel of a group begins. */
    readonly channelOffsets?: readonly number[];
  };
  readonly args: readonly Arg[];
  readonly hasResidual: boolean;
  readonly epilogue: readonly [number, number, number];
}

interface Source {
  readonly pixel: number;
  readonly blocks: number;
  readonly inner: number;
  readonly innerTail: number;
  readonly colTaps: number;
}

interface Strips {
  readonly rows: number;
  readonly cols: number;
  readonly tiles: number;
}

/** Whether the kernel's columns, not the channels, are the innermost sum. */
const runsAlongKernel = (planar: boolean, cols: Axis): boolean => planar && cols.dilation === 1;

function sourceOf(context: X86Context, { geometry, planar }: DirectStep): Source {
  const { inChannels, cols } = geometry;
  if (planar) {
    const inner = runsAlongKernel(planar, cols) ? cols.kernel : 1;
    return {
      pixel: 1,
      blocks: inChannels,
      inner,
      innerTail: inner,
      colTaps: cols.kernel / Math.max(1, inner),
    };
  }
  const { block } = context;
  const blocks = Math.ceil(inChannels / block);
  return {
    pixel: block,
    blocks,
    inner: block,
    innerTail: inChannels - (blocks - 1) * block,
    colTaps: cols.kernel,
  };
}

/** 1x1 with step 1 and dense rows of output: the map is one row. */
function flattened({ geometry, out }: DirectStep): ConvGeometry {
  const { rows, cols } = geometry;
  if (out.rowStride !== cols.output * out.pixelStride) return geometry;
  const isPoint = (axis: Axis): boolean =>
    axis.kernel === 1 && axis.step === 1 && axis.pad === 0 && axis.input === axis.output;
  if (!isPoint(rows) || !isPoint(cols)) return geometry;
  const pixels = cols.input * rows.input;
  const row = { ...rows, input: 1, output: 1 };
  return { ...geometry, rows: row, cols: { ...cols, input: pixels, output: pixels } };
}

const needsCopy = (axis: Axis): boolean =>
  axis.kernel > 0 && (axis.pad !== 0 || (axis.output - 1) * axis.step + extent(axis) > axis.input);

/** What happens to taps outside the map: strips are copied with zeros around, or those taps are left out. */
type Borders = "none" | "copied" | "clipped";

const borderCodes: Readonly<Record<Borders, number>> = { none: 0, copied: 1, clipped: 2 };

/** Leaving taps out breaks rows of pixels into pieces of the same taps: good where those are long, or single anyway. */
function bordersOf({ planar }: DirectStep, { rows, cols }: ConvGeometry): Borders {
  if (!needsCopy(rows) && !needsCopy(cols)) return "none";
  const isSingle = rows.output === 1 && cols.output === 1;
  const isWide = Math.min(rows.dilation, cols.dilation) >= 4;
  return (isSingle || isWide) && !runsAlongKernel(planar, cols) ? "clipped" : "copied";
}

const reach = (axis: Axis, outputs: number): number => (outputs - 1) * axis.step + Math.max(0, extent(axis));

/** The last block has at most 8 channels, and the level has tiles that leave its other lanes out. */
const hasHalf = (context: X86Context, outChannels: number): boolean =>
  context.block === 16 && (outChannels - 1) % 16 < halfLanes;

/** Lanes that the tiles of `outChannels` compute. */
export function tileLanes(context: X86Context, outChannels: number): number {
  return roundUp(outChannels, context.block) - (hasHalf(context, outChannels) ? halfLanes : 0);
}

/** Output pixels along `axis` whose input fits `floats`, in pieces of `unit` and all about equal. */
function piece(axis: Axis, floats: number, unit: number): number {
  const fitting = Math.floor((floats - extent(axis)) / axis.step) + 1;
  const most = Math.max(unit, Math.floor(fitting / unit) * unit);
  const pieces = Math.ceil(axis.output / most);
  return Math.max(1, Math.min(axis.output, roundUp(Math.ceil(axis.output / pieces), unit)));
}

/** Strips whose input stays in L2, and channel tiles to a task so that every thread finds some eight tasks. */
function planStrips(
  context: X86Context,
  geometry: ConvGeometry,
  pixelFloats: number,
  threads: number,
): Strips {
  const { rows, cols, batch, groups, inChannels, outChannels } = geometry;
  const tiles = Math.ceil(Math.ceil(outChannels / context.block) / tileVectors);
  const work =
    batch * groups * rows.output * cols.output * inChannels * rows.kernel * cols.kernel * outChannels;
  const wanted =
    threads === 1 ? 1 : Math.max(1, Math.min(threads * 8, Math.floor(work / minTaskMultiplyAdds)));
  const unit = context.block === 16 ? 14 : 6;
  const colPiece = piece(cols, stripFloats / (pixelFloats * Math.max(1, extent(rows))), unit);
  const floatsOfRow = pixelFloats * reach(cols, colPiece);
  const tallest = piece(rows, stripFloats / floatsOfRow, 1);
  const colStrips = Math.ceil(cols.output / colPiece);
  const images = batch * groups * colStrips;
  const split = Math.min(Math.ceil(wanted / images), tiles >= threads * 2 ? 1 : rows.output);
  const rowPiece = Math.max(1, Math.min(tallest, Math.ceil(rows.output / Math.max(1, split))));
  const strips = images * Math.ceil(rows.output / rowPiece);
  const tileGroups = Math.max(1, Math.min(tiles, Math.ceil(wanted / strips)));
  return { rows: rowPiece, cols: colPiece, tiles: Math.ceil(tiles / tileGroups) };
}

export function emitDirect(plan: PlanBuilder, context: X86Context, step: DirectStep): void {
  const geometry = flattened(step);
  const { batch, groups, inChannels, outChannels, rows, cols } = geometry;
  const source = sourceOf(context, step);
  const plane = rows.input * cols.input;
  const blockStride = plane * source.pixel;
  const pixelFloats = source.blocks * source.pixel;
  const strips = planStrips(context, geometry, pixelFloats, plan.threads);
  const borders = bordersOf(step, geometry);
  const outBlocks = Math.ceil(outChannels / context.block);
  const blockProducts = source.inner * rows.kernel * source.colTaps * tileVectors * context.block;
  const { out } = step;
  const offsets = out.channelOffsets ?? [];
  const pass =
    offsets.length > 0 ? source.blocks : Math.max(1, Math.floor(passFloats / Math.max(1, blockProducts)));
  const groupStride = step.planar ? inChannels * plane : source.blocks * blockStride;
  const params = Int32Array.from([
    ...[batch, groups],
    ...[source.pixel, source.blocks, source.inner, source.innerTail, pass],
    ...[groups * groupStride, groupStride, blockStride, rows.input, cols.input],
    ...[rows.kernel, source.colTaps, Math.max(0, extent(rows)), Math.max(0, extent(cols))],
    ...[rows.step, cols.step, rows.dilation, cols.dilation, rows.pad, cols.pad],
    ...[rows.output, cols.output, outBlocks, Number(hasHalf(context, outChannels))],
    ...[out.batchStride, out.groupStride, out.blockStride, out.rowStride, out.pixelStride, out.offset],
    ...[strips.rows, strips.cols, strips.tiles, borderCodes[borders], Number(step.hasResidual)],
    ...step.epilogue,
    ...[offsets.length, ...offsets],
  ]);
  const stripCount = Math.ceil(rows.output / strips.rows) * Math.ceil(cols.output / strips.cols);
  const tileGroups = Math.ceil(Math.ceil(outBlocks / tileVectors) / strips.tiles);
  const scratchFloats = pixelFloats * reach(rows, strips.rows) * reach(cols, strips.cols);
  plan.step({
    kernel: "f32_conv_direct",
    args: step.args,
    params,
    tasks: batch * groups * stripCount * tileGroups,
    scratchBytes: borders === "copied" ? scratchFloats * 4 : 0,
  });
}

/** Weights in the tiles' order. Strides find weight (oc, ic) of a group; taps are offsets, kernel row by row. */
export interface WeightOrder {
  readonly groups: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly rowTaps: number;
  readonly colTaps: number;
  readonly planar: boolean;
  readonly groupStride: number;
  readonly outStride: number;
  readonly inStride: number;
  readonly taps: readonly number[];
}

/** What `prepared` needs to pack weights. */
export function weightJob(context: X86Context, order: WeightOrder): PackJob {
  const blocks = Math.ceil(order.outChannels / context.block);
  const products = order.inChannels * order.rowTaps * order.colTaps;
  const params = Int32Array.from([
    ...[order.groups, order.outChannels, order.inChannels, order.rowTaps, order.colTaps],
    ...[Number(order.planar), Number(hasHalf(context, order.outChannels))],
    ...[order.groupStride, order.outStride, order.inStride],
    ...order.taps,
  ]);
  const tasks = order.groups * Math.ceil(blocks / tileVectors);
  const bytes = order.groups * tileLanes(context, order.outChannels) * products * 4;
  return { kernel: "f32_conv_pack", params, tasks, bytes };
}
