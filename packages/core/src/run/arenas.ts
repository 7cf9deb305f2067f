import type { Device } from "../backend/device.ts";
import { reserve } from "./memory.ts";

/** Spare arenas beyond this are left to the garbage collector. */
const mostSpare = 2;

/** Working memory of runs: one for each run under way, kept for the next. */
export class ArenaPool {
  readonly #device: Device;
  #spare: Uint8Array[] = [];
  #takenBytes = 0;

  constructor(device: Device) {
    this.#device = device;
  }

  /** At least this many bytes. */
  take(bytes: number): Uint8Array {
    const fitting = this.#spare.findIndex((arena) => arena.byteLength >= bytes);
    const found = fitting >= 0 ? this.#spare.splice(fitting, 1)[0] : undefined;
    if (!found) this.#spare.shift();
    const arena = found ?? reserve("working memory", bytes, () => this.#device.allocate(bytes));
    this.#takenBytes += arena.byteLength;
    return arena;
  }

  give(arena: Uint8Array): void {
    this.#takenBytes -= arena.byteLength;
    if (this.#spare.length >= mostSpare) return;
    this.#spare.push(arena);
    this.#spare.sort((a, b) => a.byteLength - b.byteLength);
  }

  get bytes(): number {
    return this.#spare.reduce((sum, arena) => sum + arena.byteLength, this.#takenBytes);
  }

  clear(): void {
    this.#spare = [];
  }
}
