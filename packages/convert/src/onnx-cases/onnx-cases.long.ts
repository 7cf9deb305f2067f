import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { findCases, runCases } from "./harness.ts";
import { type Summary, summarize } from "./report.ts";

const committed = JSON.parse(
  readFileSync(new URL("../../../../docs/onnx-cases.json", import.meta.url), "utf8"),
) as Summary;
const light = committed.groups["light"]?.passed ?? 0;

/** The light models are whole networks: minutes by reference. */
const runs = [
  { backend: "x86", isLight: true, least: committed.passed },
  { backend: "reference", isLight: false, least: committed.passed - light },
];

test.for(runs)(
  "at least as many standard cases pass on $backend as are committed, and none crashes or hangs",
  async ({ backend, isLight, least }, context) => {
    const cases = findCases();
    if (typeof cases === "string") {
      expect(process.env["CI"], `CI needs the cases: ${cases}`).toBeUndefined();
      return context.skip(cases);
    }
    const chosen = isLight ? cases : new Map([...cases].filter(([, { group }]) => group !== "light"));
    const results = await runCases(chosen, { backend });
    const broken = results.filter(
      ({ reason }) => reason !== undefined && /^(crashed|timed out|unexpected)/.test(reason),
    );
    expect(broken).toEqual([]);
    const { passed } = summarize(results, backend);
    console.log(`${passed} of ${chosen.size} standard cases pass on ${backend}`);
    expect(passed).toBeGreaterThanOrEqual(least);
  },
);
