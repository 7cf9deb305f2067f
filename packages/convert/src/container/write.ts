import { crc32, deflateRawSync } from "node:zlib";
import { type Block, type Node, nestedBlocks, type Program, type Tensor, type Value } from "@coracle/core";
import { Builder } from "flatbuffers";
import { writeAttrs } from "./attrs.ts";
import { aligned, encodings, headerBytes, magic, slots, version } from "./layout.ts";
import { encodeTexts } from "./texts.ts";

export interface WriteOptions {
  /** Tensors are deflated where that makes them smaller: a smaller file that loads more slowly. Default false. */
  readonly compress?: boolean;
}

interface StoredTensor {
  readonly tensor: Tensor;
  readonly bytes: Uint8Array;
  readonly rawBytes: number;
  readonly encoding: number;
  readonly offset: number;
}

function bytesOf(tensor: Tensor): Uint8Array {
  if (tensor.dtype === "string") return encodeTexts(tensor.strings);
  if (tensor.packed) return tensor.packed;
  const { buffer, byteOffset, byteLength } = tensor.data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Collects each value and tensor once, in order of first use. */
class Tables {
  readonly values: Value[] = [];
  readonly tensors: StoredTensor[] = [];
  dataBytes = 0;
  readonly #valueIndex = new Map<Value, number>();
  readonly #tensorIndex = new Map<Tensor, number>();
  readonly #compress: boolean;

  constructor(compress: boolean) {
    this.#compress = compress;
  }

  value(value: Value): number {
    const known = this.#valueIndex.get(value);
    if (known !== undefined) return known;
    const index = this.values.push(value) - 1;
    this.#valueIndex.set(value, index);
    if (value.data) this.tensor(value.data);
    return index;
  }

  tensor(tensor: Tensor): number {
    const known = this.#tensorIndex.get(tensor);
    if (known !== undefined) return known;
    const raw = bytesOf(tensor);
    const deflated = this.#compress ? deflateRawSync(raw) : raw;
    const isSmaller = deflated.length < raw.length;
    const bytes = isSmaller ? deflated : raw;
    const encoding = isSmaller ? encodings.deflate : encodings.raw;
    const index =
      this.tensors.push({ tensor, bytes, rawBytes: raw.length, encoding, offset: this.dataBytes }) - 1;
    this.dataBytes = aligned(this.dataBytes + bytes.length);
    this.#tensorIndex.set(tensor, index);
    return index;
  }
}

/** Writes tables of a flatbuffer: fields in order, offsets of strings and vectors made before their table. */
class GraphWriter {
  readonly #builder = new Builder(1 << 16);
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  graph({ meta, states, ...block }: Program): Uint8Array {
    const b = this.#builder;
    const main = this.#block(block);
    const updates = this.#offsets(
      states.map((state) => this.#state(this.#tables.value(state.variable), this.#tables.value(state.next))),
    );
    const entries = this.#offsets(Object.entries(meta).map(([key, value]) => this.#entry(key, value)));
    const values = this.#offsets(this.#tables.values.map((value) => this.#value(value)));
    const tensors = this.#offsets(this.#tables.tensors.map((tensor) => this.#tensor(tensor)));
    b.startObject(5);
    b.addFieldOffset(slots.graph.meta, entries, 0);
    b.addFieldOffset(slots.graph.values, values, 0);
    b.addFieldOffset(slots.graph.tensors, tensors, 0);
    b.addFieldOffset(slots.graph.main, main, 0);
    b.addFieldOffset(slots.graph.states, updates, 0);
    b.finish(b.endObject());
    return b.asUint8Array();
  }

  #block({ inputs, outputs, nodes }: Block): number {
    const b = this.#builder;
    const ins = this.#ints(inputs.map((value) => this.#tables.value(value)));
    const list = this.#offsets(nodes.map((node) => this.#node(node)));
    const outs = this.#ints(outputs.map((value) => this.#tables.value(value)));
    b.startObject(3);
    b.addFieldOffset(slots.block.inputs, ins, 0);
    b.addFieldOffset(slots.block.outputs, outs, 0);
    b.addFieldOffset(slots.block.nodes, list, 0);
    return b.endObject();
  }

  #node(node: Node): number {
    const b = this.#builder;
    const nested = nestedBlocks(node).map(([, block]) => block);
    const blocks = this.#offsets(nested.map((block) => this.#block(block)));
    const attrs = b.createString(
      writeAttrs(node.attrs, {
        tensor: (tensor) => this.#tables.tensor(tensor),
        block: (block) => nested.indexOf(block),
      }),
    );
    const [op, name] = [b.createSharedString(node.op.name), b.createString(node.name)];
    const ins = this.#ints(node.inputs.map((value) => this.#tables.value(value)));
    const outs = this.#ints(node.outputs.map((value) => this.#tables.value(value)));
    b.startObject(6);
    b.addFieldOffset(slots.node.op, op, 0);
    b.addFieldOffset(slots.node.name, name, 0);
    b.addFieldOffset(slots.node.inputs, ins, 0);
    b.addFieldOffset(slots.node.outputs, outs, 0);
    b.addFieldOffset(slots.node.attrs, attrs, 0);
    b.addFieldOffset(slots.node.blocks, blocks, 0);
    return b.endObject();
  }

  #value({ name, type, data }: Value): number {
    const b = this.#builder;
    const [text, dtype] = [b.createString(name), b.createSharedString(type.dtype)];
    const dims = this.#strings(type.shape.map(String));
    const element = type.element === undefined ? 0 : b.createString(JSON.stringify(type.element));
    b.startObject(5);
    b.addFieldOffset(slots.value.name, text, 0);
    b.addFieldOffset(slots.value.dtype, dtype, 0);
    b.addFieldOffset(slots.value.dims, dims, 0);
    if (element) b.addFieldOffset(slots.value.element, element, 0);
    b.addFieldInt32(slots.value.tensor, data ? this.#tables.tensor(data) : -1, -1);
    return b.endObject();
  }

  #tensor({ tensor, bytes, rawBytes, encoding, offset }: StoredTensor): number {
    const b = this.#builder;
    const dtype = b.createSharedString(tensor.dtype);
    const dims = this.#longs(tensor.shape);
    b.startObject(8);
    b.addFieldInt64(slots.tensor.offset, BigInt(offset), 0n);
    b.addFieldInt64(slots.tensor.storedBytes, BigInt(bytes.length), 0n);
    b.addFieldInt64(slots.tensor.bytes, BigInt(rawBytes), 0n);
    b.addFieldInt32(slots.tensor.crc, crc32(bytes) | 0, 0);
    b.addFieldInt8(slots.tensor.encoding, encoding, 0);
    b.addFieldOffset(slots.tensor.dtype, dtype, 0);
    b.addFieldOffset(slots.tensor.dims, dims, 0);
    b.addFieldInt8(slots.tensor.packed, tensor.packed ? 1 : 0, 0);
    return b.endObject();
  }

  #entry(key: string, value: string): number {
    const b = this.#builder;
    const [k, v] = [b.createString(key), b.createString(value)];
    b.startObject(2);
    b.addFieldOffset(slots.entry.key, k, 0);
    b.addFieldOffset(slots.entry.value, v, 0);
    return b.endObject();
  }

  #state(variable: number, next: number): number {
    const b = this.#builder;
    b.startObject(2);
    b.addFieldInt32(slots.state.variable, variable, -1);
    b.addFieldInt32(slots.state.next, next, -1);
    return b.endObject();
  }

  #strings(items: readonly string[]): number {
    return this.#offsets(items.map((item) => this.#builder.createSharedString(item)));
  }

  #offsets(items: readonly number[]): number {
    this.#builder.startVector(4, items.length, 4);
    for (const item of items.toReversed()) this.#builder.addOffset(item);
    return this.#builder.endVector();
  }

  #ints(items: readonly number[]): number {
    this.#builder.startVector(4, items.length, 4);
    for (const item of items.toReversed()) this.#builder.addInt32(item);
    return this.#builder.endVector();
  }

  #longs(items: readonly number[]): number {
    this.#builder.startVector(8, items.length, 8);
    for (const item of items.toReversed()) this.#builder.addInt64(BigInt(item));
    return this.#builder.endVector();
  }
}

function header(graph: Uint8Array, dataBytes: number): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(magic));
  view.setUint32(8, version, true);
  view.setUint32(12, crc32(graph), true);
  view.setBigUint64(16, BigInt(graph.length), true);
  view.setBigUint64(24, BigInt(dataBytes), true);
  return bytes;
}

/** Program -> the bytes of a `.coracle` file. */
export function toCoracle(program: Program, { compress = false }: WriteOptions = {}): Uint8Array {
  const tables = new Tables(compress);
  const graph = new GraphWriter(tables).graph(program);
  const dataStart = aligned(headerBytes + graph.length);
  const file = new Uint8Array(dataStart + tables.dataBytes);
  file.set(header(graph, tables.dataBytes));
  file.set(graph, headerBytes);
  for (const { bytes, offset } of tables.tensors) file.set(bytes, dataStart + offset);
  return file;
}
