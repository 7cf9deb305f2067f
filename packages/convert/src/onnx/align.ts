import { dtypeBytes } from "@coracle/core";
import { dtypeOf } from "./data-type.ts";
import type { GraphProto, TensorProto } from "./proto.ts";

/** Smaller tensors are copied instead; at this size a message has four bytes of its own before the data. */
const fewestBytes = 1 << 16;
/** What the data may move by without reaching what lies before its own tag and length. */
const mostShift = 3;

type Movable = { -readonly [K in "rawData"]: TensorProto[K] };

/**
 * Moves the data of large initializers back by up to three bytes in the file's own memory, over their tags and
 * lengths, so that tensors can use them where they lie: files do not align them, and copies would double the memory
 * of a model. Only for bytes that nobody else reads.
 */
export function alignInPlace({ initializer }: GraphProto): void {
  for (const tensor of initializer) {
    const { rawData, dataType } = tensor;
    if (!Object.hasOwn(tensor, "rawData") || rawData.length < fewestBytes) continue;
    const shift = rawData.byteOffset % dtypeBytes(dtypeOf(dataType, `initializer "${tensor.name}"`));
    if (shift === 0 || shift > mostShift) continue;
    const target = new Uint8Array(rawData.buffer, rawData.byteOffset - shift, rawData.length);
    target.set(rawData);
    (tensor as Movable).rawData = target;
  }
}
