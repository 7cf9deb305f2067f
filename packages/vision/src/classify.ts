export interface Ranked {
  readonly index: number;
  readonly score: number;
}

/** exp(x - max) / sum. */
export function softmax(logits: ArrayLike<number>): Float32Array {
  const out = Float32Array.from(logits);
  const max = out.reduce((a, b) => Math.max(a, b), -Infinity);
  let sum = 0;
  for (let i = 0; i < out.length; i++) sum += out[i] = Math.exp(out[i]! - max);
  for (let i = 0; i < out.length; i++) out[i]! /= sum;
  return out;
}

/** The k largest, best first; equal scores keep their order. */
export function topK(scores: ArrayLike<number>, k: number): Ranked[] {
  return Array.from(scores, (score, index) => ({ index, score }))
    .sort((a, b) => b.score - a.score)
    .slice(0, k);
}
