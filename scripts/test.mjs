// Runs the test stages and closes with one line: "N passed, N failed, N skipped". `--long` runs the long stages.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const isLong = process.argv.includes("--long");
const reports = join(root, "build", "reports");
const bin = (name) => join(root, "node_modules", ".bin", name);
const script = (path, ...args) => [process.execPath, [join(root, path), ...args]];

const vitest = (name, ...args) => {
  const report = join(reports, `${name}.json`);
  return {
    command: [
      bin("vitest"),
      ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...args],
    ],
    report,
  };
};

/** Each stage counts as one test unless it has a report. */
const stages = isLong
  ? [
      {
        name: "native check, sanitized",
        command: script("packages/cpu-native/build.mjs", "--check", "--asan"),
      },
      { name: "long tests", ...vitest("long", "--config", "vitest.long.config.ts") },
      { name: "packages", command: script("scripts/check-packages.mjs") },
    ]
  : [
      { name: "lint", command: [bin("biome"), ["check", "--error-on-warnings", "."]] },
      { name: "types", command: [bin("tsc"), ["-p", "tsconfig.json"]] },
      { name: "native format", command: script("packages/cpu-native/format.mjs", "--check") },
      { name: "native check", command: script("packages/cpu-native/build.mjs", "--check") },
      { name: "tests", ...vitest("tests") },
    ];

function countReport(path) {
  if (!existsSync(path)) return undefined;
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
    readFileSync(path, "utf8"),
  );
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  return {
    passed: numPassedTests,
    failed: numFailedTests + brokenFiles.length,
    skipped: numPendingTests + (numTodoTests ?? 0),
  };
}

function runStage({ name, command: [file, args], report }) {
  console.log(`\n== ${name}`);
  if (report) rmSync(report, { force: true });
  const { status, error } = spawnSync(file, args, { cwd: root, stdio: "inherit" });
  if (error) console.error(error.message);
  const isGood = status === 0;
  const counts = (report && countReport(report)) ?? {
    passed: isGood ? 1 : 0,
    failed: isGood ? 0 : 1,
    skipped: 0,
  };
  if (!isGood && counts.failed === 0) counts.failed = 1;
  return { name, ...counts };
}

mkdirSync(reports, { recursive: true });
const results = stages.map(runStage);
const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
const summary = { passed: total("passed"), failed: total("failed"), skipped: total("skipped") };
writeFileSync(join(reports, isLong ? "summary-long.json" : "summary.json"), JSON.stringify(summary));
console.log("");
console.table(Object.fromEntries(results.map(({ name, ...counts }) => [name, counts])));
console.log(`${summary.passed} passed, ${summary.failed} failed, ${summary.skipped} skipped`);
process.exit(summary.failed === 0 ? 0 : 1);
