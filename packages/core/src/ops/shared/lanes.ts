/** A row-major shape seen along one axis: [outer, length, inner]; element (o, i, n) is at (o * length + i) * inner + n. */
export interface Lanes {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

export function lanesOf(shape: readonly number[], axis: number): Lanes {
  const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
  return {
    outer: product(shape.slice(0, axis)),
    length: shape[axis]!,
    inner: product(shape.slice(axis + 1)),
  };
}

/** Calls `visit` with the offset of element 0 of every lane; the next elements follow `inner` apart. */
export function forEachLane(
  { outer, length, inner }: Lanes,
  visit: (start: number, lane: number) => void,
): void {
  for (let o = 0, lane = 0; o < outer; o++) {
    for (let n = 0; n < inner; n++, lane++) visit(o * length * inner + n, lane);
  }
}
