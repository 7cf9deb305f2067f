import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { DataError } from "@coracle/core";

/** CORACLE_MAX_THREADS of cpu-native/include/coracle/abi.h. */
export const maxThreads = 256;

export type ReadText = (path: string) => string | undefined;

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

/** From a group up to the root, as /proc/self/cgroup names it: "/a/b" -> "/a/b", "/a", "/". */
function ancestors(path: string): string[] {
  return path === "/" ? ["/"] : [path, ...ancestors(dirname(path))];
}

function groupPaths(cgroup: string, controller: string): string[] {
  const line = cgroup.split("\n").find((text) => text.split(":")[1]?.split(",").includes(controller));
  const path = line?.split(":").slice(2).join(":");
  return path?.startsWith("/") ? ancestors(path) : ["/"];
}

const ratio = (quota: number, period: number): number =>
  quota > 0 && period > 0 ? Math.ceil(quota / period) : Number.POSITIVE_INFINITY;

/** Whole processors that the control groups (v2, else v1) of this process allow; Infinity without a limit. */
export function cgroupProcessors(read: ReadText = readText): number {
  const cgroup = read("/proc/self/cgroup") ?? "";
  const v2 = groupPaths(cgroup, "").map((group) => {
    const [quota, period] = (read(join("/sys/fs/cgroup", group, "cpu.max")) ?? "max 1").trim().split(" ");
    return ratio(Number(quota), Number(period));
  });
  const v1 = groupPaths(cgroup, "cpu").map((group) => {
    const folder = join("/sys/fs/cgroup/cpu", group);
    return ratio(
      Number(read(join(folder, "cpu.cfs_quota_us"))),
      Number(read(join(folder, "cpu.cfs_period_us"))),
    );
  });
  return Math.min(...v2, ...v1);
}

/** The processors that this process may use: affinity, control group and what Node sees, whichever is least. */
export function defaultThreads(affinity: number): number {
  const limits = [
    affinity > 0 ? affinity : Number.POSITIVE_INFINITY,
    availableParallelism(),
    cgroupProcessors(),
  ];
  return Math.max(1, Math.min(maxThreads, ...limits));
}

/** Throws DataError. */
export function checkThreads(threads: number): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= maxThreads) return threads;
  throw new DataError(`x86: threads is ${threads}; expected a whole number from 1 to ${maxThreads}.`);
}
