import { type Backend, type DType, Predictor, Tensor } from "@coracle/core";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { toOnnx } from "../../onnx-writer/to-onnx.ts";
import { allowedError, distance, type Grown } from "./grower.ts";
import type { RandomGraph } from "./random-graph.ts";

const ortTypes: Partial<Record<DType, string>> = { f32: "float32", i64: "int64", bool: "bool", u8: "uint8" };

/** Its own rewrites are off: some are wrong (a Pad of named axes between two Transposes). */
const ortOptions: InferenceSession.SessionOptions = {
  logSeverityLevel: 3,
  intraOpNumThreads: 1,
  graphOptimizationLevel: "disabled",
};

async function runOrt({ program, feeds }: RandomGraph): Promise<readonly Tensor[]> {
  const session = await InferenceSession.create(toOnnx(program), ortOptions);
  const entries = [...feeds].map(([name, { dtype, data, shape }]) => [
    name,
    new OrtTensor(ortTypes[dtype] as "float32", data as Float32Array, [...shape]),
  ]);
  const results = await session.run(Object.fromEntries(entries) as Record<string, OrtTensor>);
  await session.release();
  return program.outputs.map(({ name, type }) => {
    const { dims, data } = results[name]!;
    return Tensor.from(type.dtype, dims, data as Float32Array);
  });
}

async function runOurs(
  { program, feeds }: RandomGraph,
  backends: readonly Backend[],
): Promise<readonly Tensor[]> {
  using predictor = await Predictor.create(program, { backends, threads: 2 });
  const results = await predictor.run(Object.fromEntries(feeds));
  return program.outputs.map(({ name }) => results[name]!);
}

function differenceOf(name: string, actual: Tensor, expected: Grown): string | undefined {
  const { tensor } = expected;
  if (actual.shape.join() !== tensor.shape.join())
    return `${name}: shape [${actual.shape.join()}]; expected [${tensor.shape.join()}]`;
  const [error, allowed] = [distance(actual, tensor), allowedError(expected)];
  return error <= allowed ? undefined : `${name}: off by ${error}; allowed ${allowed}`;
}

function differences(who: string, actual: readonly Tensor[], { program, outputs }: RandomGraph): string[] {
  return program.outputs.flatMap(({ name }, i) => {
    const difference = differenceOf(name, actual[i]!, outputs[i]!);
    return difference === undefined ? [] : [`${who}: ${difference}`];
  });
}

/** Where the backends and onnxruntime differ from the reference; empty when all agree. */
export async function disagreements(graph: RandomGraph, backends: readonly Backend[]): Promise<string[]> {
  const ours = await runOurs(graph, backends);
  const theirs = await runOrt(graph);
  return [
    ...differences(backends.map(({ target }) => target).join(), ours, graph),
    ...differences("onnxruntime", theirs, graph),
  ];
}
