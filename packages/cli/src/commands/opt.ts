import { stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import {
  loadModel,
  storeWeights,
  supportedOperators,
  supportedPaddleOperators,
  toCoracle,
  toOnnx,
  type WeightForm,
} from "@coracle/convert";
import { DataError, type Explanation, optimize, type Program } from "@coracle/core";
import { concrete, flopsOf, parametersOf } from "../facts.ts";
import { concreteShape, parsePairs, parseShape } from "../feeds.ts";
import { graphPage } from "../graph-page.ts";
import { formatCount, formatTable, print } from "../output.ts";
import { openPredictor } from "../predictor.ts";
import { Steps } from "../steps.ts";
import { writeAtomically } from "../write-atomically.ts";

export interface OptOptions {
  readonly shape: string[];
  readonly parameters?: string;
  readonly weights?: WeightForm;
  readonly compress: boolean;
  readonly targets?: string[];
  readonly check: boolean;
  readonly graph?: string;
  readonly printSupportedOps: boolean;
  readonly json: boolean;
}

interface Facts {
  readonly nodes: number;
  readonly parameters: number;
  readonly parameterBytes: number;
  readonly flops?: number;
}

function factsOf(program: Program, shapes: readonly string[]): Facts {
  const flops = flopsOf(concrete(program, shapes));
  return { nodes: program.nodes.length, ...parametersOf(program), ...(flops === undefined ? {} : { flops }) };
}

/** Where each operator of the program runs, for the targets that are here. */
async function placed(program: Program, options: OptOptions): Promise<Explanation> {
  const backends = options.targets ? { backends: options.targets } : {};
  using predictor = await openPredictor(program, backends);
  const given = parsePairs(options.shape, predictor.inputs, "--shape");
  const shapes = predictor.inputs.map((input) => [
    input.name,
    given.has(input.name) ? parseShape(given.get(input.name)!) : concreteShape(input),
  ]);
  return predictor.explain(Object.fromEntries(shapes));
}

/** Operator, target and how many of its nodes run there. */
function placements({ rows }: Explanation): readonly (readonly [string, string, number])[] {
  const counts = new Map<string, number>();
  for (const { op, target } of rows) counts.set(`${op} ${target}`, (counts.get(`${op} ${target}`) ?? 0) + 1);
  return [...counts].map(([key, count]) => [...(key.split(" ") as [string, string]), count] as const).sort();
}

function encode(program: Program, output: string, compress: boolean): Uint8Array {
  const extension = extname(output);
  if (extension === ".coracle") return toCoracle(program, { compress });
  if (extension === ".onnx") return toOnnx(program);
  throw new DataError(`output "${output}": "${extension}" cannot be written; expected .coracle or .onnx.`);
}

const row = (name: string, before: number | undefined, after: number | undefined, unit = ""): string[] => {
  const text = (value: number | undefined): string =>
    value === undefined ? "?" : `${formatCount(value)}${unit}`;
  return [name, text(before), text(after)];
};

function summary(before: Facts & { bytes?: number }, after: Facts & { bytes?: number }): string {
  return formatTable(
    ["", "before", "after"],
    [
      row("nodes", before.nodes, after.nodes),
      row("parameters", before.parameters, after.parameters),
      row("weights", before.parameterBytes, after.parameterBytes, "B"),
      row("FLOPs", before.flops, after.flops),
      row("file", before.bytes, after.bytes, "B"),
    ],
  );
}

function printOperators(isJson: boolean): void {
  const lists = {
    onnx: supportedOperators().map(({ domain, name }) => (domain === "" ? name : `${domain}.${name}`)),
    paddle: supportedPaddleOperators(),
  };
  print(lists, isJson, () =>
    Object.entries(lists)
      .map(([format, names]) => `${format} (${names.length}): ${names.join(" ")}`)
      .join("\n\n"),
  );
}

/** The bytes of a model's file; undefined of a folder, and where the parameters lie in another file. */
async function sizeOf(source: string, parameterBytes: number): Promise<number | undefined> {
  const found = await stat(source);
  return found.isFile() && found.size >= parameterBytes / 2 ? found.size : undefined;
}

async function report(program: Program, options: OptOptions): Promise<boolean> {
  const explanation = await placed(program, options);
  const list = placements(explanation);
  print(list, options.json, () => formatTable(["operator", "runs on", "nodes"], list));
  return explanation.rows.every(({ target, isView }) => isView || target !== "reference");
}

/** Converts any supported model: folds, simplifies, stores weights as asked, and writes it in one file. */
export async function opt(
  source: string | undefined,
  output: string | undefined,
  options: OptOptions,
): Promise<void> {
  if (options.printSupportedOps) return printOperators(options.json);
  if (source === undefined) throw new DataError("opt: no model given; expected: coracle opt MODEL [OUTPUT].");
  const steps = new Steps(["read", "optimise", "store", "write"], !options.json);
  const parameters = options.parameters === undefined ? {} : { parameters: options.parameters };
  const program = await steps.run("read", () => loadModel(source, parameters));
  const optimized = await steps.run("optimise", () => optimize(concrete(program, options.shape)));
  if (options.graph !== undefined) {
    await writeAtomically(
      options.graph,
      new TextEncoder().encode(graphPage(basename(source), program, optimized)),
    );
  }
  if (options.check) {
    steps.stop();
    if (!(await report(optimized, options))) process.exitCode = 1;
  }
  if (output === undefined) return steps.stop();
  const { weights } = options;
  const stored = await steps.run("store", () => (weights ? storeWeights(optimized, weights) : optimized));
  const bytes = await steps.run("write", async () => {
    const made = encode(stored, output, options.compress);
    await writeAtomically(output, made);
    return made.length;
  });
  steps.stop();
  const size = await sizeOf(source, parametersOf(program).parameterBytes);
  const before = { ...factsOf(program, options.shape), ...(size === undefined ? {} : { bytes: size }) };
  const after = {
    ...factsOf(optimized, options.shape),
    parameterBytes: parametersOf(stored).parameterBytes,
    bytes,
  };
  print({ output, before, after }, options.json, () => `${output}\n${summary(before, after)}`);
}
