/**
 * What a bench found, as data: the table, the page and the JSON file are made of this and of nothing else.
 */
import type { Summary } from "../stats.ts";

/** Read bandwidth of one level of the memory, from `bytes` for each thread. */
export interface Bandwidth {
  readonly level: "L1" | "L2" | "L3" | "DRAM";
  readonly bytes: number;
  readonly gigabytesPerSecond: number;
}

/** What the machine can do at most, measured by kernels that do nothing else. */
export interface Limits {
  readonly threads: number;
  readonly gflopsPerSecond: number;
  readonly bandwidths: readonly Bandwidth[];
}

export interface Machine {
  readonly processor: string;
  readonly level: string;
  readonly processors: number;
  readonly memoryBytes: number;
  readonly node: string;
  readonly limits: readonly Limits[];
}

/** One engine on one model. */
export interface ModelRow {
  readonly model: string;
  readonly engine: string;
  readonly version: string;
  readonly threads: number;
  /** Alternations: in each, every engine ran once in turn. */
  readonly rounds: number;
  readonly time: Summary;
  /** Two for each multiply-add of the direct algorithms. */
  readonly gflopsPerSecond: number;
  /** This engine's time over our own, by rounds: above 1, ours is faster. */
  readonly ratio: number;
  /** Largest difference to our own outputs over their largest magnitude. */
  readonly difference: number;
  readonly loadMs: number;
  /** From the start of a fresh process to its first result. */
  readonly coldMs?: number;
  /** Of that process, with one run done. */
  readonly peakBytes?: number;
  readonly arenaBytes?: number;
  readonly packedBytes?: number;
  /** Cores that other processes kept busy meanwhile; null where the system does not tell. */
  readonly foreignCores: number | null;
}

/** One node of a model, in the order of execution. */
export interface Layer {
  readonly node: string;
  readonly op: string;
  readonly kernel: string;
  readonly shapes: string;
  readonly ms: number;
  readonly flops: number;
  /** Inputs, weights and outputs, each once. */
  readonly bytes: number;
}

export interface ModelProfile {
  readonly model: string;
  readonly threads: number;
  readonly wallMs: number;
  readonly layers: readonly Layer[];
}

export interface KernelRow {
  readonly family: string;
  readonly name: string;
  readonly kernel: string;
  readonly threads: number;
  readonly ms: number;
  readonly flops: number;
  readonly bytes: number;
}

export interface FfiRow {
  readonly name: string;
  readonly threads: number;
  readonly microseconds: number;
  readonly p90Microseconds: number;
}

export interface Report {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  /** What could not be measured, and why. */
  readonly leftOut: readonly string[];
  readonly models: readonly ModelRow[];
  readonly profiles: readonly ModelProfile[];
  readonly kernels: readonly KernelRow[];
  readonly ffi: readonly FfiRow[];
}

export const ownEngine = "coracle";
