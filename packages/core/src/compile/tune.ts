/**
 * Settles by the clock what estimates leave open: which of a node's kernels is the fastest on this device.
 * Knows devices by their contract only; where times are kept between processes is the caller's.
 */
import type { Target } from "../backend/backend.ts";
import type { Device } from "../backend/device.ts";
import { bug } from "../errors.ts";
import type { Node } from "../ir/program.ts";
import type { Scored } from "./layouts.ts";
import { keepPacked, packedOf } from "./packed.ts";
import { isFree } from "./tune-data.ts";
import { alone, tuningKey } from "./tune-key.ts";
import { type Contender, Stopwatch } from "./tune-measure.ts";

/** Nanoseconds by key. A key says all that a time depends on: device, kernels, op, attributes, types and threads. */
export interface TuningCache {
  get(key: string): number | undefined;
  set(key: string, ns: number): void;
  /** Called after each plan that may have set some. */
  save?(): void;
}

export interface TuningProgress {
  /** The node about to be measured. */
  readonly node: string;
  /** Nodes of the plan that are settled. */
  readonly done: number;
  readonly total: number;
}

export interface Tuning {
  /** "cached" takes known times only, "measure" also takes new ones. */
  readonly mode: "cached" | "measure";
  readonly cache: TuningCache;
  /** Measuring time of one plan; what is left then goes by estimates. Default 2000. */
  readonly budgetMs?: number;
  readonly onProgress?: (progress: TuningProgress) => void;
}

const defaultBudgetMs = 2000;
const mostContenders = 3;
/** Estimates further apart than this are taken for true. */
const closeRatio = 2;
/** Nodes faster than this are not worth a measurement. */
const leastNs = 3_000;
/** The favourite of the estimates stays unless another is this much faster: less is noise. */
const leastGain = 0.03;
/** A measurement takes this many runs of each contender at least. */
const fewestRuns = 4;

/** Ranks the kernels of one plan's nodes. */
export class Tuner {
  readonly #tuning: Tuning;
  readonly #devices: ReadonlyMap<Target, Device>;
  readonly #numNodes: number;
  readonly #stopwatch = new Stopwatch();
  #leftMs: number;
  #done = 0;

  constructor(tuning: Tuning, devices: ReadonlyMap<Target, Device>, numNodes: number) {
    this.#tuning = tuning;
    this.#devices = devices;
    this.#numNodes = numNodes;
    this.#leftMs = tuning.budgetMs ?? defaultBudgetMs;
  }

  /** The same ways to run a node, cheapest first: by measured times where the estimates are close, and known. */
  rank(node: Node, scored: readonly Scored[]): readonly Scored[] {
    const done = this.#done++;
    const close = closest(node, scored);
    if (close.length < 2) return scored;
    const contenders = close.map((one): Contender => {
      const device = this.#devices.get(one.candidate.target) ?? bug(`no device for ${one.candidate.target}`);
      return { device, placed: alone(node, one) };
    });
    if (contenders.some(({ placed }) => placed.isView)) return scored;
    const keys = contenders.map(({ device, placed }) => tuningKey(device, placed));
    const known = keys.map((key) => this.#tuning.cache.get(key));
    const times = known.every((ns) => ns !== undefined) ? known : this.#measure(close, contenders, done);
    if (!times) return scored;
    times.forEach((ns, i) => {
      if (ns !== known[i]) this.#tuning.cache.set(keys[i]!, ns);
    });
    const ranked = close.map((one, i) => withTime(one, times[i]! * contenders[i]!.device.threads));
    const favourite = ranked[0]!;
    const handicapped = (one: Scored): number => one.totalNs * (one === favourite ? 1 - leastGain : 1);
    ranked.sort((a, b) => handicapped(a) - handicapped(b));
    return [...ranked, ...scored.filter((one) => !close.includes(one))];
  }

  /** After the last node. */
  finish(): void {
    this.#tuning.cache.save?.();
  }

  #measure(
    close: readonly Scored[],
    contenders: readonly Contender[],
    done: number,
  ): readonly number[] | undefined {
    const leastMs = close.reduce((ms, { candidate }) => ms + (fewestRuns * candidate.costNs) / 1e6, 0);
    if (this.#tuning.mode === "cached" || leastMs > this.#leftMs) return undefined;
    const { node } = contenders[0]!.placed;
    this.#tuning.onProgress?.({ node: node.name, done, total: this.#numNodes });
    const start = performance.now();
    const times = withoutLosers(contenders, () => this.#stopwatch.measure(contenders));
    this.#leftMs -= performance.now() - start;
    return times;
  }
}

/** The best choice of each kernel, as far as it is within reach of the best of all; too few mean nothing to settle. */
function closest(node: Node, scored: readonly Scored[]): readonly Scored[] {
  const best = scored[0]!;
  if (best.candidate.costNs < leastNs) return [];
  if (!node.inputs.every(({ type, data }) => data || isFree(type.dtype))) return [];
  const kernels = new Set<unknown>();
  const close = scored.filter(({ candidate, totalNs }) => {
    if (kernels.has(candidate.kernel) || !(totalNs <= best.totalNs * closeRatio)) return false;
    kernels.add(candidate.kernel);
    return true;
  });
  return close.slice(0, mostContenders);
}

/** Estimates are those of one thread, and so a measured time counts for every thread that it kept busy. */
function withTime({ candidate, choice, totalNs }: Scored, costNs: number): Scored {
  return {
    candidate: { ...candidate, costNs },
    choice,
    totalNs: totalNs - candidate.costNs + costNs,
    isMeasured: true,
  };
}

/** Measures; weights packed on the way stay only in the form that the fastest reads. */
function withoutLosers(
  contenders: readonly Contender[],
  measure: () => { readonly times: readonly number[]; readonly packed: readonly (readonly Uint8Array[])[] },
): readonly number[] {
  const sources = contenders[0]!.placed.node.inputs.flatMap(({ data }) => data ?? []);
  const devices = new Set(contenders.map(({ device }) => device));
  const before = [...devices].flatMap((device) => packedOf(device, sources));
  const { times, packed } = measure();
  const fastest = times.indexOf(Math.min(...times));
  const kept = new Set([...before, ...packed[fastest]!]);
  for (const device of devices) keepPacked(device, sources, kept);
  return times;
}
