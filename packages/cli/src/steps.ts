import { SingleBar } from "cli-progress";

/** A bar on stderr over a few named steps, for work that may take seconds; silent where nobody looks. */
export class Steps {
  readonly #names: readonly string[];
  readonly #bar: SingleBar | undefined;

  constructor(names: readonly string[], isShown: boolean) {
    this.#names = names;
    const format = "{step} {bar} {value}/{total}";
    const options = { stream: process.stderr, format, clearOnComplete: true, forceRedraw: true };
    this.#bar = isShown && process.stderr.isTTY ? new SingleBar(options) : undefined;
    this.#bar?.start(names.length, 0, { step: names[0] });
  }

  async run<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    this.#bar?.update(this.#names.indexOf(name), { step: name.padEnd(8) });
    return work();
  }

  stop(): void {
    this.#bar?.stop();
  }
}
