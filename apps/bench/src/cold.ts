import type { Engine, ModelFile } from "./engines/engine.ts";
import { Worker } from "./engines/worker.ts";

export interface ColdStart {
  readonly loadMs: number;
  readonly coldMs: number;
  readonly peakBytes: number;
}

/** Starts a fresh process that loads the model and runs it once. Throws PeerError. */
export async function coldStart(engine: Engine, model: ModelFile, threads: number): Promise<ColdStart> {
  const start = performance.now();
  const worker = new Worker(engine.name, engine.worker);
  try {
    const { cache, inputs, outputs, path } = model;
    const { loadMs } = await worker.ask("open", { model: path, cache, threads, inputs, outputs });
    await worker.ask("run", { ms: 0 });
    const coldMs = performance.now() - start;
    const { peakBytes } = await worker.ask("memory", {});
    return { loadMs, coldMs, peakBytes };
  } finally {
    worker.kill();
  }
}
