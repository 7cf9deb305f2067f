/** Where the parts of a Paddle model lie on disk: a folder, a program and its parameters by any of their usual names. */
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { ConvertError, type Program } from "@coracle/core";
import { readBytes } from "../read-file.ts";
import { type ProgramDesc, parametersOf } from "./desc.ts";
import { type Parameters, readCombined, readSeparate } from "./parameters.ts";
import { decodePir, isPir } from "./pir.ts";
import { decodeProgram } from "./proto.ts";
import { type PaddleOptions, readProgram } from "./reader.ts";

export interface PaddleFiles extends PaddleOptions {
  /** The file of all parameters, or its bytes, where it does not lie beside the program under its name. */
  readonly parameters?: string | Uint8Array;
}

const isFolder = (file: string): boolean => existsSync(file) && statSync(file).isDirectory();

/** The combined parameters of a program file, by the names that the framework gives them. */
function combinedBeside(file: string): string | undefined {
  const { dir, name } = path.parse(file);
  const candidates = [`${name}.pdiparams`, "__params__", "params"].map((base) => path.join(dir, base));
  return candidates.find((candidate) => existsSync(candidate) && !isFolder(candidate));
}

/** Where a parameter's own file lies; names that lead out of the folder are refused. */
function placeOf(folder: string, name: string): string {
  const place = path.resolve(folder, name);
  if (place.startsWith(path.resolve(folder) + path.sep)) return place;
  throw new ConvertError(`paddle: parameter "${name}" lies outside ${folder}; expected a name inside it.`);
}

async function readParameters(
  desc: ProgramDesc,
  file: string,
  given?: string | Uint8Array,
): Promise<Parameters> {
  const wanted = parametersOf(desc);
  if (given instanceof Uint8Array) return readCombined(given, wanted, "the parameters");
  const combined = given ?? combinedBeside(file);
  if (combined !== undefined) return readCombined(await readBytes(combined), wanted, path.basename(combined));
  const folder = path.dirname(file);
  const missing = wanted.filter(({ name }) => !existsSync(placeOf(folder, name)));
  if (missing.length > 0) {
    throw new ConvertError(
      `load "${file}": ${missing.length} of ${wanted.length} parameters ("${missing[0]!.name}"...) have no file in ${folder}; ` +
        "expected one file for each, or all in a .pdiparams or __params__ file beside the program.",
    );
  }
  const files = wanted.map(async (one) => {
    const place = placeOf(folder, one.name);
    return [one.name, readSeparate(await readBytes(place), one, path.basename(place))] as const;
  });
  return new Map(await Promise.all(files));
}

/** The program file of a folder. Throws ConvertError when there is none or more than one. */
export async function programIn(folder: string, names: readonly string[]): Promise<string> {
  if (names.includes("__model__")) return path.join(folder, "__model__");
  const programs = names.filter((name) => /\.(pdmodel|json)$/.test(name));
  if (programs.length === 1) return path.join(folder, programs[0]!);
  throw new ConvertError(
    `load "${folder}": ${programs.length} program files (*.pdmodel, *.json, __model__); expected one. Give the file's own path.`,
  );
}

const isJson = (bytes: Uint8Array): boolean => isPir(new TextDecoder().decode(bytes.subarray(0, 64)));

/** Whether a file is a Paddle program, by its name or its content. */
export function isPaddle(bytes: Uint8Array, name: string): boolean {
  return name === "__model__" || name.endsWith(".pdmodel") || isJson(bytes);
}

const describe = (bytes: Uint8Array): ProgramDesc =>
  isJson(bytes) ? decodePir(bytes) : decodeProgram(bytes);

/** `__model__`, `*.pdmodel` or `*.json` with its parameters -> Program. Throws ConvertError. */
export async function loadPaddle(
  bytes: Uint8Array,
  file: string,
  options: PaddleFiles = {},
): Promise<Program> {
  const desc = describe(bytes);
  return readProgram(desc, await readParameters(desc, file, options.parameters), options);
}

/** The bytes of a program and of its combined parameters -> Program. Throws ConvertError. */
export function fromPaddle(bytes: Uint8Array, parameters: Uint8Array, options: PaddleOptions = {}): Program {
  const desc = describe(bytes);
  return readProgram(desc, readCombined(parameters, parametersOf(desc), "the parameters"), options);
}
