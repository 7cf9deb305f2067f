import { extname } from "node:path";
import { loadModel, toOnnx } from "@coracle/convert";
import { DataError, optimize } from "@coracle/core";
import { formatCount, print } from "../output.ts";
import { writeAtomically } from "../write-atomically.ts";

export interface ConvertOptions {
  readonly optimize: boolean;
  readonly json: boolean;
}

/** Reads any supported model, folds and simplifies it, and writes ONNX. */
export async function convert(source: string, target: string, options: ConvertOptions): Promise<void> {
  if (extname(target) !== ".onnx") {
    throw new DataError(
      `output "${target}": "${extname(target)}" cannot be written; expected a name that ends in .onnx.`,
    );
  }
  const program = await loadModel(source);
  const result = options.optimize ? optimize(program) : program;
  const bytes = toOnnx(result);
  await writeAtomically(target, bytes);
  const summary = { nodesBefore: program.nodes.length, nodesAfter: result.nodes.length, bytes: bytes.length };
  print(
    summary,
    options.json,
    () => `${target}: ${summary.nodesBefore} -> ${summary.nodesAfter} nodes, ${formatCount(bytes.length)}B`,
  );
}
