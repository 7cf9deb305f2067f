/** Unique names: the wanted one, or with a number appended when it is taken. */
export class Names {
  readonly #used = new Set<string>();
  readonly #next = new Map<string, number>();

  claim(wanted: string): string {
    let name = wanted;
    for (let i = this.#next.get(wanted) ?? 1; this.#used.has(name); i++) {
      name = `${wanted}_${i}`;
      this.#next.set(wanted, i + 1);
    }
    this.#used.add(name);
    return name;
  }

  release(name: string): void {
    this.#used.delete(name);
  }

  has(name: string): boolean {
    return this.#used.has(name);
  }
}
