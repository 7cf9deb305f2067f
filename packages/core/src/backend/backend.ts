/**
 * What a backend is: the contract between the planner and the packages that know a machine.
 * Interfaces only; nothing here knows which machines exist.
 */
import type { Op } from "../ir/op.ts";
import type { Device } from "./device.ts";
import type { Kernel } from "./kernel.ts";

/** Where nodes may run: "x86", "arm", "cuda", "opencl", "npu", "reference"; open for backends yet unknown. */
export type Target = string;

export interface OpenOptions {
  /** Compute threads, the calling one included. Default: the processors this process may use. */
  readonly threads?: number;
}

export interface Probe {
  readonly available: boolean;
  /** For people: the device found, or why there is none and what to do. */
  readonly description: string;
}

export interface Backend {
  readonly target: Target;
  /** Higher is preferred when a caller names no backends. The reference backend has 0. */
  readonly preference: number;
  readonly kernels: readonly Kernel[];
  /** Kernels made on demand for an op that `kernels` does not list. */
  kernelsFor?(op: Op): readonly Kernel[];
  /** Never throws, and has no side effect beyond opening the library. */
  probe(): Promise<Probe>;
  /** Throws BackendUnavailableError. */
  open(options: OpenOptions): Promise<Device>;
}
