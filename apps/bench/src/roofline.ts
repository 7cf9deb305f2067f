import type { Bandwidth, Limits, Machine } from "./report/report.ts";

export interface Work {
  readonly flops: number;
  readonly bytes: number;
}

export interface Limit {
  readonly bound: "FMA" | Bandwidth["level"];
  /** The least time that the machine could take with the direct algorithm. */
  readonly ns: number;
}

/** The smallest memory that takes this thread's part; DRAM when none does. */
export function memoryOf(bytes: number, { threads, bandwidths }: Limits): Bandwidth | undefined {
  return bandwidths.find((memory) => bytes / threads <= memory.bytes) ?? bandwidths.at(-1);
}

/** The longer of arithmetic at the FMA peak and of one pass over the data, from the memory that it fits. */
export function limitOf({ flops, bytes }: Work, limits: Limits): Limit {
  const arithmeticNs = flops / limits.gflopsPerSecond;
  const memory = memoryOf(bytes, limits);
  const memoryNs = memory ? bytes / memory.gigabytesPerSecond : 0;
  return memory && memoryNs > arithmeticNs
    ? { bound: memory.level, ns: memoryNs }
    : { bound: "FMA", ns: arithmeticNs };
}

/** Throws when the machine was not measured with that many threads. */
export function limitsFor({ limits }: Machine, threads: number): Limits {
  const found = limits.find((limit) => limit.threads === threads);
  if (!found) throw new RangeError(`no limits were measured with ${threads} threads`);
  return found;
}

export function percentOfPeak(gflopsPerSecond: number, machine: Machine, threads: number): number {
  return (100 * gflopsPerSecond) / limitsFor(machine, threads).gflopsPerSecond;
}
