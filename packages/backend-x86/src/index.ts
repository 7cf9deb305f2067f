/**
 * The backend for x86-64 processors: kernels and a device over the native library of the best level that the processor has.
 * Knows its machine and core's contracts; nothing of models or other backends.
 */
import type { Backend, Device, Kernel, OpenOptions, Probe } from "@coracle/core";
import { contextOf, type Level } from "./context.ts";
import { processorName, X86Device } from "./device.ts";
import { kernelsOf } from "./kernels/index.ts";
import { loadNative } from "./native.ts";
import { levelsOf } from "./select-isa.ts";
import { checkThreads, defaultThreads } from "./threads.ts";

export type { Level } from "./context.ts";

const kernelsByLevel = new Map<Level, readonly Kernel[]>();

function kernels(): readonly Kernel[] {
  const { level } = loadNative();
  const made = kernelsByLevel.get(level) ?? kernelsOf(contextOf(level));
  kernelsByLevel.set(level, made);
  return made;
}

async function probe(): Promise<Probe> {
  try {
    const { level } = loadNative();
    return { available: true, description: `${processorName()}, ${level}` };
  } catch (error) {
    return { available: false, description: error instanceof Error ? error.message : String(error) };
  }
}

async function open({ threads }: OpenOptions): Promise<Device> {
  const native = loadNative();
  return new X86Device(
    native,
    threads === undefined ? defaultThreads(native.affinity()) : checkThreads(threads),
  );
}

/** `kernels` loads the library on first use and throws BackendUnavailableError where it cannot. */
export const x86: Backend = {
  target: "x86",
  preference: 100,
  get kernels() {
    return kernels();
  },
  probe,
  open,
};

export interface CpuInfo {
  readonly model: string;
  /** What the processor has, lowest first. */
  readonly levels: readonly Level[];
  /** What is loaded: the best, or the one that CORACLE_ISA names. */
  readonly level: Level;
  /** Channels per block of the level's layout. */
  readonly channelBlock: 4 | 8 | 16;
  readonly defaultThreads: number;
  readonly libraryPath: string;
}

/** Throws BackendUnavailableError. */
export function cpuInfo(): CpuInfo {
  const native = loadNative();
  return {
    model: processorName(),
    levels: levelsOf(native.cpuBits),
    level: native.level,
    channelBlock: contextOf(native.level).block,
    defaultThreads: defaultThreads(native.affinity()),
    libraryPath: native.path,
  };
}
