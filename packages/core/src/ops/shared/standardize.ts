export interface StandardizeOptions {
  readonly epsilon: number;
  /** false: the mean is taken as 0 (root mean square). */
  readonly isCentred: boolean;
}

/** Every run of `length` elements to mean 0 and variance 1 (population variance, epsilon added to it). */
export function standardize(
  values: Float64Array,
  out: Float64Array,
  length: number,
  { epsilon, isCentred }: StandardizeOptions,
): void {
  for (let start = 0; start < values.length; start += length) {
    let mean = 0;
    if (isCentred) {
      for (let i = start; i < start + length; i++) mean += values[i]!;
      mean /= length;
    }
    let variance = 0;
    for (let i = start; i < start + length; i++) variance += (values[i]! - mean) ** 2;
    const factor = 1 / Math.sqrt(variance / length + epsilon);
    for (let i = start; i < start + length; i++) out[i] = (values[i]! - mean) * factor;
  }
}
