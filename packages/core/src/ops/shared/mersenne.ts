const size = 624;
const middle = 397;

/** The first state word mixed on (Knuth's multiplier, Matsumoto and Nishimura 2002). */
function seeded(seed: number): Uint32Array {
  const state = new Uint32Array(size);
  state[0] = seed;
  for (let i = 1; i < size; i++) {
    const previous = state[i - 1]! ^ (state[i - 1]! >>> 30);
    state[i] = Math.imul(1812433253, previous) + i;
  }
  return state;
}

function refill(state: Uint32Array): void {
  for (let i = 0; i < size; i++) {
    const joined = (state[i]! & 0x80000000) | (state[(i + 1) % size]! & 0x7fffffff);
    state[i] = state[(i + middle) % size]! ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
  }
}

function tempered(word: number): number {
  let y = word ^ (word >>> 11);
  y ^= (y << 7) & 0x9d2c5680;
  y ^= (y << 15) & 0xefc60000;
  return (y ^ (y >>> 18)) >>> 0;
}

/**
 * Numbers in [0, 1) of 53 random bits from a 32-bit seed: MT19937 (Matsumoto and Nishimura 1998), the stream that
 * NumPy's RandomState and with it the ONNX reference gives for the same seed.
 */
export function mersenneTwister(seed: number): () => number {
  const state = seeded(seed);
  let at = size;
  const word = (): number => {
    if (at === size) {
      refill(state);
      at = 0;
    }
    return tempered(state[at++]!);
  };
  return () => {
    const high = word() >>> 5;
    return (high * 67108864 + (word() >>> 6)) / 9007199254740992;
  };
}

/** Normally distributed, by pairs (Marsaglia's polar method), in the order of the same reference. */
export function gaussian(next: () => number): () => number {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const [a, b] = [2 * next() - 1, 2 * next() - 1];
      const square = a * a + b * b;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      spare = factor * a;
      return factor * b;
    }
  };
}
