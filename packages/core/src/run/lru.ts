/** The most recently used of what was made, by key. */
export class Lru<T> {
  readonly #most: number;
  readonly #entries = new Map<string, T>();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, make: () => T): T {
    const value = this.#entries.get(key) ?? make();
    this.#entries.delete(key);
    this.#entries.set(key, value);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#most) this.#entries.delete(oldest!);
    return value;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** The least recently used first. */
  get values(): readonly T[] {
    return [...this.#entries.values()];
  }

  get latest(): T | undefined {
    return this.values.at(-1);
  }

  clear(): void {
    this.#entries.clear();
  }
}
