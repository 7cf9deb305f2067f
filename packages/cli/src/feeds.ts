import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import {
  DataError,
  dataConstructor,
  hasBytes,
  type IoInfo,
  isFloat,
  numElements,
  Tensor,
} from "@coracle/core";
import { decodeImage, imagenet, resize, toTensor } from "@coracle/vision";
import { readNpy } from "./npy.ts";

export interface FeedOptions {
  /** "name=file" or "file" for the only input; files are .npy or pictures. */
  readonly input: readonly string[];
  /** "name=1,3,224,224" or "1,3,224,224" for the only input. */
  readonly shape: readonly string[];
  readonly seed: number;
}

/** "name=value" pairs by name; a bare value belongs to the only input. Throws DataError. */
export function parsePairs(
  pairs: readonly string[],
  inputs: readonly IoInfo[],
  what: string,
): Map<string, string> {
  const result = new Map<string, string>();
  for (const pair of pairs) {
    const [, name, value] = /^(?:([^=]+)=)?(.*)$/s.exec(pair)!;
    const target = name ?? (inputs.length === 1 ? inputs[0]!.name : undefined);
    if (target === undefined || !inputs.some((input) => input.name === target)) {
      const names = inputs.map((input) => `"${input.name}"`).join(", ");
      throw new DataError(
        `${what} "${pair}": no input of that name; expected name=value with one of ${names}.`,
      );
    }
    result.set(target, value!);
  }
  return result;
}

/** Feeds for every input: files where given, else seeded random numbers of the declared or given shape. */
export async function makeFeeds(
  inputs: readonly IoInfo[],
  options: FeedOptions,
): Promise<Record<string, Tensor>> {
  const files = parsePairs(options.input, inputs, "--input");
  const shapes = parsePairs(options.shape, inputs, "--shape");
  const feeds: Record<string, Tensor> = {};
  for (const input of inputs) {
    const shape = shapes.has(input.name) ? parseShape(shapes.get(input.name)!) : undefined;
    const file = files.get(input.name);
    feeds[input.name] =
      file === undefined ? randomFeed(input, shape, options.seed) : await fileFeed(input, file, shape);
  }
  return feeds;
}

export function parseShape(text: string): number[] {
  const shape = text === "" ? [] : text.split(/[,x]/).map(Number);
  if (!shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    throw new DataError(`--shape "${text}": not all whole numbers; expected for example 1,3,224,224.`);
  }
  return shape;
}

/** The declared shape with numbers for symbols: batch 1; what else is unknown must be given. */
export function concreteShape(input: IoInfo): number[] {
  return input.shape.map((dim, axis) => {
    if (typeof dim === "number") return dim;
    if (axis === 0) return 1;
    throw new DataError(
      `input "${input.name}": dimension ${axis} of [${input.shape}] is not fixed; expected --shape ${input.name}=... with numbers.`,
    );
  });
}

function randomFeed(input: IoInfo, given: readonly number[] | undefined, seed: number): Tensor {
  if (!hasBytes(input.dtype)) {
    throw new DataError(
      `input "${input.name}": dtype ${input.dtype}; expected one of numbers. Run such a model by a program of your own.`,
    );
  }
  const shape = given ?? concreteShape(input);
  const data = new (dataConstructor(input.dtype))(numElements(shape));
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  for (let i = 0; i < data.length; i++) {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = next() < 0.5 ? 0n : 1n;
    else data[i] = isFloat(input.dtype) && data.BYTES_PER_ELEMENT > 2 ? next() : next() < 0.5 ? 0 : 1;
  }
  return Tensor.from(input.dtype, shape, data);
}

async function fileFeed(input: IoInfo, file: string, given: readonly number[] | undefined): Promise<Tensor> {
  if (extname(file) === ".npy") {
    const bytes = await readFile(file).catch((cause: unknown) => {
      throw new DataError(`--input "${file}": ${(cause as Error).message}; expected a readable file.`, {
        cause,
      });
    });
    return readNpy(bytes, basename(file));
  }
  const shape = given ?? concreteShape(input);
  const [, channels, height, width] = shape;
  if (shape.length !== 4 || channels !== 3 || input.dtype !== "f32") {
    throw new DataError(
      `input "${input.name}": ${input.dtype}[${shape}] for the picture "${file}"; expected f32 [1,3,H,W], or a .npy file.`,
    );
  }
  const image = await decodeImage(file);
  return toTensor(resize(image, { width: width!, height: height! }), imagenet);
}
