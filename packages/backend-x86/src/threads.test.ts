import { expect, test } from "vitest";
import { cgroupProcessors, checkThreads, defaultThreads } from "./threads.ts";

const files =
  (contents: Readonly<Record<string, string>>) =>
  (path: string): string | undefined =>
    contents[path];

test.each([
  ["no control groups", {}, Number.POSITIVE_INFINITY],
  ["v2 without a limit", { "/sys/fs/cgroup/cpu.max": "max 100000\n" }, Number.POSITIVE_INFINITY],
  ["v2, rounded up", { "/sys/fs/cgroup/cpu.max": "150000 100000\n" }, 2],
  [
    "v2, the least of the group and those above it",
    {
      "/proc/self/cgroup": "0::/a/b\n",
      "/sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/a/cpu.max": "300000 100000\n",
    },
    3,
  ],
  [
    "v1",
    {
      "/proc/self/cgroup": "4:cpu,cpuacct:/\n0::/\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    },
    1,
  ],
  [
    "v1 without a limit",
    { "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n" },
    Number.POSITIVE_INFINITY,
  ],
])("%s", (_, contents, processors) => {
  expect(cgroupProcessors(files(contents as Readonly<Record<string, string>>))).toBe(processors);
});

test("affinity limits the default", () => {
  expect(defaultThreads(1)).toBe(1);
  expect(defaultThreads(-1)).toBeGreaterThanOrEqual(1);
});

test.each([0, -1, 1.5, 257, Number.NaN])("%d threads are refused", (threads) => {
  expect(() => checkThreads(threads)).toThrow(
    `x86: threads is ${threads}; expected a whole number from 1 to 256.`,
  );
});
