export interface Summary {
  readonly minMs: number;
  readonly medianMs: number;
  readonly p90Ms: number;
  readonly numRuns: number;
}

/** Nearest-rank quantiles of run times. */
export function summarize(milliseconds: readonly number[]): Summary {
  const at = (q: number): number => quantile(milliseconds, q);
  return { minMs: at(0), medianMs: at(0.5), p90Ms: at(0.9), numRuns: milliseconds.length };
}

/** By nearest rank; NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** NaN of nothing. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/**
 * The median over rounds of one contender's median over the other's in the same round: a slow phase of the machine
 * that lasts longer than a round falls on both and goes out.
 */
export function pairedRatio(
  rounds: readonly (readonly number[])[],
  baseline: readonly (readonly number[])[],
): number {
  return median(rounds.map((times, i) => median(times) / median(baseline[i] ?? [])));
}

/** The largest difference over the largest magnitude of the expected. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(apart) && !Object.is(actual[i], expected[i])) return Number.POSITIVE_INFINITY;
    if (apart > difference) difference = apart;
    magnitude = Math.max(magnitude, Math.abs(expected[i]!));
  }
  return magnitude === 0 ? difference : difference / magnitude;
}
