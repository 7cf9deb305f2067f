import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ConvertError, type Program, type Shape } from "@coracle/core";
import { otherFormat } from "./detect-format.ts";
import { fromOnnx } from "./onnx/reader.ts";

export interface LoadOptions {
  /** Shapes of inputs, in place of those in the file. */
  readonly inputShapes?: Readonly<Record<string, Shape>>;
  /** The folder of external tensor data; the model's own folder when it is given by its path. */
  readonly folder?: string;
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new ConvertError(`load "${file}": the file cannot be read (${reason}). Check the path.`, { cause });
  }
}

/**
 * A model file (path, file URL or bytes; the format is recognised by its content) -> Program.
 * `meta` holds format, opset, producer and doc. Throws ConvertError.
 */
export async function loadModel(
  source: string | URL | Uint8Array,
  options: LoadOptions = {},
): Promise<Program> {
  if (source instanceof Uint8Array) return parse(source, "bytes", options);
  const file = source instanceof URL ? fileURL(source) : source;
  const bytes = await readBytes(file);
  return parse(bytes, path.basename(file), { folder: path.dirname(path.resolve(file)), ...options });
}

function fileURL(url: URL): string {
  if (url.protocol === "file:") return fileURLToPath(url);
  throw new ConvertError(`load "${url}": protocol ${url.protocol}; expected a file. Download it first.`);
}

function parse(bytes: Uint8Array, name: string, options: LoadOptions): Program {
  const other = otherFormat(bytes);
  if (other !== undefined)
    throw new ConvertError(`load "${name}": looks like ${other}; expected an ONNX model.`);
  return fromOnnx(bytes, options);
}
