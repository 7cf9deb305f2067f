import { readFileSync } from "node:fs";

/** Kernel ticks a second on Linux, whatever its own clock. */
const ticks = 100;

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

/** Processor time of a process so far; 0 where the system does not tell. */
export function processSeconds(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return 0;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

/** Processor time of all processes since boot; undefined where the system does not tell. */
function busySeconds(): number | undefined {
  const line = read("/proc/stat")?.split("\n")[0];
  const [user, nice, system, , , irq, softirq, steal] = (line ?? "").split(/\s+/).slice(1).map(Number);
  if (user === undefined || steal === undefined) return undefined;
  return (user + nice! + system! + irq! + softirq! + steal) / ticks;
}

/** Cores that others kept busy, on average, from the call to the call of the result. NaN where the system does not tell. */
export function watchForeignLoad(childSeconds: () => number): () => number {
  const snapshot = (): { busy: number; own: number; wall: number } => ({
    busy: busySeconds() ?? Number.NaN,
    own: processSeconds(process.pid) + childSeconds(),
    wall: performance.now() / 1e3,
  });
  const start = snapshot();
  return () => {
    const end = snapshot();
    const foreign = end.busy - start.busy - (end.own - start.own);
    return Math.max(0, foreign) / (end.wall - start.wall);
  };
}
