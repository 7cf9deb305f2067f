/**
 * The `.coracle` file: a header, the graph as a flatbuffer, then the tensors' bytes, each at a multiple of 64 so that a
 * reader uses them where they lie. Numbers are little-endian.
 *
 * | byte | type | header |
 * |---|---|---|
 * | 0 | 8 bytes | "CORACLE\0" |
 * | 8 | u32 | version of this layout |
 * | 12 | u32 | CRC-32 of the graph's bytes |
 * | 16 | u64 | bytes of the graph, from byte 64 |
 * | 24 | u64 | bytes of the tensors, from the next multiple of 64 |
 * | 32 | 32 bytes | zeros |
 */

export const magic = "CORACLE\0";
/** Files of a higher version are refused. */
export const version = 1;
export const alignment = 64;
export const headerBytes = 64;

export const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

/** Slots of the graph's tables, in the order of the schema in `docs/coracle-format.md`. */
export const slots = {
  graph: { meta: 0, values: 1, tensors: 2, main: 3, states: 4 },
  entry: { key: 0, value: 1 },
  value: { name: 0, dtype: 1, dims: 2, element: 3, tensor: 4 },
  tensor: { offset: 0, storedBytes: 1, bytes: 2, crc: 3, encoding: 4, dtype: 5, dims: 6, packed: 7 },
  block: { inputs: 0, outputs: 1, nodes: 2 },
  node: { op: 0, name: 1, inputs: 2, outputs: 3, attrs: 4, blocks: 5 },
  state: { variable: 0, next: 1 },
} as const;

/** How a tensor's bytes are stored. */
export const encodings = { raw: 0, deflate: 1 } as const;
