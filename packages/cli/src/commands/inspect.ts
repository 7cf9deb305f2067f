import { loadModel } from "@coracle/convert";
import { type Program, print as printProgram } from "@coracle/core";
import { concrete, flopsOf, parametersOf } from "../facts.ts";
import { concreteShape, parsePairs, parseShape } from "../feeds.ts";
import { formatCount, formatTable, print } from "../output.ts";
import { openPredictor } from "../predictor.ts";

export interface InspectOptions {
  readonly shape: string[];
  readonly graph: boolean;
  readonly explain: boolean;
  readonly json: boolean;
}

interface Inspection {
  readonly inputs: readonly { name: string; dtype: string; shape: readonly (number | string)[] }[];
  readonly outputs: Inspection["inputs"];
  readonly operators: Readonly<Record<string, number>>;
  readonly nodes: number;
  readonly parameters: number;
  readonly parameterBytes: number;
  /** Multiply-adds count as 2; absent when shapes are not known. */
  readonly flops?: number;
  readonly meta: Readonly<Record<string, string>>;
}

const describeValues = (values: Program["inputs"]): Inspection["inputs"] =>
  values.map(({ name, type }) => ({ name, dtype: type.dtype, shape: type.shape }));

function inspectProgram(program: Program, shapes: readonly string[]): Inspection {
  const operators: Record<string, number> = {};
  for (const { op } of program.nodes) operators[op.name] = (operators[op.name] ?? 0) + 1;
  const flops = flopsOf(concrete(program, shapes));
  return {
    inputs: describeValues(program.inputs),
    outputs: describeValues(program.outputs),
    operators,
    nodes: program.nodes.length,
    ...parametersOf(program),
    ...(flops === undefined ? {} : { flops }),
    meta: program.meta,
  };
}

function describe(inspection: Inspection): string {
  const io = [
    ...inspection.inputs.map((value) => ["input", value.name, value.dtype, `[${value.shape.join(",")}]`]),
    ...inspection.outputs.map((value) => ["output", value.name, value.dtype, `[${value.shape.join(",")}]`]),
  ];
  const operators = Object.entries(inspection.operators).sort((a, b) => b[1] - a[1]);
  const flops = inspection.flops === undefined ? "unknown: give --shape" : formatCount(inspection.flops);
  return [
    formatTable(["", "name", "dtype", "shape"], io),
    formatTable(["operator", "count"], operators),
    `${inspection.nodes} nodes, ${formatCount(inspection.parameters)} parameters (${formatCount(inspection.parameterBytes)}B), FLOPs ${flops}`,
  ].join("\n");
}

/** What is in a model; on request its text, and which kernel would run each node here. */
export async function inspect(model: string, options: InspectOptions): Promise<void> {
  const program = await loadModel(model);
  if (options.graph) {
    console.log(printProgram(program));
    return;
  }
  if (options.explain) {
    using predictor = await openPredictor(program, {});
    const given = parsePairs(options.shape, predictor.inputs, "--shape");
    const shapes = predictor.inputs.map((input) => [
      input.name,
      given.has(input.name) ? parseShape(given.get(input.name)!) : concreteShape(input),
    ]);
    const explanation = predictor.explain(Object.fromEntries(shapes));
    print(explanation, options.json, () => explanation.toString());
    return;
  }
  const inspection = inspectProgram(program, options.shape);
  print(inspection, options.json, () => describe(inspection));
}
