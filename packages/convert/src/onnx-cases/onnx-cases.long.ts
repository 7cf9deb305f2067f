import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { findCases, runCases } from "./harness.ts";
import { type Summary, summarize } from "./report.ts";

const committed = JSON.parse(
  readFileSync(new URL("../../../../docs/onnx-cases.json", import.meta.url), "utf8"),
) as Summary;

test("at least as many standard cases pass as are committed, and none crashes or hangs", async (context) => {
  const cases = findCases();
  if (typeof cases === "string") {
    expect(process.env["CI"], `CI needs the cases: ${cases}`).toBeUndefined();
    return context.skip(cases);
  }
  const results = await runCases(cases, { backend: committed.backend });
  const broken = results.filter(
    ({ reason }) => reason !== undefined && /^(crashed|timed out|unexpected)/.test(reason),
  );
  expect(broken).toEqual([]);
  expect(summarize(results, committed.backend).passed).toBeGreaterThanOrEqual(committed.passed);
});
