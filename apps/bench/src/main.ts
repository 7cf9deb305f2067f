import { rmSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoracleError } from "@coracle/core";
import { Command } from "commander";
import { backendNames } from "./engines/coracle.ts";
import { peerNames } from "./engines/index.ts";
import { modelNames, usualModels } from "./models.ts";
import { defaultThreads, parseOptions, type RawOptions, type Settings } from "./options.ts";
import { formatHtml } from "./report/html.ts";
import type { Report } from "./report/report.ts";
import { formatReport } from "./report/table.ts";
import { makeReport } from "./run.ts";

const writers: Readonly<Record<Settings["format"], (report: Report) => string>> = {
  table: formatReport,
  json: (report) => JSON.stringify(report, null, 1),
  html: formatHtml,
};

async function measured(settings: Settings): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), "coracle-bench-"));
  const interrupted = (signal: NodeJS.Signals): void => {
    rmSync(folder, { recursive: true, force: true });
    process.kill(process.pid, signal);
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    return await makeReport(settings, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function main(raw: RawOptions): Promise<void> {
  const settings = parseOptions(raw, { models: modelNames, backends: backendNames, peers: peerNames });
  const report: Report = settings.from
    ? JSON.parse(await readFile(settings.from, "utf8"))
    : await measured(settings);
  const text = writers[settings.format](report);
  if (settings.output) await writeFile(settings.output, `${text}\n`);
  else console.log(text);
}

const command = new Command("bench")
  .description("Measures models, kernels and calls on this machine, in alternation with other engines.")
  .option("--suites <names>", "comma-separated: models, kernels, ffi, all", "models")
  .option("--models <names>", `comma-separated, or all: ${modelNames.join(", ")}`, usualModels.join(","))
  .option("--backends <names>", `comma-separated: ${backendNames.join(", ")}`, backendNames[0])
  .option("--threads <counts>", "comma-separated thread counts", defaultThreads)
  .option("--against <engines>", `comma-separated, all or none: ${peerNames.join(", ")}`, "all")
  .option("--rounds <n>", "alternations", "8")
  .option("--round-ms <ms>", "time for each engine in each round", "500")
  .option("--cold-starts <n>", "fresh processes of each engine for cold start and memory", "3")
  .option("--format <format>", "table, json or html", "table")
  .option("--output <file>", "where the report goes; else the standard output")
  .option("--from <file>", "a report saved as json, to write in another format")
  .addHelpText(
    "after",
    "\nopenvino, ncnn (with pnnx) and mnn run where python3, or the program that CORACLE_BENCH_PYTHON names, can import" +
      "\nthem: pip install numpy openvino ncnn pnnx MNN." +
      "\nCORACLE_ISA=avx2 holds this engine and OpenVINO to that instruction set.",
  )
  .action(main);

try {
  await command.parseAsync();
} catch (error) {
  if (!CoracleError.isInstance(error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
