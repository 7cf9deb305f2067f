import { open, rename, rm } from "node:fs/promises";
import { extname } from "node:path";
import { loadModel, toOnnx } from "@coracle/convert";
import { DataError, optimize } from "@coracle/core";
import { formatCount, print } from "../output.ts";

export interface ConvertOptions {
  readonly optimize: boolean;
  readonly json: boolean;
}

/** Whole and on the disk, or not there at all. */
async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    const file = await open(partial, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    throw new DataError(
      `output "${path}": ${(cause as Error).message}; expected a writable place with room for ${bytes.length} bytes.`,
      { cause },
    );
  }
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
