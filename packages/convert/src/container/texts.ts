import { ConvertError } from "@coracle/core";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Strings as bytes: for each its length in bytes (u32), then itself in UTF-8. */
export function encodeTexts(texts: readonly string[]): Uint8Array {
  const parts = texts.map((text) => encoder.encode(text));
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + 4 + length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    out.set(part, at + 4);
    at += 4 + part.length;
  }
  return out;
}

/** Throws ConvertError for bytes that end inside a string. */
export function decodeTexts(bytes: Uint8Array): readonly string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = at + 4 <= bytes.length ? view.getUint32(at, true) : bytes.length;
    const end = at + 4 + length;
    if (end > bytes.length) {
      throw new ConvertError(
        `coracle: a string of ${length} bytes at byte ${at} of ${bytes.length}; expected one inside its tensor.`,
      );
    }
    texts.push(decoder.decode(bytes.subarray(at + 4, end)));
    at = end;
  }
  return texts;
}
