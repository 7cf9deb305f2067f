import { SingleBar } from "cli-progress";

/** How far the bench is, on the standard error: a bar for people, a line for each new thing elsewhere. */
export class Progress {
  readonly #bar: SingleBar | undefined;
  #now = "";

  constructor(total: number) {
    if (!process.stderr.isTTY) return;
    this.#bar = new SingleBar({
      format: "{bar} {percentage}%  {eta_formatted} left  {now}",
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
    });
    this.#bar.start(total, 0, { now: "" });
  }

  /** What is measured now. */
  show(now: string): void {
    if (this.#bar) this.#bar.update({ now });
    else if (now !== this.#now) console.error(now);
    this.#now = now;
  }

  /** A line that stays. */
  note(text: string): void {
    if (this.#bar) process.stderr.write("\r\u001b[K");
    console.error(text);
  }

  advance(steps = 1): void {
    this.#bar?.increment(steps);
  }

  stop(): void {
    this.#bar?.stop();
  }
}
