import { expect, test } from "vitest";
import { bytesOfShapes } from "./flops.ts";
import type { Limits } from "./report/report.ts";
import { limitOf, memoryOf } from "./roofline.ts";

const limits: Limits = {
  threads: 2,
  gflopsPerSecond: 200,
  bandwidths: [
    { level: "L1", bytes: 1000, gigabytesPerSecond: 400 },
    { level: "DRAM", bytes: 100_000, gigabytesPerSecond: 20 },
  ],
};

test("each thread's part decides which memory takes the data", () => {
  expect(memoryOf(2000, limits)?.level).toBe("L1");
  expect(memoryOf(2001, limits)?.level).toBe("DRAM");
  expect(memoryOf(1e9, limits)?.level).toBe("DRAM");
});

test("the limit is the longer of arithmetic and memory", () => {
  expect(limitOf({ flops: 4000, bytes: 2000 }, limits)).toEqual({ bound: "FMA", ns: 20 });
  expect(limitOf({ flops: 4000, bytes: 4000 }, limits)).toEqual({ bound: "DRAM", ns: 200 });
});

test("bytes are counted from shapes, scalars included", () => {
  expect(bytesOfShapes("[2,3] [] -> [6]")).toBe((6 + 1 + 6) * 4);
  expect(bytesOfShapes("[0,3] -> [0]")).toBe(0);
});
