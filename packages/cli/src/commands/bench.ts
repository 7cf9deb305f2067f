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

async function measure(
  model: string,
  threads: number,
  options: BenchOptions,
  onRun: () => void,
): Promise<BenchRow> {
  const loadStart = performance.now();
  using predictor = await openPredictor(
    model,
    options.backends ? { threads, backends: options.backends } : { threads },
  );
  const loadMs = performance.now() - loadStart;
  const feeds = await makeFeeds(predictor.inputs, options);
  for (let i = 0; i < 3; i++) await predictor.run(feeds);
  const times: number[] = [];
  for (let i = 0; i < options.runs; i++) {
    const start = performance.now();
    await predictor.run(feeds);
    times.push(performance.now() - start);
    onRun();
  }
  times.sort((a, b) => a - b);
  const at = (q: number): number => times[Math.min(times.length - 1, Math.floor(q * times.length))]!;
  const { arenaBytes } = predictor.memory;
  return { threads, loadMs, minMs: at(0), medianMs: at(0.5), p90Ms: at(0.9), runs: times.length, arenaBytes };
}

/** Time per inference, after warm-up, for each thread count. */
export async function bench(model: string, options: BenchOptions): Promise<void> {
  const bar = new SingleBar({
    stream: process.stderr,
    format: "{bar} {value}/{total} runs",
    clearOnComplete: true,
  });
  bar.start(options.threads.length * options.runs, 0);
  const rows: BenchRow[] = [];
  try {
    for (const threads of options.threads)
      rows.push(await measure(model, threads, options, () => bar.increment()));
  } finally {
    bar.stop();
  }
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
