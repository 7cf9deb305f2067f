const nodesPool = 4;

/** Asynchronous calls that may be under way: Node's pool less one thread, so that files and names are still read. */
function limit(): number {
  const size = Number(process.env["UV_THREADPOOL_SIZE"] ?? nodesPool);
  return Math.min(200, Math.max(1, (Number.isInteger(size) && size > 0 ? size : nodesPool) - 1));
}

/** Lets a bounded number of calls in; the others wait in the order of their coming. */
export class Admission {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(most: number = limit()) {
    this.#limit = most;
  }

  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.#limit) await new Promise<void>((enter) => this.#waiting.push(enter));
    else this.#inside++;
    try {
      return await call();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inside--;
    }
  }
}
