/** A standard case run by onnxruntime-node, as a user of it would: what our own pass rate is compared with. */
import { type DType, type IoInfo, Tensor } from "@coracle/core";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { externalDataIn } from "../onnx/external.ts";
import { decodeModel } from "../onnx/proto.ts";
import { fromOnnx } from "../onnx/reader.ts";
import { readValue } from "../onnx/value.ts";
import type { Case, DataSet } from "./cases.ts";
import { difference } from "./compare.ts";
import { ramp } from "./run-case.ts";

const noFiles = externalDataIn(undefined);

const typeNames: Partial<Record<DType, string>> = {
  f32: "float32",
  f64: "float64",
  f16: "float16",
  i8: "int8",
  u8: "uint8",
  i16: "int16",
  u16: "uint16",
  i32: "int32",
  u32: "uint32",
  i64: "int64",
  u64: "uint64",
  bool: "bool",
  i4: "int4",
  u4: "uint4",
  string: "string",
};
const dtypes = new Map(Object.entries(typeNames).map(([dtype, name]) => [name, dtype as DType]));

function toOrt(tensor: Tensor): OrtTensor {
  const type = typeNames[tensor.dtype];
  if (!type) throw new Error(`onnxruntime-node takes no ${tensor.dtype}`);
  const data = tensor.dtype === "string" ? [...tensor.strings] : tensor.data;
  return new OrtTensor(type as "float32", data as Float32Array, [...tensor.shape]);
}

function fromOrt({ type, dims, data }: OrtTensor): Tensor {
  const dtype = dtypes.get(type);
  if (!dtype) throw new Error(`onnxruntime-node gave ${type}`);
  return Tensor.from(dtype, dims, data as Float32Array);
}

interface Io {
  readonly inputs: readonly IoInfo[];
  readonly outputs: readonly IoInfo[];
}

/** Names, types and order, as our reader finds them. */
function ioOf(model: Uint8Array): Io {
  const program = fromOnnx(model);
  const info = ({ name, type }: (typeof program.inputs)[number]): IoInfo => ({ name, ...type });
  return { inputs: program.inputs.map(info), outputs: program.outputs.map(info) };
}

async function runSet(session: InferenceSession, io: Io, set: DataSet): Promise<string | undefined> {
  const feeds = io.inputs.map((input, i) => {
    const tensor = set.inputs ? readValue(set.inputs[i]!, input, noFiles, "an input") : ramp(input);
    return [input.name, toOrt(tensor)] as const;
  });
  const results = await session.run(Object.fromEntries(feeds));
  for (const [i, output] of io.outputs.entries()) {
    const expected = readValue(set.outputs[i]!, output, noFiles, "an expected output");
    const text = difference(fromOrt(results[output.name]!), expected);
    if (text !== undefined) return `output "${output.name}": ${text}`;
  }
  return undefined;
}

/** Undefined when all outputs agree, else why not. */
export async function runCaseByOrt(item: Case): Promise<string | undefined> {
  let session: InferenceSession | undefined;
  try {
    if (!decodeModel(item.model).graph) return "no graph";
    session = await InferenceSession.create(item.model, { logSeverityLevel: 4 });
    const io = ioOf(item.model);
    for (const set of item.dataSets) {
      const reason = await runSet(session, io, set);
      if (reason !== undefined) return reason;
    }
    return item.dataSets.length === 0 ? "the case has no data set" : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await session?.release();
  }
}
