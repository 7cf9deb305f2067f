import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ConvertError, type Op, type Program, type Shape } from "@coracle/core";
import { fromCoracle, isCoracle } from "./container/read.ts";
import { otherFormat } from "./detect-format.ts";
import type { Operators } from "./onnx/operators.ts";
import { fromOnnx, fromOwnOnnx } from "./onnx/reader.ts";
import { isPaddle, loadPaddle, programIn } from "./paddle/load.ts";
import { fromLite, isLite } from "./paddle/nb/read-nb.ts";
import { readBytes } from "./read-file.ts";

export interface LoadOptions {
  /** Shapes of inputs, in place of those in the file. */
  readonly inputShapes?: Readonly<Record<string, Shape>>;
  /** The folder of external tensor data; the model's own folder when it is given by its path. */
  readonly folder?: string;
  /** Paddle: the file of all parameters, or its bytes, where it does not lie beside the program under its name. */
  readonly parameters?: string | Uint8Array;
  /** ONNX: operators beside or in place of those known here, by name with domain ("com.example.Scale"). */
  readonly operators?: Operators;
  /** `.coracle`: operators of one's own that the file may hold. */
  readonly ops?: readonly Op[];
  /** `.coracle`: whether the bytes of weights are checked too. Default true. */
  readonly verify?: boolean;
}

/**
 * A model file (path, file URL or bytes; the format is recognised by its content), or the folder of a Paddle model
 * -> Program. Reads `.coracle`, ONNX, Paddle (`__model__`, `*.pdmodel`, `*.json`, with their parameters) and Paddle Lite (`*.nb`).
 * `meta` holds format, version and producer. Throws ConvertError.
 */
export async function loadModel(
  source: string | URL | Uint8Array,
  options: LoadOptions = {},
): Promise<Program> {
  if (source instanceof Uint8Array) return parse(source, "bytes", options, fromOnnx);
  const given = source instanceof URL ? fileURL(source) : source;
  const file = (await isFolder(given)) ? await programIn(given, await readdir(given)) : given;
  const located = { folder: path.dirname(path.resolve(file)), ...options };
  return parse(await readBytes(file), file, located, fromOwnOnnx);
}

async function isFolder(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isDirectory() ?? false;
}

function fileURL(url: URL): string {
  if (url.protocol === "file:") return fileURLToPath(url);
  throw new ConvertError(`load "${url}": protocol ${url.protocol}; expected a file. Download it first.`);
}

async function parse(
  bytes: Uint8Array,
  file: string,
  options: LoadOptions,
  readOnnx: typeof fromOwnOnnx,
): Promise<Program> {
  const name = path.basename(file);
  if (isCoracle(bytes)) {
    const { verify = true, ops = [] } = options;
    return fromCoracle(bytes, { verify, operators: ops });
  }
  if (isLite(bytes)) return fromLite(bytes, options);
  if (isPaddle(bytes, name)) return loadPaddle(bytes, file, options);
  const other = otherFormat(bytes);
  if (other === "a Paddle program" && options.parameters !== undefined)
    return loadPaddle(bytes, file, options);
  if (other !== undefined)
    throw new ConvertError(
      `load "${name}": looks like ${other}; expected a .coracle, ONNX, Paddle or Paddle Lite model.`,
    );
  return readOnnx(bytes, options);
}
