#!/usr/bin/env node
/** The `coracle` command: turns arguments into calls of the packages and results into text or JSON. */
import { weightForms } from "@coracle/convert";
import { CoracleError } from "@coracle/core";
import { Command, InvalidArgumentError, Option } from "commander";
import { bench } from "./commands/bench.ts";
import { convert } from "./commands/convert.ts";
import { devices } from "./commands/devices.ts";
import { inspect } from "./commands/inspect.ts";
import { opt } from "./commands/opt.ts";
import { run } from "./commands/run.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("expected a whole number of at least 1");
  return value;
}

const positiveList = (text: string): number[] => text.split(",").map(positive);
const names = (text: string): string[] => text.split(",");
const collect = (value: string, list: string[]): string[] => [...list, value];

const program = new Command("coracle")
  .description("Runs and inspects neural networks on the hardware that is here.")
  .version("0.1.0")
  .configureHelp({ showGlobalOptions: true })
  .exitOverride();

const withFeeds = (command: Command): Command =>
  command
    .option(
      "-i, --input <name=file>",
      "a picture or .npy file for an input; random numbers otherwise",
      collect,
      [],
    )
    .option("-s, --shape <name=1,3,224,224>", "numbers for an input's dimensions", collect, [])
    .option("--seed <n>", "seed of the random inputs", positive, 1)
    .option("-b, --backends <names>", "backends, the most preferred first (x86, reference)", names)
    .option("--tune", "time kernels where their estimates are close, and remember the times", false)
    .option("--json", "machine-readable output", false);

withFeeds(program.command("run <model>").description("run one inference and describe the outputs"))
  .option("-t, --threads <n>", "compute threads", positive)
  .option(
    "--top <k>",
    "list the k largest elements of each output",
    (text) => (text === "0" ? 0 : positive(text)),
    5,
  )
  .option("--save <folder>", "write every output as a .npy file")
  .option("--profile", "time of every node instead of the outputs", false)
  .action(run);

program
  .command("inspect <model>")
  .description("inputs, outputs, operators, parameters and FLOPs")
  .option("-s, --shape <name=1,3,224,224>", "numbers for an input's dimensions", collect, [])
  .option("--graph", "the whole program as text", false)
  .option("--explain", "which kernel runs each node here, and why no other", false)
  .option("--json", "machine-readable output", false)
  .action(inspect);

program
  .command("convert <model> <output.onnx>")
  .description("read any supported model, fold and simplify it, write ONNX")
  .option("--no-optimize", "write the program as it was read")
  .option("--json", "machine-readable output", false)
  .action(convert);

program
  .command("opt [model] [output]")
  .description("convert, fold and simplify any supported model into one .coracle (or .onnx) file")
  .option("-s, --shape <name=1,3,224,224>", "fix an input's dimensions", collect, [])
  .option("--parameters <file>", "Paddle: the parameters, where they do not lie beside the program")
  .addOption(new Option("--weights <form>", "store weights in fewer bits").choices([...weightForms]))
  .option("--compress", "a smaller file that loads more slowly", false)
  .option("--targets <names>", "the backends to check for (x86, reference)", names)
  .option("--check", "list where each operator runs; fails when one has no kernel", false)
  .option("--graph <page.html>", "the graph before and after, to look at in a browser")
  .option("--print-supported-ops", "list the operators that can be read", false)
  .option("--json", "machine-readable output", false)
  .action(opt);

withFeeds(program.command("bench <model>").description("time per inference, after warm-up"))
  .option("-t, --threads <counts>", "comma-separated thread counts", positiveList, [1])
  .option("-n, --runs <n>", "measured runs", positive, 50)
  .action(bench);

program
  .command("devices")
  .description("the backends found here, and why others are missing")
  .option("--json", "machine-readable output", false)
  .action(devices);

program.commands.forEach((command) => {
  command.exitOverride();
});

try {
  await program.parseAsync();
} catch (error) {
  const isUsage = error instanceof Error && "code" in error && String(error.code).startsWith("commander.");
  if (isUsage) {
    process.exitCode = "exitCode" in error && error.exitCode === 0 ? 0 : exitCodes.usage;
  } else {
    console.error(CoracleError.isInstance(error) ? `coracle: ${error.message}` : error);
    process.exitCode = exitCodeOf(error);
  }
}
