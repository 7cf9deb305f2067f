import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findCases, runCases } from "./harness.ts";
import { formatReport, type Summary, summarize } from "./report.ts";

const documents = new URL("../../../../docs/", import.meta.url);
const summaryFile = fileURLToPath(new URL("onnx-cases.json", documents));
const reportFile = fileURLToPath(new URL("onnx-cases.md", documents));

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "x86" },
    filter: { type: "string" },
    write: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
  },
});

const cases = findCases();
if (typeof cases === "string") {
  console.log(`skipped: ${cases}`);
  process.exit(process.env["CI"] ? 1 : 0);
}
let done = 0;
const results = await runCases(cases, {
  backend: values.backend,
  ...(values.filter === undefined ? {} : { filter: new RegExp(values.filter) }),
  onReply: ({ name, ms, reason }) => {
    done++;
    if (values.verbose)
      console.log(`${reason === undefined ? "pass" : "FAIL"} ${name} ${ms.toFixed(0)} ms ${reason ?? ""}`);
    else if (done % 200 === 0) console.log(`${done} cases done`);
  },
});
const summary = summarize(results, values.backend);
console.log(`${summary.passed} of ${summary.total} pass with ${summary.backend}`);
if (values.write) {
  const peer = summarize(await runCases(cases, { backend: "onnxruntime" }), "onnxruntime");
  console.log(`${peer.passed} of ${peer.total} pass with onnxruntime-node`);
  writeFileSync(reportFile, formatReport(results, values.backend, peer.passed));
  writeFileSync(summaryFile, `${JSON.stringify({ ...summary, onnxruntime: peer.passed }, undefined, 2)}\n`);
} else if (values.filter === undefined && values.backend !== "onnxruntime") {
  const committed = JSON.parse(readFileSync(summaryFile, "utf8")) as Summary;
  if (summary.passed < committed.passed) {
    console.log(`expected at least ${committed.passed}, the committed count`);
    process.exitCode = 1;
  }
}
