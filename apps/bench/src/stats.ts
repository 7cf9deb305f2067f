export interface Summary {
  readonly minMs: number;
  readonly medianMs: number;
  readonly p90Ms: number;
  readonly numRuns: number;
}

/** Nearest-rank quantiles of run times. */
export function summarize(milliseconds: readonly number[]): Summary {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const at = (q: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
  return { minMs: at(0), medianMs: at(0.5), p90Ms: at(0.9), numRuns: sorted.length };
}

/** The largest difference over the largest magnitude of the expected. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i]! - expected[i]!));
    magnitude = Math.max(magnitude, Math.abs(expected[i]!));
  }
  return magnitude === 0 ? difference : difference / magnitude;
}
