import type { Arrays, Engine, ModelFile, NamedArray, Session } from "./engines/engine.ts";
import { textOf } from "./errors.ts";
import { foreignLimit } from "./report/summary.ts";
import { pairedRatio, relativeError, type Summary, summarize } from "./stats.ts";
import { watchForeignLoad } from "./system.ts";

/** One engine of a comparison. The first engine is the one that the others are compared with. */
export interface Compared {
  readonly engine: Engine;
  readonly session: Session;
  readonly time: Summary;
  /** Its time over the first engine's, by rounds. */
  readonly ratio: number;
  /** Largest relative difference to the first engine's outputs, in the order they stand. */
  readonly difference: number;
  /** Alternations that count. */
  readonly rounds: number;
  /** Cores that other processes kept busy in these. */
  readonly foreignCores: number | null;
}

export interface CompareOptions {
  readonly threads: number;
  /** Alternations wanted; up to as many again replace those that other processes disturb. */
  readonly rounds: number;
  /** Every engine runs for this long in each round. */
  readonly roundMs: number;
  onRound(): void;
  /** Why an engine takes no part. */
  onLeftOut(reason: string): void;
}

interface Contender {
  readonly engine: Engine;
  readonly session: Session;
  readonly rounds: (readonly number[])[];
}

/** An engine further from the first one computes something else, and its time says nothing. */
const mostDifference = 0.01;

const warmUpMs = 200;
/** Threads of engines that spin after a run have parked by then. */
const settleMs = 30;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function openAll(
  engines: readonly Engine[],
  model: ModelFile,
  { threads, onLeftOut }: CompareOptions,
): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const engine of engines) {
    try {
      const session = await engine.open(model, threads);
      await session.run(warmUpMs);
      contenders.push({ engine, session, rounds: [] });
    } catch (error) {
      if (engine === engines[0]) throw error;
      onLeftOut(textOf(error));
    }
  }
  return contenders;
}

/** The first run of a turn brings the engine's data back into the caches and does not count. */
async function takeTurns(contenders: readonly Contender[], roundMs: number): Promise<number> {
  const childSeconds = (): number => contenders.reduce((sum, { session }) => sum + session.childSeconds(), 0);
  const foreignCores = watchForeignLoad(childSeconds);
  for (const { session, rounds } of contenders) {
    await pause(settleMs);
    await session.run(0);
    rounds.push(await session.run(roundMs));
  }
  return foreignCores();
}

/** Foreign load of every round; disturbed ones are replaced while that can help. */
async function takeRounds(contenders: readonly Contender[], options: CompareOptions): Promise<number[]> {
  const loads: number[] = [];
  const enough = (): boolean =>
    loads.length >= 2 * options.rounds ||
    loads.filter((load) => !(load > foreignLimit)).length >= options.rounds ||
    (loads.length >= options.rounds && loads.every((load) => load > foreignLimit));
  while (!enough()) {
    loads.push(await takeTurns(contenders, options.roundMs));
    if (loads.length <= options.rounds) options.onRound();
  }
  return loads;
}

/** The undisturbed rounds, or all when they are fewer than half of those wanted. */
function countedRounds(loads: readonly number[], wanted: number): readonly number[] {
  const all = loads.map((_, i) => i);
  const quiet = all.filter((i) => !(loads[i]! > foreignLimit));
  return quiet.length * 2 >= wanted ? quiet : all;
}

/**
 * Runs the engines in alternation (A B A B ...), so that slow phases of the machine hit all alike, then gives `use`
 * what was found while the sessions are open. An engine that cannot take part is left out, but for the first.
 */
export async function compare(
  model: ModelFile,
  engines: readonly Engine[],
  options: CompareOptions,
  use: (compared: readonly Compared[]) => Promise<void>,
): Promise<void> {
  const contenders = await openAll(engines, model, options);
  try {
    const loads = await takeRounds(contenders, options);
    const counted = countedRounds(loads, options.rounds);
    const load = counted.reduce((sum, i) => sum + loads[i]!, 0) / counted.length;
    const baseline = contenders[0]!;
    const expected = await baseline.session.outputs();
    const pick = ({ rounds }: Contender): (readonly number[])[] => counted.map((i) => rounds[i]!);
    const compared: Compared[] = [];
    for (const contender of contenders) {
      const { engine, session } = contender;
      const difference = outputDifference(await session.outputs(), expected);
      if (!(difference <= mostDifference)) {
        options.onLeftOut(`${engine.name}: its outputs differ by ${difference} of the largest magnitude`);
        continue;
      }
      compared.push({
        ...{ engine, session, difference },
        time: summarize(pick(contender).flat()),
        ratio: pairedRatio(pick(contender), pick(baseline)),
        rounds: counted.length,
        foreignCores: Number.isNaN(load) ? null : load,
      });
    }
    await use(compared);
  } finally {
    for (const { session } of contenders) await session.dispose();
  }
}

const numbers = ({ dtype, data }: NamedArray): ArrayLike<number> =>
  dtype === "f32" ? data : Array.from(data, Number);

function outputDifference(actual: Arrays, wanted: Arrays): number {
  const got = Object.values(actual);
  return Math.max(
    ...Object.values(wanted).map((expected, i) =>
      got[i] ? relativeError(numbers(got[i]), numbers(expected)) : Number.POSITIVE_INFINITY,
    ),
  );
}
