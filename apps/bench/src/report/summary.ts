import { geometricMean } from "../stats.ts";
import { threadsText } from "./format.ts";
import { type ModelRow, ownEngine, type Report } from "./report.ts";

/** One model at one thread count, with ours first and the peers by time. */
export interface Contest {
  readonly model: string;
  readonly threads: number;
  readonly own: ModelRow;
  readonly peers: readonly ModelRow[];
  readonly best: ModelRow | undefined;
}

/** Our time over another's: below 1, ours is faster. */
export interface Standing {
  readonly against: string;
  readonly threads: number;
  readonly geometricMean: number;
  readonly worst: number;
  readonly worstModel: string;
  readonly models: number;
}

const isOwn = ({ engine }: ModelRow): boolean => engine.startsWith(ownEngine);

export function contests({ models }: Pick<Report, "models">): readonly Contest[] {
  const groups = groupBy(models);
  return [...groups.values()].flatMap((rows) => {
    const own = rows.find(({ engine }) => engine === ownEngine);
    if (!own) return [];
    const peers = rows.filter((row) => !isOwn(row)).sort((a, b) => a.ratio - b.ratio);
    return [{ model: own.model, threads: own.threads, own, peers, best: peers[0] }];
  });
}

const keyOf = ({ model, threads }: ModelRow): string => `${model} ${threads}`;

function groupBy(rows: readonly ModelRow[]): Map<string, ModelRow[]> {
  const groups = new Map<string, ModelRow[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return groups;
}

function standing(against: string, threads: number, pairs: readonly (readonly [string, number])[]): Standing {
  const worst = pairs.reduce((a, b) => (b[1] > a[1] ? b : a));
  return {
    ...{ against, threads },
    geometricMean: geometricMean(pairs.map(([, ratio]) => ratio)),
    worst: worst[1],
    worstModel: worst[0],
    models: pairs.length,
  };
}

/** Against the best peer of each model, then against each peer, for every thread count. */
export function standings(report: Pick<Report, "models">): readonly Standing[] {
  const all = contests(report);
  const found: Standing[] = [];
  for (const threads of new Set(all.map((contest) => contest.threads))) {
    const here = all.filter((contest) => contest.threads === threads);
    const best = here.flatMap(({ model, best }) => (best ? [[model, 1 / best.ratio] as const] : []));
    if (best.length > 0) found.push(standing("the best peer", threads, best));
    for (const engine of new Set(here.flatMap(({ peers }) => peers.map((peer) => peer.engine)))) {
      const pairs = here.flatMap(({ model, peers }) =>
        peers.filter((peer) => peer.engine === engine).map(({ ratio }) => [model, 1 / ratio] as const),
      );
      found.push(standing(engine, threads, pairs));
    }
  }
  return found;
}

/** Cores that other processes may keep busy before a row counts as disturbed. */
export const foreignLimit = 0.15;

/** Comparisons during which other processes took more than that. */
export function disturbed({ models }: Pick<Report, "models">): readonly string[] {
  const busy = models.filter(({ foreignCores }) => (foreignCores ?? 0) > foreignLimit);
  return [...new Set(busy.map(({ model, threads }) => `${model}, ${threadsText(threads)}`))];
}

export interface Scaling {
  readonly model: string;
  readonly threads: number;
  readonly speedup: number;
}

/** Our speed on several threads over one thread's. */
export function scalings({ models }: Pick<Report, "models">): readonly Scaling[] {
  const own = models.filter(({ engine }) => engine === ownEngine);
  return own.flatMap(({ model, threads, time }) => {
    const single = own.find((row) => row.model === model && row.threads === 1);
    return single && threads > 1 ? [{ model, threads, speedup: single.time.medianMs / time.medianMs }] : [];
  });
}
