import { type Arg, type DType, dtypeBytes, type PlanBuilder } from "@coracle/core";
import { collapse, gridOf, maxRank, padded } from "./loops.ts";

/** Elements [dims] from src to dst, each by its own offset and strides in elements (0 repeats, negative walks back). */
export interface StridedCopy {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly srcOffset?: number;
  readonly srcStrides: readonly number[];
  readonly dstOffset?: number;
  readonly dstStrides: readonly number[];
}

interface Walk {
  readonly dims: readonly number[];
  readonly src: readonly number[];
  readonly dst: readonly number[];
}

/** The order of the walk is free: the dim that is contiguous in src goes next to the last, for transposition in tiles. */
function forTiles({ dims, src, dst }: Walk): Walk {
  const last = dims.length - 1;
  if (src[last] === 1 || dst[last] !== 1) return { dims, src, dst };
  const contiguous = dims.findIndex((size, d) => d < last && src[d] === 1 && size > 1);
  if (contiguous < 0) return { dims, src, dst };
  const order = dims.map((_, d) => d).filter((d) => d !== contiguous);
  order.splice(last - 1, 0, contiguous);
  const pick = (values: readonly number[]): number[] => order.map((d) => values[d]!);
  return { dims: pick(dims), src: pick(src), dst: pick(dst) };
}

export function collapsedRank(copy: StridedCopy): number {
  return collapse({ dims: copy.dims, strides: [copy.srcStrides, copy.dstStrides] }).dims.length;
}

/** true, or why the kernel cannot walk so many dims. */
export function copyReason(copy: StridedCopy): true | string {
  const rank = collapsedRank(copy);
  return rank <= maxRank || `${rank} dims after merging; at most ${maxRank}`;
}

export function stridedCopyStep(plan: PlanBuilder, src: Arg, dst: Arg, copy: StridedCopy): void {
  const merged = collapse({ dims: copy.dims, strides: [copy.srcStrides, copy.dstStrides] });
  const walk = forTiles({ dims: merged.dims, src: merged.strides[0]!, dst: merged.strides[1]! });
  const grid = gridOf(walk.dims);
  plan.step({
    kernel: "strided_copy",
    args: [src, dst],
    params: Int32Array.of(
      dtypeBytes(copy.dtype),
      walk.dims.length,
      grid.rowChunk,
      grid.innerChunks,
      grid.innerChunk,
      copy.srcOffset ?? 0,
      copy.dstOffset ?? 0,
      ...padded(walk.dims, 1),
      ...padded(walk.src),
      ...padded(walk.dst),
    ),
    tasks: grid.tasks,
  });
}
