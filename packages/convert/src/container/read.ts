import { crc32, inflateRawSync } from "node:zlib";
import {
  type Block,
  ConvertError,
  CoracleError,
  type Dim,
  type DType,
  dataConstructor,
  dtypeBytes,
  type ElementType,
  makeValue,
  type Node,
  type Op,
  ops,
  type Program,
  Tensor,
  type Value,
  verify,
} from "@coracle/core";
import { Table } from "../flat-table.ts";
import { readAttrs } from "./attrs.ts";
import { aligned, encodings, headerBytes, magic, slots, version } from "./layout.ts";
import { decodeTexts } from "./texts.ts";

export interface ReadOptions {
  /** Whether the bytes of tensors are checked too; the graph's always are. Default true. */
  readonly verify?: boolean;
  /** Operators beside the catalogue's, by their names. */
  readonly operators?: readonly Op[];
}

const decoder = new TextDecoder();

/** Whether bytes begin as a `.coracle` file does. */
export function isCoracle(bytes: Uint8Array): boolean {
  return decoder.decode(bytes.subarray(0, magic.length)) === magic;
}

function fail(given: string, expected: string): never {
  throw new ConvertError(`coracle: ${given}; expected ${expected}.`);
}

interface Sections {
  readonly graph: Uint8Array;
  readonly data: Uint8Array;
}

function sections(bytes: Uint8Array): Sections {
  if (!isCoracle(bytes)) fail("no CORACLE at the start", "a .coracle file");
  if (bytes.length < headerBytes) fail(`a file of ${bytes.length} bytes`, `a header of ${headerBytes}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const found = view.getUint32(8, true);
  if (found > version) fail(`version ${found}`, `at most ${version}. Update @coracle/convert`);
  const graphBytes = Number(view.getBigUint64(16, true));
  const dataBytes = Number(view.getBigUint64(24, true));
  const start = aligned(headerBytes + graphBytes);
  if (start + dataBytes !== bytes.length) {
    fail(`a file of ${bytes.length} bytes`, `${start + dataBytes}, as its header says. Download it again`);
  }
  const graph = bytes.subarray(headerBytes, headerBytes + graphBytes);
  if (crc32(graph) !== view.getUint32(12, true))
    fail("a damaged graph", "the bytes that were written. Download it again");
  return { graph, data: bytes.subarray(start) };
}

/** At most this many bytes out of one byte stored: more is no tensor but an attack. */
const mostExpansion = 1100;

function tensorOf(table: Table, data: Uint8Array, isChecked: boolean): Tensor {
  const offset = table.int64(slots.tensor.offset);
  const stored = table.int64(slots.tensor.storedBytes);
  if (offset < 0 || stored < 0 || offset + stored > data.length)
    fail(`a tensor at byte ${offset}`, "one inside the file");
  const bytes = data.subarray(offset, offset + stored);
  if (isChecked && crc32(bytes) !== table.int32(slots.tensor.crc) >>> 0) {
    fail("a damaged tensor", "the bytes that were written. Download it again");
  }
  const dtype = table.string(slots.tensor.dtype) as DType;
  const raw = decoded(table, bytes);
  return ofBytes(dtype, table.int64s(slots.tensor.dims), raw, table.bool(slots.tensor.packed));
}

function decoded(table: Table, bytes: Uint8Array): Uint8Array {
  if (table.uint8(slots.tensor.encoding) === encodings.raw) return bytes;
  const length = table.int64(slots.tensor.bytes);
  if (length > bytes.length * mostExpansion)
    fail(`${bytes.length} deflated bytes of ${length}`, "a plausible size");
  return inflateRawSync(bytes, { maxOutputLength: Math.max(1, length) });
}

function ofBytes(dtype: DType, shape: readonly number[], bytes: Uint8Array, isPacked: boolean): Tensor {
  if (isPacked) return Tensor.fromPacked(dtype, shape, bytes);
  if (dtype === "string") return Tensor.from(dtype, shape, decodeTexts(bytes));
  const Data = dataConstructor(dtype);
  const size = dtypeBytes(dtype);
  if (bytes.length % size !== 0) fail(`${bytes.length} bytes of ${dtype}`, `a multiple of ${size}`);
  const place = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return Tensor.from(
    dtype,
    shape,
    new Data(place.buffer as ArrayBuffer, place.byteOffset, bytes.length / size),
  );
}

const dimOf = (text: string): Dim => (/^\d+$/.test(text) ? Number(text) : text);

function readValue(table: Table, tensors: readonly Tensor[]): Value {
  const dtype = table.string(slots.value.dtype) as DType;
  const shape = table.strings(slots.value.dims).map(dimOf);
  const element = table.string(slots.value.element);
  const type =
    element === "" ? { dtype, shape } : { dtype, shape, element: JSON.parse(element) as ElementType };
  const index = table.int32(slots.value.tensor, -1);
  return makeValue(
    table.string(slots.value.name),
    type,
    index < 0 ? undefined : at(tensors, index, "tensor"),
  );
}

function at<T>(items: readonly T[], index: number, what: string): T {
  return items[index] ?? fail(`${what} ${index} of ${items.length}`, "one that the file holds");
}

const catalogue: ReadonlyMap<string, Op> = new Map(
  Object.values(ops).flatMap((item) => {
    const op = item as unknown as Partial<Op>;
    return typeof op === "object" && op !== null && typeof op.reference === "function"
      ? [[op.name!, op as Op]]
      : [];
  }),
);

class GraphReader {
  readonly #values: readonly Value[];
  readonly #tensors: readonly Tensor[];
  readonly #operators: ReadonlyMap<string, Op>;

  constructor(graph: Table, tensors: readonly Tensor[], operators: readonly Op[]) {
    this.#tensors = tensors;
    this.#values = graph.tables(slots.graph.values).map((table) => readValue(table, tensors));
    this.#operators = new Map([...catalogue, ...operators.map((op): [string, Op] => [op.name, op])]);
  }

  program(graph: Table): Program {
    const main = graph.table(slots.graph.main) ?? fail("no main block", "one");
    const meta = graph
      .tables(slots.graph.meta)
      .map((entry) => [entry.string(slots.entry.key), entry.string(slots.entry.value)]);
    const states = graph.tables(slots.graph.states).map((state) => ({
      variable: this.#value(state.int32(slots.state.variable, -1)),
      next: this.#value(state.int32(slots.state.next, -1)),
    }));
    return { ...this.#block(main), meta: Object.fromEntries(meta) as Record<string, string>, states };
  }

  #value(index: number): Value {
    return at(this.#values, index, "value");
  }

  #block(table: Table): Block {
    const list = (slot: number): Value[] => table.int32s(slot).map((index) => this.#value(index));
    return {
      inputs: list(slots.block.inputs),
      outputs: list(slots.block.outputs),
      nodes: table.tables(slots.block.nodes).map((node) => this.#node(node)),
    };
  }

  #node(table: Table): Node {
    const name = table.string(slots.node.name);
    const opName = table.string(slots.node.op);
    const op = this.#operators.get(opName);
    if (!op)
      return fail(
        `operator "${opName}" of node "${name}"`,
        "one of the catalogue or of the option `operators`",
      );
    const blocks = table.tables(slots.node.blocks).map((block) => this.#block(block));
    const list = (slot: number): Value[] => table.int32s(slot).map((index) => this.#value(index));
    return {
      name,
      op,
      attrs: readAttrs(table.string(slots.node.attrs), { tensors: this.#tensors, blocks }),
      inputs: list(slots.node.inputs),
      outputs: list(slots.node.outputs),
    };
  }
}

/**
 * The bytes of a `.coracle` file -> Program. Tensors are views of `bytes` unless they are stored compressed.
 * Throws ConvertError for files that are damaged, newer than this package, or hold unknown operators.
 */
export function fromCoracle(bytes: Uint8Array, options: ReadOptions = {}): Program {
  const { graph, data } = sections(bytes);
  try {
    const root = Table.root(graph);
    const isChecked = options.verify ?? true;
    const tensors = root.tables(slots.graph.tensors).map((table) => tensorOf(table, data, isChecked));
    const program = new GraphReader(root, tensors, options.operators ?? []).program(root);
    verify(program);
    return program;
  } catch (cause) {
    if (cause instanceof ConvertError) throw cause;
    if (!(CoracleError.isInstance(cause) || cause instanceof Error)) throw cause;
    throw new ConvertError(`coracle: the graph is malformed (${cause.message}). Write the file again.`, {
      cause,
    });
  }
}
