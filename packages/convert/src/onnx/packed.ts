import { ConvertError } from "@coracle/core";

/** The bytes of a packed field's chunks as one array; a view when there is one chunk. */
export function joinBytes(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const out = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

/** Number of varints: bytes without the continuation bit. */
export function countVarints(bytes: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! < 0x80) count++;
  return count;
}

/** Varints as the low 32 bits, signed. Throws ConvertError for one longer than 10 bytes. */
export function readVarints32(bytes: Uint8Array, out: Int32Array): void {
  let at = 0;
  for (let i = 0; i < out.length; i++) {
    let value = 0;
    let shift = 0;
    let byte: number;
    do {
      if (shift >= 70) throw new ConvertError("onnx: integer data is malformed (a varint of over 10 bytes).");
      byte = bytes[at++]!;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80);
    out[i] = value;
  }
}

/** Varints as 64-bit integers, written as pairs of 32-bit words. Throws ConvertError for one longer than 10 bytes. */
export function readVarints64(bytes: Uint8Array, out: BigInt64Array | BigUint64Array): void {
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length * 2);
  let at = 0;
  for (let i = 0; i < out.length; i++) {
    let low = 0;
    let high = 0;
    let shift = 0;
    let byte: number;
    do {
      if (shift >= 70) throw new ConvertError("onnx: integer data is malformed (a varint of over 10 bytes).");
      byte = bytes[at++]!;
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift > 25) high |= shift >= 32 ? bits << (shift - 32) : bits >>> (32 - shift);
      shift += 7;
    } while (byte >= 0x80);
    words[2 * i] = low >>> 0;
    words[2 * i + 1] = high >>> 0;
  }
}
