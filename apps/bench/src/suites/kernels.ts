import { x86 } from "@coracle/backend-x86";
import { Predictor, type ProfileRow, type Program } from "@coracle/core";
import { randomFeeds } from "@coracle/models";
import { bytesOfShapes } from "../flops.ts";
import type { Progress } from "../progress.ts";
import { threadsText } from "../report/format.ts";
import type { KernelRow } from "../report/report.ts";
import { caseNode, type KernelCase, kernelCases } from "./kernel-cases.ts";

const roundMs = 8;
const rounds = 12;

export function kernelsSteps(threads: readonly number[]): number {
  return threads.length * kernelCases.length;
}

/** The fastest of rounds, each the mean of some milliseconds of runs, so that caches and clocks have settled. */
async function fastest(predictor: Predictor, program: Program): Promise<ProfileRow | undefined> {
  const feeds = randomFeeds(program);
  const rowOf = async (runs: number): Promise<ProfileRow | undefined> =>
    (await predictor.profile(feeds, { runs })).rows.find(({ node }) => node === caseNode);
  let best = await rowOf(1);
  for (let round = 0; best && round < rounds; round++) {
    const row = await rowOf(Math.max(1, Math.min(2000, Math.round(roundMs / best.ms))));
    if (row && row.ms < best.ms) best = row;
  }
  return best;
}

/** Undefined when the node went into a neighbour. */
async function measure({ family, name, build }: KernelCase, threads: number): Promise<KernelRow | undefined> {
  const program = build();
  using predictor = await Predictor.create(program, {
    backends: [x86],
    threads,
    fallback: false,
  });
  const row = await fastest(predictor, program);
  if (!row) return undefined;
  const { kernel, ms, flops = 0, shapes } = row;
  return { family, name, kernel, threads, ms, flops, bytes: bytesOfShapes(shapes) };
}

export interface KernelsOptions {
  readonly threads: readonly number[];
  readonly progress: Progress;
  /** Called between families. */
  pause(): Promise<void>;
}

export interface KernelsResult {
  readonly rows: readonly KernelRow[];
  readonly leftOut: readonly string[];
}

export async function runKernels({ threads, progress, pause }: KernelsOptions): Promise<KernelsResult> {
  const rows: KernelRow[] = [];
  const leftOut: string[] = [];
  let family = "";
  for (const count of threads) {
    for (const one of kernelCases) {
      if (one.family !== family) await pause();
      family = one.family;
      progress.show(`${one.family}: ${one.name}, ${threadsText(count)}`);
      const row = await measure(one, count);
      if (row) rows.push(row);
      else leftOut.push(`${one.family}: ${one.name}: its node went into a neighbour`);
      progress.advance();
    }
  }
  return { rows, leftOut: [...new Set(leftOut)] };
}
