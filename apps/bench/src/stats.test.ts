import { expect, test } from "vitest";
import { relativeError, summarize } from "./stats.ts";

test("quantiles are by nearest rank", () => {
  expect(summarize([5, 1, 4, 2, 3])).toEqual({ minMs: 1, medianMs: 3, p90Ms: 5, numRuns: 5 });
  expect(summarize([7])).toEqual({ minMs: 7, medianMs: 7, p90Ms: 7, numRuns: 1 });
});

test("relative error is against the largest expected magnitude", () => {
  expect(relativeError([1, 2.2], [1, 2])).toBeCloseTo(0.1);
  expect(relativeError([1], [1, 2])).toBe(Number.POSITIVE_INFINITY);
});
