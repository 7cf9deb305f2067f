/** Names given out so far; each is given once. */
export class Names {
  readonly #used = new Set<string>();
  readonly #next = new Map<string, number>();

  reserve(name: string): void {
    this.#used.add(name);
  }

  /** The wanted name, or with a number appended when it is taken. */
  claim(wanted: string): string {
    let name = wanted;
    for (let i = this.#next.get(wanted) ?? 1; this.#used.has(name); i++) {
      name = `${wanted}_${i}`;
      this.#next.set(wanted, i + 1);
    }
    this.#used.add(name);
    return name;
  }
}
