import { availableParallelism } from "node:os";
import { loadModel } from "@coracle/convert";
import { Predictor, Tensor } from "@coracle/core";

/** Named f32 arrays with their shapes, as every engine takes and gives them. */
export type Arrays = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>
>;

export interface Session {
  run(): Promise<Arrays>;
  dispose(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  readonly version: string;
  /** Loads the ONNX file's bytes; `feeds` are fed in every run. */
  open(model: Uint8Array, feeds: Arrays, threads: number): Promise<Session>;
}

export const defaultThreads: readonly number[] = [1, Math.min(2, availableParallelism())];

const coracle: Engine = {
  name: "coracle",
  version: "0.1.0",
  async open(model, feeds, threads) {
    const predictor = await Predictor.create(await loadModel(model), { threads });
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([name, { shape, data }]) => [name, Tensor.from("f32", shape, data)]),
    );
    return {
      async run() {
        const outputs = predictor.runSync(tensors);
        return Object.fromEntries(
          Object.entries(outputs).map(([name, { shape, data }]) => [
            name,
            { shape, data: data as Float32Array },
          ]),
        );
      },
      async dispose() {
        predictor.dispose();
      },
    };
  },
};

async function onnxruntime(): Promise<Engine> {
  const ort = await import("onnxruntime-node");
  return {
    name: "onnxruntime",
    version: ort.env.versions.node ?? "unknown",
    async open(model, feeds, threads) {
      const options = { intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 3 } as const;
      const session = await ort.InferenceSession.create(model, options);
      const tensors = Object.fromEntries(
        Object.entries(feeds).map(([name, { shape, data }]) => [
          name,
          new ort.Tensor("float32", data, shape),
        ]),
      );
      return {
        async run() {
          const outputs = await session.run(tensors);
          return Object.fromEntries(
            Object.entries(outputs).map(([name, { dims, data }]) => [
              name,
              { shape: dims, data: data as Float32Array },
            ]),
          );
        },
        dispose: () => session.release(),
      };
    },
  };
}

/** The engines by name; a peer that is not installed gives the reason instead. */
export async function engineByName(name: string): Promise<Engine | string> {
  if (name === "coracle") return coracle;
  if (name !== "onnxruntime") return `"${name}" is not known; expected onnxruntime`;
  try {
    return await onnxruntime();
  } catch (error) {
    return `onnxruntime-node cannot be loaded: ${(error as Error).message}`;
  }
}
