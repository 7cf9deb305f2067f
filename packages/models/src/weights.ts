import type { Value } from "@coracle/core";
import type { ModelOptions } from "./layers.ts";
import { seededRandom } from "./random.ts";

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Where the numbers and names of a program's weights come from, in the order they are asked for. */
export class Weights {
  readonly #random: () => number;
  readonly #isRandom: boolean;
  readonly #counts = new Map<string, number>();
  #recorded: Value[] | undefined;
  #replayed: Iterator<Value> | undefined;

  constructor({ seed = 1, statistics = "initial" }: ModelOptions) {
    this.#random = seededRandom(seed);
    this.#isRandom = statistics === "random";
  }

  /** "conv2d_0", then "conv2d_1", and so on. */
  next(kind: string): string {
    const count = this.#counts.get(kind) ?? 0;
    this.#counts.set(kind, count + 1);
    return `${kind}_${count}`;
  }

  /** Uniform numbers of this standard deviation. */
  uniform(shape: readonly number[], deviation: number): Float32Array {
    const bound = Math.sqrt(3) * deviation;
    const data = new Float32Array(product(shape));
    for (let i = 0; i < data.length; i++) data[i] = (this.#random() * 2 - 1) * bound;
    return data;
  }

  /** `initial` (one for all, or each its own), or near it when the statistics are random. */
  near(length: number, initial: number | readonly number[]): Float32Array {
    const at = (i: number): number => (typeof initial === "number" ? initial : initial[i]!);
    const data = Float32Array.from({ length }, (_, i) => at(i));
    if (this.#isRandom) for (let i = 0; i < length; i++) data[i] = at(i) + (this.#random() - 0.5) / 5;
    return data;
  }

  /** A weight that `make` makes, unless it is one of the same again. */
  value(make: () => Value): Value {
    const again = this.#replayed?.next().value;
    if (again) return again;
    const made = make();
    this.#recorded?.push(made);
    return made;
  }

  /** What `make` gives of each x, by the same weights each time. */
  repeat<T, R>(xs: readonly T[], make: (x: T) => R): readonly R[] {
    const recorded: Value[] = [];
    return xs.map((x, i) => {
      if (i === 0) this.#recorded = recorded;
      else this.#replayed = recorded.values();
      const result = make(x);
      this.#recorded = undefined;
      this.#replayed = undefined;
      return result;
    });
  }
}
