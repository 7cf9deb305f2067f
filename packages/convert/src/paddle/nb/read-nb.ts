/** The bytes of a Paddle Lite `.nb` file (meta versions 0, 1 and 2) -> its program and parameters. */
import { ConvertError, CoracleError, dtypeBytes, type Program, type Tensor } from "@coracle/core";
import { Table } from "../../flat-table.ts";
import type { ProgramDesc } from "../desc.ts";
import { dtypeOf } from "../dtype.ts";
import { type Parameters, tensorOfBytes } from "../parameters.ts";
import { type PaddleOptions, readProgram } from "../reader.ts";
import { Cursor } from "./cursor.ts";
import { flatParameter, flatProgram, type RawParameter } from "./flat-program.ts";
import { naiveParameter, naiveProgram } from "./naive-program.ts";

export interface LiteModel {
  readonly program: ProgramDesc;
  readonly parameters: Parameters;
  /** The version of the tool that wrote the file, for people. */
  readonly writer: string;
  readonly metaVersion: number;
}

const headerBytes = 26;
const newestMeta = 2;

/** Whether the bytes begin as `.nb` files do: a small version, a printable name, a size that fits. */
export function isLite(bytes: Uint8Array): boolean {
  if (bytes.length < headerBytes || bytes[1] !== 0 || bytes[0]! > newestMeta) return false;
  const cursor = new Cursor(bytes);
  cursor.take(18);
  return /^[\w.\-+]+$/.test(writerOf(bytes)) && cursor.u64() <= bytes.length - headerBytes;
}

function writerOf(bytes: Uint8Array): string {
  const text = new TextDecoder("latin1").decode(bytes.subarray(2, 18));
  return text.split("\0")[0]!;
}

function tensorOf({ name, dtype, dims, bytes }: RawParameter): Tensor {
  const type = dtypeOf(dtype, `parameter "${name}"`);
  const size = dims.reduce((product, dim) => product * dim, dtypeBytes(type));
  if (size !== bytes.length) {
    throw new ConvertError(
      `paddle: parameter "${name}" of shape [${dims.join()}] holds ${bytes.length} bytes; expected ${size}. Download the file again.`,
    );
  }
  return tensorOfBytes(type, dims, bytes);
}

/** One parameter after another, each with its size and padding. */
function streamed(cursor: Cursor): readonly RawParameter[] {
  const version = cursor.u16();
  if (version !== 0) throw new RangeError(`parameters of version ${version}`);
  cursor.take(cursor.u16());
  cursor.u16();
  const count = cursor.u16();
  cursor.u32();
  return Array.from({ length: count }, () => {
    const total = cursor.u32();
    const offset = cursor.u32();
    if (offset < 4 || offset > total)
      throw new RangeError(`a parameter at offset ${offset} of ${total} bytes`);
    cursor.take(offset - 4);
    return flatParameter(Table.root(cursor.take(total - offset)));
  });
}

const readers: readonly ((
  topology: Uint8Array,
  rest: Uint8Array,
) => [ProgramDesc, readonly RawParameter[]])[] = [
  (topology, rest) => {
    const cursor = new Cursor(rest);
    return [naiveProgram(new Cursor(topology)), cursor.list(() => naiveParameter(cursor))];
  },
  (topology, rest) => [flatProgram(Table.root(topology)), Table.root(rest).tables(0).map(flatParameter)],
  (topology, rest) => [flatProgram(Table.root(topology)), streamed(new Cursor(rest))],
];

/** Throws ConvertError for bytes that are no such file, of a newer kind, or cut short. */
export function readLite(bytes: Uint8Array): LiteModel {
  try {
    const cursor = new Cursor(bytes);
    const metaVersion = cursor.u16();
    const read = readers[metaVersion];
    if (!read) throw new RangeError(`meta version ${metaVersion}, where ${newestMeta} is the newest known`);
    cursor.take(16);
    const topology = cursor.take(cursor.u64());
    const [program, raw] = read(topology, cursor.take(cursor.rest));
    const parameters = new Map(raw.map((one) => [one.name, tensorOf(one)]));
    return { program, parameters, writer: writerOf(bytes), metaVersion };
  } catch (cause) {
    if (CoracleError.isInstance(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConvertError(`paddle lite: the file is malformed (${reason}). Download it again.`, { cause });
  }
}

/** The bytes of a `.nb` file -> Program. Throws ConvertError. */
export function fromLite(bytes: Uint8Array, options: PaddleOptions = {}): Program {
  const { program, parameters, writer, metaVersion } = readLite(bytes);
  const made = readProgram(program, parameters, options);
  return {
    ...made,
    meta: { ...made.meta, producer: `Paddle Lite opt ${writer}`, metaVersion: String(metaVersion) },
  };
}
