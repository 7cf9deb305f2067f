import { DataError } from "../../errors.ts";

export interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Longer transforms of other sizes than a power of two would not end in useful time. */
const mostSlowLength = 2 ** 14;

/** In place; the inverse is divided by the length. Throws DataError for lengths beyond 2^14 that are no power of two. */
export function transform(x: Complex, inverse: boolean): void {
  const n = x.re.length;
  if (n > 1 && (n & (n - 1)) === 0) butterflies(x, inverse);
  else if (n > 1) sums(x, inverse);
  if (!inverse) return;
  for (let i = 0; i < n; i++) {
    x.re[i]! /= n;
    x.im[i]! /= n;
  }
}

function bitReversed({ re, im }: Complex): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j]!, re[i]!];
      [im[i], im[j]] = [im[j]!, im[i]!];
    }
  }
}

/** Cooley and Tukey 1965, the length a power of two. */
function butterflies(x: Complex, inverse: boolean): void {
  bitReversed(x);
  const { re, im } = x;
  for (let size = 2; size <= re.length; size *= 2) {
    const angle = ((inverse ? 2 : -2) * Math.PI) / size;
    for (let k = 0; k < size / 2; k++) {
      const [cos, sin] = [Math.cos(angle * k), Math.sin(angle * k)];
      for (let a = k; a < re.length; a += size) {
        const b = a + size / 2;
        const [real, imaginary] = [re[b]! * cos - im[b]! * sin, re[b]! * sin + im[b]! * cos];
        [re[b], im[b]] = [re[a]! - real, im[a]! - imaginary];
        [re[a], im[a]] = [re[a]! + real, im[a]! + imaginary];
      }
    }
  }
}

function sums({ re, im }: Complex, inverse: boolean): void {
  const n = re.length;
  if (n > mostSlowLength) {
    throw new DataError(`a transform of length ${n}; expected a power of two beyond ${mostSlowLength}.`);
  }
  const angle = ((inverse ? 2 : -2) * Math.PI) / n;
  const cos = Float64Array.from({ length: n }, (_, i) => Math.cos(angle * i));
  const sin = Float64Array.from({ length: n }, (_, i) => Math.sin(angle * i));
  const [real, imaginary] = [re.slice(), im.slice()];
  for (let k = 0; k < n; k++) {
    let [sumRe, sumIm] = [0, 0];
    for (let i = 0, at = 0; i < n; i++, at = (at + k) % n) {
      sumRe += real[i]! * cos[at]! - imaginary[i]! * sin[at]!;
      sumIm += real[i]! * sin[at]! + imaginary[i]! * cos[at]!;
    }
    re[k] = sumRe;
    im[k] = sumIm;
  }
}
