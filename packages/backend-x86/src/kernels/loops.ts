import { rowMajorStrides } from "@coracle/core";
import { product } from "./values.ts";

/** Dims and, for each operand, the step in elements that each dim takes through it. */
export interface Nest {
  readonly dims: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

export const maxRank = 8;
const taskElements = 16384;

/** Strides of `shape` broadcast to `out`: 0 where it repeats. */
export function broadcastStrides(shape: readonly number[], out: readonly number[]): number[] {
  const own = rowMajorStrides(shape);
  const lead = out.length - shape.length;
  return out.map((_, i) => (i < lead || shape[i - lead] === 1 ? 0 : own[i - lead]!));
}

/** The same walk with dims of 1 dropped and neighbours merged where every operand allows it; at least 2 dims. */
export function collapse(nest: Nest): Nest {
  const sizes: number[] = [];
  const strides: number[][] = nest.strides.map(() => []);
  for (let d = 0; d < nest.dims.length; d++) {
    const size = nest.dims[d]!;
    if (size === 1) continue;
    const last = sizes.length - 1;
    const joins = last >= 0 && nest.strides.every((own, k) => strides[k]![last] === own[d]! * size);
    if (joins) sizes[last]! *= size;
    else sizes.push(size);
    const at = sizes.length - 1;
    nest.strides.forEach((own, k) => {
      strides[k]![at] = own[d]!;
    });
  }
  while (sizes.length < 2) {
    sizes.unshift(1);
    for (const own of strides) own.unshift(0);
  }
  if (sizes.at(-1) === 1) for (const own of strides) own[own.length - 1] = 1;
  return { dims: sizes, strides };
}

/** Eight words: the values and then `fill`. */
export function padded(values: readonly number[], fill = 0): number[] {
  return [...values, ...new Array<number>(maxRank - values.length).fill(fill)];
}

/** One task for each `chunk` of `count`. */
export interface Chunks {
  readonly chunk: number;
  readonly tasks: number;
}

/** Pieces of `count` equal units that cost `elements` elements each; few enough to be worth a task. */
export function chunksOf(count: number, elements = 1, target: number = taskElements): Chunks {
  const chunk = Math.max(1, Math.min(count, Math.ceil(target / Math.max(1, elements))));
  return { chunk, tasks: Math.max(1, Math.ceil(count / chunk)) };
}

/** Rows (all dims but the last) and columns, each cut into tasks. */
export interface Grid {
  readonly rowChunk: number;
  readonly innerChunks: number;
  readonly innerChunk: number;
  readonly tasks: number;
}

export function gridOf(sizes: readonly number[], target: number = taskElements): Grid {
  const inner = sizes.at(-1)!;
  const rows = product(sizes.slice(0, -1));
  const columns = inner > 2 * target ? chunksOf(inner, 1, target) : { chunk: Math.max(1, inner), tasks: 1 };
  const lines = chunksOf(rows, columns.chunk, target);
  const rowChunk = alignedRows(lines.chunk, rows);
  return {
    rowChunk,
    innerChunks: columns.tasks,
    innerChunk: columns.chunk,
    tasks: Math.max(1, Math.ceil(rows / rowChunk)) * columns.tasks,
  };
}

/** Transposing kernels work in bands of 16 rows. */
function alignedRows(chunk: number, rows: number): number {
  return chunk >= rows || chunk < 16 ? chunk : Math.ceil(chunk / 16) * 16;
}
