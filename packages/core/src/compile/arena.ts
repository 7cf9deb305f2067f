/**
 * The last stages before a run: a typed program and open devices become a plan of steps over one arena.
 * Knows kernels and devices by their contract only, and never runs what it makes.
 */

/** Bytes needed from node `start` to node `end`, both included. */
export interface Lifetime {
  readonly bytes: number;
  readonly start: number;
  readonly end: number;
  /** Ranges that together make up the bytes and are needed only from a later node on; absent: one from `start`. */
  readonly pieces?: readonly Piece[];
}

export interface Piece {
  readonly offset: number;
  readonly bytes: number;
  readonly start: number;
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

const overlaps = (block: Placed, { start, end }: { readonly start: number; readonly end: number }): boolean =>
  block.start <= end && start <= block.end;

/** The lowest offset at which every piece finds its bytes free. */
function lowestFit(placed: readonly Placed[], pieces: readonly Placed[]): number {
  const inWay = pieces.map((piece) => placed.filter((block) => overlaps(block, piece)));
  const candidates = pieces.flatMap((piece, i) => inWay[i]!.map(({ to }) => to - piece.from));
  const fits = (offset: number): boolean =>
    pieces.every(({ from, to }, i) =>
      inWay[i]!.every((block) => block.to <= offset + from || offset + to <= block.from),
    );
  return [0, ...candidates.filter((offset) => offset > 0).sort((a, b) => a - b)].find(fits)!;
}

function piecesOf({ bytes, start, end, pieces }: Lifetime): Placed[] {
  return (pieces ?? [{ offset: 0, bytes, start }])
    .map((piece) => ({
      start: piece.start,
      end,
      from: piece.offset - (piece.offset % arenaAlignment),
      to: piece.bytes > 0 ? alignUp(piece.offset + piece.bytes) : 0,
    }))
    .filter(({ from, to }) => to > from);
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
    const pieces = piecesOf(lifetimes[i]!);
    const [first] = pieces;
    if (!first) continue;
    const offset =
      pieces.length > 1
        ? lowestFit(placed, pieces)
        : lowestGap(
            placed.filter((block) => overlaps(block, first)),
            first.to,
          );
    offsets[i] = offset;
    for (const { start, end, from, to } of pieces) {
      total = Math.max(total, offset + to);
      insertSorted(placed, { start, end, from: offset + from, to: offset + to });
    }
  }
  return { offsets, bytes: total };
}
