import type { Arrays, Engine, Session } from "./engines.ts";
import type { BenchModel } from "./models.ts";
import { relativeError, type Summary, summarize } from "./stats.ts";

export interface Measurement {
  readonly model: string;
  readonly engine: string;
  readonly threads: number;
  readonly loadMs: number;
  readonly time: Summary;
  /** Median over the first engine's median. */
  readonly ratio: number;
  /** Largest relative difference to the first engine's outputs, in the order they stand. */
  readonly error: number;
}

export interface CompareOptions {
  readonly threads: number;
  /** Every engine runs for this long in each round. */
  readonly roundMs: number;
  readonly rounds: number;
  onRound?(): void;
}

interface Contender {
  readonly engine: Engine;
  readonly session: Session;
  readonly loadMs: number;
  readonly first: Arrays;
  readonly times: number[];
}

async function open(engine: Engine, model: BenchModel, threads: number): Promise<Contender> {
  const start = performance.now();
  const session = await engine.open(model.onnx, model.feeds, threads);
  const loadMs = performance.now() - start;
  const first = await session.run();
  for (let i = 0; i < 3; i++) await session.run();
  return { engine, session, loadMs, first, times: [] };
}

/** Runs the engines in alternation (A B A B ...), so that slow phases of the machine hit all alike. */
export async function compare(
  name: string,
  model: BenchModel,
  engines: readonly Engine[],
  options: CompareOptions,
): Promise<Measurement[]> {
  const contenders: Contender[] = [];
  for (const engine of engines) contenders.push(await open(engine, model, options.threads));
  for (let round = 0; round < options.rounds; round++) {
    for (const { session, times } of contenders) {
      await session.run();
      const end = performance.now() + options.roundMs;
      do {
        const start = performance.now();
        await session.run();
        times.push(performance.now() - start);
      } while (performance.now() < end);
    }
    options.onRound?.();
  }
  const baseline = contenders[0]!;
  const baselineMs = summarize(baseline.times).medianMs;
  const results = contenders.map(({ engine, loadMs, first, times }) => {
    const time = summarize(times);
    const error = outputError(first, baseline.first);
    return {
      model: name,
      engine: engine.name,
      threads: options.threads,
      loadMs,
      time,
      ratio: time.medianMs / baselineMs,
      error,
    };
  });
  for (const { session } of contenders) await session.dispose();
  return results;
}

function outputError(actual: Arrays, expected: Arrays): number {
  const pairs = Object.values(expected).map((output, i) => [Object.values(actual)[i], output] as const);
  return Math.max(...pairs.map(([a, b]) => (a ? relativeError(a.data, b!.data) : Number.POSITIVE_INFINITY)));
}
