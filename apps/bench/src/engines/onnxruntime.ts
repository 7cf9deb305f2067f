import { PeerError, textOf } from "../errors.ts";
import { namedArrays, readArrays } from "./arrays.ts";
import { type Engine, type ModelFile, type Session, timeRuns } from "./engine.ts";
import { nodeWorker } from "./node-worker.ts";

type Ort = typeof import("onnxruntime-node");

async function open(ort: Ort, model: ModelFile, threads: number): Promise<Session> {
  const options = { intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 3 } as const;
  const start = performance.now();
  const session = await ort.InferenceSession.create(model.path, options);
  const loadMs = performance.now() - start;
  const tensors = Object.fromEntries(
    Object.entries(await readArrays(model.inputs)).map(([name, { dtype, shape, data }]) => [
      name,
      dtype === "f32" ? new ort.Tensor("float32", data, shape) : new ort.Tensor("int64", data, shape),
    ]),
  );
  let fetches = await session.run(tensors);
  return {
    version: ort.env.versions.node ?? "unknown",
    loadMs,
    run: (ms) =>
      timeRuns(async () => {
        fetches = await session.run(tensors);
      }, ms),
    outputs: async () =>
      namedArrays(
        model.outputs.map((name) => [name, { shape: fetches[name]!.dims, data: fetches[name]!.data }]),
      ),
    childSeconds: () => 0,
    dispose: () => session.release(),
  };
}

/** onnxruntime-node, in this process. Throws PeerError where it cannot be loaded. */
export async function onnxruntime(): Promise<Engine> {
  let ort: Ort;
  try {
    ort = await import("onnxruntime-node");
  } catch (error) {
    throw new PeerError("onnxruntime", `onnxruntime-node cannot be loaded: ${textOf(error)}`, {
      cause: error,
    });
  }
  return {
    name: "onnxruntime",
    open: (model, threads) => open(ort, model, threads),
    worker: nodeWorker(["onnxruntime"]),
  };
}
