import { SingleBar } from "cli-progress";
import Table from "cli-table3";
import { Command } from "commander";
import { compare, type Measurement } from "./compare.ts";
import { defaultThreads, type Engine, engineByName } from "./engines.ts";
import { benchModels } from "./models.ts";

interface Options {
  readonly models: string;
  readonly threads: string;
  readonly against: string;
  readonly rounds: string;
  readonly roundMs: string;
  readonly format: string;
}

async function loadEngines(names: readonly string[]): Promise<Engine[]> {
  const engines: Engine[] = [];
  for (const name of names) {
    const engine = await engineByName(name);
    if (typeof engine === "string") console.error(`left out: ${engine}`);
    else engines.push(engine);
  }
  return engines;
}

function table(measurements: readonly Measurement[]): string {
  const head = [
    "model",
    "threads",
    "engine",
    "load ms",
    "min ms",
    "median ms",
    "p90 ms",
    "runs",
    "of coracle",
    "difference",
  ];
  const rows = new Table({ head, style: { head: [], border: [] } });
  for (const { model, threads, engine, loadMs, time, ratio, error } of measurements) {
    const numbers = [loadMs, time.minMs, time.medianMs, time.p90Ms].map((ms) => ms.toFixed(2));
    rows.push([
      model,
      threads,
      engine,
      ...numbers,
      time.numRuns,
      `${ratio.toFixed(2)}x`,
      error.toExponential(1),
    ]);
  }
  return rows.toString();
}

async function main(options: Options): Promise<void> {
  const names = options.models === "all" ? Object.keys(benchModels) : options.models.split(",");
  const threads = options.threads.split(",").map(Number);
  const engines = await loadEngines(["coracle", ...options.against.split(",").filter((name) => name !== "")]);
  const rounds = Number(options.rounds);
  const bar = new SingleBar({
    format: "{bar} {value}/{total} rounds  {model}",
    stream: process.stderr,
    noTTYOutput: false,
  });
  bar.start(names.length * threads.length * rounds, 0, { model: "" });
  const measurements: Measurement[] = [];
  for (const name of names) {
    const make = benchModels[name];
    if (!make)
      throw new Error(`model "${name}" is not known; expected ${Object.keys(benchModels).join(", ")}`);
    const model = await make();
    for (const count of threads) {
      bar.update({ model: `${name}, ${count} threads` });
      const onRound = (): void => bar.increment();
      measurements.push(
        ...(await compare(name, model, engines, {
          threads: count,
          rounds,
          roundMs: Number(options.roundMs),
          onRound,
        })),
      );
    }
  }
  bar.stop();
  console.log(options.format === "json" ? JSON.stringify(measurements, null, 2) : table(measurements));
}

await new Command("bench")
  .description("Measures models on this machine, in alternation with other engines.")
  .option("--models <names>", `comma-separated, or all: ${Object.keys(benchModels).join(", ")}`, "all")
  .option("--threads <counts>", "comma-separated thread counts", defaultThreads.join(","))
  .option("--against <engines>", "comma-separated: onnxruntime", "onnxruntime")
  .option("--rounds <n>", "alternations", "6")
  .option("--round-ms <ms>", "time per engine and round", "700")
  .option("--format <format>", "table or json", "table")
  .action(main)
  .parseAsync();
