/** What ran where, printed at the end so that a kernel that silently takes nothing is seen. */
export class Tally {
  readonly #target: string;
  readonly #runs = new Map<string, number>();
  readonly #displaced = new Map<string, number>();
  readonly #withoutKernel = new Map<string, number>();
  readonly #refused: string[] = [];

  constructor(target: string) {
    this.#target = target;
  }

  /** `ran`: the kernels of the plan; the passes may have replaced the node by others. */
  byKernel(kernel: string, ran: readonly string[]): void {
    add(ran.includes(kernel) ? this.#runs : this.#displaced, kernel);
  }

  byReference(op: string, refusals: readonly string[]): void {
    if (refusals.length === 0) add(this.#withoutKernel, op);
    else this.#refused.push(...refusals);
  }

  toString(): string {
    const lines = [
      `${this.#target}: ${sum(this.#runs)} runs by ${this.#runs.size} kernels: ${list(this.#runs)}`,
      `${sum(this.#withoutKernel)} by reference, of ops without a kernel: ${list(this.#withoutKernel)}`,
    ];
    if (this.#displaced.size > 0) lines.push(`planned without the kernel: ${list(this.#displaced)}`);
    if (this.#refused.length > 0) lines.push(`refused:\n    ${[...new Set(this.#refused)].join("\n    ")}`);
    return lines.join("\n  ");
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([key, count]) => `${key} ${count}`).join(", ") || "none";
}
