/**
 * The last stages before a run: a typed program and open devices become a plan of steps over one arena.
 * Knows kernels and devices by their contract only, and never runs what it makes.
 */

/** Bytes needed from node `start` to node `end`, both included. */
export interface Lifetime {
  readonly bytes: number;
  readonly start: number;
  readonly end: number;
}

export interface ArenaLayout {
  /** Aligned with the lifetimes; multiples of `arenaAlignment`. */
  readonly offsets: readonly number[];
  readonly bytes: number;
}

export const arenaAlignment = 64;

export function alignUp(bytes: number): number {
  return Math.ceil(bytes / arenaAlignment) * arenaAlignment;
}

interface Placed {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

/** The lowest gap of `bytes` between blocks that are sorted by their first byte. */
function lowestGap(blocks: readonly Placed[], bytes: number): number {
  let offset = 0;
  for (const block of blocks) {
    if (block.from - offset >= bytes) return offset;
    offset = Math.max(offset, block.to);
  }
  return offset;
}

function insertSorted(blocks: Placed[], block: Placed): void {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (blocks[middle]!.from < block.from) low = middle + 1;
    else high = middle;
  }
  blocks.splice(low, 0, block);
}

/** Greedy by size: the largest first, each at the lowest offset that is free for its whole lifetime. */
export function layOut(lifetimes: readonly Lifetime[]): ArenaLayout {
  const order = lifetimes.map((_, i) => i);
  order.sort((a, b) => {
    const [first, second] = [lifetimes[a]!, lifetimes[b]!];
    return second.bytes - first.bytes || first.start - second.start || a - b;
  });
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const placed: Placed[] = [];
  let total = 0;
  for (const i of order) {
    const { start, end } = lifetimes[i]!;
    const bytes = alignUp(lifetimes[i]!.bytes);
    if (bytes === 0) continue;
    const alive = placed.filter((block) => block.start <= end && start <= block.end);
    const from = lowestGap(alive, bytes);
    offsets[i] = from;
    total = Math.max(total, from + bytes);
    insertSorted(placed, { start, end, from, to: from + bytes });
  }
  return { offsets, bytes: total };
}
