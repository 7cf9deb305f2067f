import { type Backend, CoracleError, type IoInfo, Predictor, type Program, Tensor } from "@coracle/core";
import { externalDataIn } from "../onnx/external.ts";
import { fromOnnx } from "../onnx/reader.ts";
import { readValue } from "../onnx/value.ts";
import type { Case, DataSet } from "./cases.ts";
import { difference } from "./compare.ts";

const noFiles = externalDataIn(undefined);

/** 0, 1/n, 2/n, ... as the standard runner feeds models that come without inputs. */
export function ramp({ dtype, shape }: IoInfo): Tensor {
  const dims = shape.map((dim) => (typeof dim === "number" ? dim : 1));
  const count = dims.reduce((product, dim) => product * dim, 1);
  return Tensor.from(
    dtype,
    dims,
    Float32Array.from({ length: count }, (_, i) => i / count),
  );
}

async function runSet(predictor: Predictor, set: DataSet): Promise<string | undefined> {
  const expected = predictor.outputs.map((output, i) => {
    const bytes = set.outputs[i];
    return bytes && readValue(bytes, output, noFiles, "an expected output");
  });
  const feeds = predictor.inputs.map((input, i) => {
    if (!set.inputs) return [input.name, ramp(input)] as const;
    const bytes = set.inputs[i];
    if (!bytes) throw new Error(`the case gives no input "${input.name}"`);
    return [input.name, readValue(bytes, input, noFiles, `the given input ${i}`)] as const;
  });
  const results = await predictor.run(Object.fromEntries(feeds));
  for (const [i, { name }] of predictor.outputs.entries()) {
    if (!expected[i]) return `output ${i} "${name}" has no expected value`;
    const text = difference(results[name]!, expected[i]);
    if (text !== undefined) return `output "${name}": ${text}`;
  }
  return undefined;
}

const isRandom = (program: Program): boolean => program.nodes.some(({ op }) => op.accuracy === "random");

/** Runs every data set of a case; undefined when all outputs agree, else why not. */
export async function runCase(item: Case, backends: readonly Backend[]): Promise<string | undefined> {
  try {
    const program = fromOnnx(item.model);
    using predictor = await Predictor.create(program, { backends });
    for (const set of item.dataSets) {
      const reason = await runSet(predictor, set);
      if (reason !== undefined)
        return isRandom(program)
          ? `no engine could: the standard defines no stream of random numbers (${reason})`
          : reason;
    }
    return item.dataSets.length === 0 ? "the case has no data set" : undefined;
  } catch (error) {
    if (CoracleError.isInstance(error)) return `${error.name}: ${error.message}`;
    return `unexpected ${error instanceof Error ? error.stack?.split("\n").slice(0, 3).join(" ") : String(error)}`;
  }
}
