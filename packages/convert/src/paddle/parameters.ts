/** Bytes of Paddle's parameter files -> tensors, views of the bytes where aligned. Knows the record format only. */
import { ConvertError, type DType, dataConstructor, dtypeBytes, Tensor } from "@coracle/core";
import type { VarDesc } from "./desc.ts";
import { dtypeOf } from "./dtype.ts";
import { decodeTensorDesc } from "./proto.ts";

export type Parameters = ReadonlyMap<string, Tensor>;

const mostLodLevels = 16;
const mostDescBytes = 4096;

/** Reads records one after another; every failure names the parameter and the byte. */
class Records {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  #at = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
  }

  get rest(): number {
    return this.#bytes.length - this.#at;
  }

  next({ name, tensor: expected }: VarDesc): Tensor {
    this.#version(name);
    const levels = this.#u64(name);
    if (levels > mostLodLevels) this.#fail(name, `${levels} levels of detail`, `at most ${mostLodLevels}`);
    for (let level = 0; level < levels; level++) this.#take(this.#u64(name), name);
    this.#version(name);
    const size = this.#u32(name);
    if (size > mostDescBytes) this.#fail(name, `a description of ${size} bytes`, `at most ${mostDescBytes}`);
    const { dtype, dims } = decodeTensorDesc(this.#take(size, name), name);
    const wanted = expected?.dims;
    if (wanted && !fits(dims, wanted)) this.#fail(name, `shape [${dims.join()}]`, `[${wanted.join()}]`);
    return this.#tensor(dtypeOf(dtype, `parameter "${name}"`), dims, name);
  }

  #tensor(dtype: DType, dims: readonly number[], name: string): Tensor {
    if (dims.some((dim) => dim < 0)) this.#fail(name, `shape [${dims.join()}]`, "no open dimension");
    const bytes = this.#take(
      dims.reduce((product, dim) => product * dim, dtypeBytes(dtype)),
      name,
    );
    return tensorOfBytes(dtype, dims, bytes);
  }

  #version(name: string): void {
    const version = this.#u32(name);
    if (version !== 0) this.#fail(name, `version ${version}`, "0: the file does not belong to this program");
  }

  #u32(name: string): number {
    const at = this.#at;
    this.#take(4, name);
    return this.#view.getUint32(at, true);
  }

  #u64(name: string): number {
    const at = this.#at;
    this.#take(8, name);
    return Number(this.#view.getBigUint64(at, true));
  }

  #take(count: number, name: string): Uint8Array {
    if (!(count <= this.rest)) this.#fail(name, `${this.rest} bytes left`, `${count}`);
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  #fail(name: string, given: string, expected: string): never {
    throw new ConvertError(
      `paddle: parameter "${name}" at byte ${this.#at} of ${this.#file}: ${given}; expected ${expected}.`,
    );
  }
}

/** Programs write a parameter's shape in full; an open dimension takes any size. */
function fits(dims: readonly number[], wanted: readonly number[]): boolean {
  const count = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);
  if (wanted.some((dim) => dim < 0)) return true;
  return count(dims) === count(wanted);
}

/** The elements where they are, or copied when their place is not aligned. */
export function tensorOfBytes(dtype: DType, dims: readonly number[], bytes: Uint8Array): Tensor {
  const size = dtypeBytes(dtype);
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  const Data = dataConstructor(dtype);
  return Tensor.from(
    dtype,
    dims,
    new Data(aligned.buffer as ArrayBuffer, aligned.byteOffset, bytes.length / size),
  );
}

/** A combined file: the records of these parameters in this order, and nothing else. Throws ConvertError. */
export function readCombined(bytes: Uint8Array, wanted: readonly VarDesc[], file: string): Parameters {
  const records = new Records(bytes, file);
  const parameters = new Map(wanted.map((desc) => [desc.name, records.next(desc)]));
  if (records.rest === 0) return parameters;
  throw new ConvertError(
    `paddle: ${file} holds ${records.rest} bytes more than the program's ${wanted.length} parameters; expected none. ` +
      "Give the file that was saved with this program.",
  );
}

/** A file of one parameter. Throws ConvertError. */
export function readSeparate(bytes: Uint8Array, desc: VarDesc, file: string): Tensor {
  return readCombined(bytes, [desc], file).get(desc.name)!;
}
