import { SingleBar } from "cli-progress";
import { makeFeeds } from "../feeds.ts";
import { formatTable, print } from "../output.ts";
import { openPredictor } from "../predictor.ts";

export interface BenchOptions {
  readonly input: string[];
  readonly shape: string[];
  readonly seed: number;
  readonly threads: number[];
  readonly backends?: string[];
  readonly runs: number;
  readonly tune: boolean;
  readonly json: boolean;
}

interface BenchRow {
  readonly threads: number;
  readonly loadMs: number;
  readonly minMs: number;
  readonly medianMs: number;
  readonly p90Ms: number;
  readonly runs: number;
  readonly arenaBytes: number;
}

async function measure(model: string, threads: number, options: BenchOptions): Promise<BenchRow> {
  const { backends, tune } = options;
  const loadStart = performance.now();
  using predictor = await openPredictor(model, backends ? { threads, tune, backends } : { threads, tune });
  const loadMs = performance.now() - loadStart;
  const feeds = await makeFeeds(predictor.inputs, options);
  for (let i = 0; i < 3; i++) await predictor.run(feeds);
  const times = await timeRuns(options.runs, () => predictor.run(feeds));
  times.sort((a, b) => a - b);
  const at = (q: number): number => times[Math.min(times.length - 1, Math.floor(q * times.length))]!;
  const { arenaBytes } = predictor.memory;
  return { threads, loadMs, minMs: at(0), medianMs: at(0.5), p90Ms: at(0.9), runs: times.length, arenaBytes };
}

async function timeRuns(runs: number, run: () => Promise<unknown>): Promise<number[]> {
  const format = "{bar} {value}/{total} runs";
  const bar = new SingleBar({ stream: process.stderr, format, clearOnComplete: true });
  bar.start(runs, 0);
  const times: number[] = [];
  try {
    for (let i = 0; i < runs; i++) {
      const start = performance.now();
      await run();
      times.push(performance.now() - start);
      bar.increment();
    }
  } finally {
    bar.stop();
  }
  return times;
}

/** Time per inference, after warm-up, for each thread count. */
export async function bench(model: string, options: BenchOptions): Promise<void> {
  const rows: BenchRow[] = [];
  for (const threads of options.threads) rows.push(await measure(model, threads, options));
  const cells = rows.map((row) => [
    row.threads,
    ...[row.loadMs, row.minMs, row.medianMs, row.p90Ms].map((ms) => ms.toFixed(2)),
    row.runs,
    (row.arenaBytes / 2 ** 20).toFixed(2),
  ]);
  print(rows, options.json, () =>
    formatTable(["threads", "load ms", "min ms", "median ms", "p90 ms", "runs", "arena MiB"], cells),
  );
}
