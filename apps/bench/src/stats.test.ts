import { expect, test } from "vitest";
import { geometricMean, pairedRatio, relativeError, summarize } from "./stats.ts";

test("quantiles are by nearest rank", () => {
  expect(summarize([5, 1, 4, 2, 3])).toEqual({ minMs: 1, medianMs: 3, p90Ms: 5, numRuns: 5 });
  expect(summarize([7])).toEqual({ minMs: 7, medianMs: 7, p90Ms: 7, numRuns: 1 });
});

test("relative error is against the largest expected magnitude", () => {
  expect(relativeError([1, 2.2], [1, 2])).toBeCloseTo(0.1);
  expect(relativeError([1], [1, 2])).toBe(Number.POSITIVE_INFINITY);
});

test("a NaN that is not expected is an infinite error", () => {
  expect(relativeError([1, Number.NaN], [1, 2])).toBe(Number.POSITIVE_INFINITY);
  expect(relativeError([1, 2], [1, Number.NaN])).toBe(Number.POSITIVE_INFINITY);
});

test("the geometric mean of a ratio and its inverse is 1", () => {
  expect(geometricMean([4, 0.25, 1])).toBeCloseTo(1);
  expect(geometricMean([])).toBeNaN();
});

test("a slow phase that both contenders live through leaves the paired ratio alone", () => {
  const baseline = [[10, 11, 10], [30], [10, 10]];
  const other = [[20], [60, 61], [20, 20, 20]];
  expect(pairedRatio(other, baseline)).toBe(2);
});
