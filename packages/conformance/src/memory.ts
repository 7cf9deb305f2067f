/** What a process holds once garbage is gone: for tests that make and dispose a thousand times. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export interface Memory {
  readonly resident: number;
  /** What JavaScript can still reach, typed arrays included. */
  readonly live: number;
}

/** Collects garbage at once. */
export function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

/** Array buffers are freed by finalizers, which need a turn of the event loop between two collections. */
export async function settledMemory(collect: () => void): Promise<Memory> {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { resident: rss, live: heapUsed + arrayBuffers };
}

export function mebibytes(bytes: number): string {
  return `${bytes < 0 ? "" : "+"}${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
