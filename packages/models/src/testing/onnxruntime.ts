import { type Program, Tensor } from "@coracle/core";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";

const names = { f32: "float32", i64: "int64" } as const;

/** A file of the ONNX format in onnxruntime, to be released. */
export class OrtModel {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  static async load(onnx: Uint8Array): Promise<OrtModel> {
    return new OrtModel(await InferenceSession.create(onnx, { logSeverityLevel: 3, intraOpNumThreads: 2 }));
  }

  /** In the order of the program's outputs, which are f32 and i64. */
  async run(program: Program, feeds: Readonly<Record<string, Tensor>>): Promise<readonly Tensor[]> {
    const inputs = Object.entries(feeds).map(([name, { dtype, data, shape }]) => [
      name,
      new OrtTensor(names[dtype as "f32"], data as Float32Array, [...shape]),
    ]);
    const results = await this.#session.run(Object.fromEntries(inputs) as Record<string, OrtTensor>);
    return program.outputs.map(({ name, type }) => {
      const { data, dims } = results[name]!;
      return Tensor.from(type.dtype, dims, data as Float32Array);
    });
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
