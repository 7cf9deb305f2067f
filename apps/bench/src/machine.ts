import { availableParallelism, totalmem } from "node:os";
import { cpuInfo, x86 } from "@coracle/backend-x86";
import type { Device } from "@coracle/core";
import { executableOf, run } from "./native-step.ts";
import type { Bandwidth, Limits, Machine } from "./report/report.ts";

const chains = 12;
/** About half a millisecond, so that some trial falls between what else the machine does. */
const iterations = 150_000;
const lineFloats = 16;
const bytesPerTrial = 24e6;

const memories = [
  { level: "L1", bytes: 24 * 1024 },
  { level: "L2", bytes: 512 * 1024 },
  { level: "L3", bytes: 8 * 1024 * 1024 },
  { level: "DRAM", bytes: 256 * 1024 * 1024 },
] as const;

/** Shared by the threads, so each gets its part. */
const isShared = (level: Bandwidth["level"]): boolean => level === "L3" || level === "DRAM";

function fastestNs(trial: () => void, trials: number): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < trials; i++) {
    const start = performance.now();
    trial();
    fastest = Math.min(fastest, (performance.now() - start) * 1e6);
  }
  return fastest;
}

function measurePeak(device: Device, lanes: number): number {
  const tasks = device.threads;
  const out = device.allocate(tasks * chains * lanes * 4);
  const step = executableOf(device, [
    { kernel: "f32_peak", arrays: [out], params: Int32Array.of(iterations), tasks },
  ]);
  const ns = fastestNs(() => run(step), 200);
  return (tasks * iterations * chains * lanes * 2) / ns;
}

function measureRead(device: Device, { level, bytes }: Omit<Bandwidth, "gigabytesPerSecond">): Bandwidth {
  const tasks = device.threads;
  const perTask = isShared(level) ? bytes / tasks : bytes;
  const data = device.allocate(perTask * tasks).fill(1);
  const sums = device.allocate(tasks * lineFloats * 4);
  const passes = Math.max(1, Math.round(bytesPerTrial / perTask));
  const params = Int32Array.of(perTask / 4, passes);
  const step = executableOf(device, [{ kernel: "f32_read", arrays: [data, sums], params, tasks }]);
  const ns = fastestNs(() => run(step), level === "DRAM" ? 8 : 50);
  return { level, bytes: perTask, gigabytesPerSecond: (perTask * tasks * passes) / ns };
}

async function measureThreads(threads: number): Promise<Limits> {
  const device = await x86.open({ threads });
  try {
    const gflopsPerSecond = measurePeak(device, cpuInfo().channelBlock);
    const bandwidths = memories.map((memory) => measureRead(device, memory));
    return { threads, gflopsPerSecond, bandwidths };
  } finally {
    device.dispose();
  }
}

function larger(a: Limits, b: Limits | undefined): Limits {
  return {
    threads: a.threads,
    gflopsPerSecond: Math.max(a.gflopsPerSecond, b?.gflopsPerSecond ?? 0),
    bandwidths: a.bandwidths.map((memory, i) => {
      const other = b?.bandwidths[i]?.gigabytesPerSecond ?? 0;
      return { ...memory, gigabytesPerSecond: Math.max(memory.gigabytesPerSecond, other) };
    }),
  };
}

/**
 * The best that any measurement found, `before` included: a limit does not change, and what else the machine does can
 * only hide it. So measure now and again between other things. Half a second for each thread count.
 */
export async function measureLimits(
  threads: readonly number[],
  before: readonly Limits[] = [],
): Promise<readonly Limits[]> {
  const limits: Limits[] = [];
  for (const count of threads) {
    const known = before.find((limit) => limit.threads === count);
    limits.push(larger(await measureThreads(count), known));
  }
  return limits;
}

export function describeMachine(limits: readonly Limits[]): Machine {
  const { model, level } = cpuInfo();
  return {
    processor: model,
    level,
    processors: availableParallelism(),
    memoryBytes: totalmem(),
    node: process.version,
    limits,
  };
}
