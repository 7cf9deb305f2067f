import { type ColdStart, coldStart } from "../cold.ts";
import { type Compared, compare } from "../compare.ts";
import type { CoracleEngine, CoracleSession } from "../engines/coracle.ts";
import type { Engine } from "../engines/engine.ts";
import { textOf } from "../errors.ts";
import { bytesOfShapes } from "../flops.ts";
import { type PreparedModel, prepareModel } from "../models.ts";
import type { Progress } from "../progress.ts";
import { threadsText } from "../report/format.ts";
import type { ModelProfile, ModelRow } from "../report/report.ts";
import { quantile } from "../stats.ts";

export interface ModelsOptions {
  readonly names: readonly string[];
  readonly threads: readonly number[];
  readonly own: readonly CoracleEngine[];
  readonly peers: readonly Engine[];
  readonly rounds: number;
  readonly roundMs: number;
  /** Fresh processes for each engine, the median of which counts; 0: none. */
  readonly coldStarts: number;
  /** Called between models. */
  pause(): Promise<void>;
  /** Where models are written and converted. */
  readonly folder: string;
  readonly progress: Progress;
}

export interface ModelsResult {
  readonly rows: readonly ModelRow[];
  readonly profiles: readonly ModelProfile[];
  readonly leftOut: readonly string[];
}

const profileRuns = 9;

/** Progress that this suite makes in all. */
export function modelsSteps({
  names,
  threads,
  rounds,
}: Pick<ModelsOptions, "names" | "threads" | "rounds">): number {
  return names.length * threads.length * rounds;
}

export async function runModels(options: ModelsOptions): Promise<ModelsResult> {
  const rows: ModelRow[] = [];
  const profiles: ModelProfile[] = [];
  const leftOut = new Set<string>();
  const leaveOut = (reason: string): void => {
    if (!leftOut.has(reason)) options.progress.note(`left out: ${reason}`);
    leftOut.add(reason);
  };
  for (const name of options.names) {
    options.progress.show(`${name}: writing the model`);
    const model = await prepareModel(name, options.folder);
    const cold = await coldStarts(model, options, (reason) => leaveOut(`${name}: ${reason}`));
    await options.pause();
    for (const threads of options.threads) {
      const found = await measure(model, threads, options, cold);
      rows.push(...found.rows);
      profiles.push(found.profile);
      found.leftOut.forEach(leaveOut);
    }
  }
  return { rows, profiles, leftOut: [...leftOut] };
}

/** At the first thread count. A first process, whose files may not be cached yet, does not count. */
async function coldStarts(
  model: PreparedModel,
  { own, peers, threads, coldStarts: count, progress }: ModelsOptions,
  onLeftOut: (reason: string) => void,
): Promise<ReadonlyMap<string, ColdStart>> {
  const found = new Map<string, ColdStart>();
  if (count === 0) return found;
  for (const engine of [...own, ...peers]) {
    progress.show(`${model.name}: cold start of ${engine.name}`);
    try {
      await coldStart(engine, model, threads[0]!);
      const starts: ColdStart[] = [];
      for (let i = 0; i < count; i++) starts.push(await coldStart(engine, model, threads[0]!));
      const middle = (key: keyof ColdStart): number =>
        quantile(
          starts.map((start) => start[key]),
          0.5,
        );
      found.set(engine.name, {
        loadMs: middle("loadMs"),
        coldMs: middle("coldMs"),
        peakBytes: middle("peakBytes"),
      });
    } catch (error) {
      onLeftOut(textOf(error));
    }
  }
  return found;
}

interface Found {
  readonly rows: readonly ModelRow[];
  readonly profile: ModelProfile;
  readonly leftOut: readonly string[];
}

async function measure(
  model: PreparedModel,
  threads: number,
  options: ModelsOptions,
  cold: ReadonlyMap<string, ColdStart>,
): Promise<Found> {
  const { own, peers, rounds, roundMs, progress } = options;
  const leftOut: string[] = [];
  let rows: readonly ModelRow[] = [];
  let profile: ModelProfile | undefined;
  progress.show(`${model.name}, ${threadsText(threads)}`);
  const hooks = {
    onRound: () => progress.advance(),
    onLeftOut: (reason: string) => leftOut.push(`${model.name}: ${reason}`),
  };
  await compare(model, [...own, ...peers], { threads, rounds, roundMs, ...hooks }, async (compared) => {
    rows = compared.map((one) => ({
      ...rowOf(model, one, cold.get(one.engine.name)),
      threads,
      ...memoryOf(one, own),
    }));
    profile = await profileOf(model.name, threads, compared[0]!.session as CoracleSession);
  });
  return { rows, profile: profile!, leftOut };
}

function rowOf(
  model: PreparedModel,
  { engine, session, time, ratio, difference, rounds, foreignCores }: Compared,
  cold: ColdStart | undefined,
): Omit<ModelRow, "threads"> {
  return {
    model: model.name,
    engine: engine.name,
    version: session.version,
    time,
    gflopsPerSecond: model.flops / (time.medianMs * 1e6),
    ...{ ratio, difference, rounds, foreignCores },
    loadMs: cold?.loadMs ?? session.loadMs,
    ...(cold ? { coldMs: cold.coldMs, peakBytes: cold.peakBytes } : {}),
  };
}

function memoryOf({ engine, session }: Compared, own: readonly Engine[]): Partial<ModelRow> {
  if (!own.includes(engine)) return {};
  const { arenaBytes, packedBytes } = (session as CoracleSession).memory();
  return { arenaBytes, packedBytes };
}

async function profileOf(model: string, threads: number, session: CoracleSession): Promise<ModelProfile> {
  const { wallMs, layers } = await session.profile(profileRuns);
  return {
    ...{ model, threads, wallMs },
    layers: layers.map(({ node, op, kernel, shapes, ms, flops }) => ({
      ...{ node, op, kernel, shapes, ms },
      flops: flops ?? 0,
      bytes: bytesOfShapes(shapes),
    })),
  };
}
