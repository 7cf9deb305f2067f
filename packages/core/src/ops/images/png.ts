import { inflateSync } from "node:zlib";
import { DataError } from "../../errors.ts";
import { ByteReader, makePixels, type Pixels, refuse } from "./pixels.ts";

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly color: number;
}

/** Samples of a pixel by colour type. */
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

function headerOf(reader: ByteReader): Header {
  const [width, height, depth, color] = [reader.u32(16), reader.u32(20), reader.u8(24), reader.u8(25)];
  if (reader.u8(28) !== 0) refuse("PNG", "interlaced rows", "rows in order");
  if (samplesOf[color] === undefined || ![1, 2, 4, 8, 16].includes(depth))
    refuse("PNG", `colour type ${color} of ${depth} bits`, "a type of the standard");
  return { width, height, depth, color };
}

interface Chunks {
  readonly data: Uint8Array;
  readonly palette: Uint8Array;
}

function chunksOf(reader: ByteReader): Chunks {
  const parts: Uint8Array[] = [];
  let palette = new Uint8Array(0);
  for (let at = 8; at + 8 <= reader.bytes.length; ) {
    const length = reader.u32(at);
    const type = String.fromCharCode(...reader.part(at + 4, 4));
    if (type === "IEND") break;
    if (type === "IDAT") parts.push(reader.part(at + 8, length));
    if (type === "PLTE") palette = new Uint8Array(reader.part(at + 8, length));
    at += 12 + length;
  }
  const data = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return { data, palette };
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** What is added to a byte, by the row's filter. */
function predicted(filter: number, left: number, up: number, corner: number): number {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    case 4:
      return paeth(left, up, corner);
    default:
      return refuse("PNG", `filter ${filter}`, "0 to 4");
  }
}

/** Rows with their filters undone, in place; each still has its filter's byte in front. */
function unfilter(raw: Uint8Array, rowBytes: number, pixelBytes: number): void {
  for (let start = 0; start < raw.length; start += rowBytes + 1) {
    const filter = raw[start]!;
    for (let i = 1; i <= rowBytes; i++) {
      const at = start + i;
      const left = i > pixelBytes ? raw[at - pixelBytes]! : 0;
      const up = start > 0 ? raw[at - rowBytes - 1]! : 0;
      const corner = start > 0 && i > pixelBytes ? raw[at - rowBytes - 1 - pixelBytes]! : 0;
      raw[at] = raw[at]! + predicted(filter, left, up, corner);
    }
  }
}

function inflated(data: Uint8Array, bytes: number): Uint8Array {
  try {
    const raw = inflateSync(data, { maxOutputLength: bytes });
    if (raw.length === bytes) return new Uint8Array(raw);
    throw new DataError(`a PNG image with ${raw.length} bytes of rows; expected ${bytes}.`);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError("a PNG image whose rows cannot be unpacked; expected a whole file.", { cause });
  }
}

/** Every colour type and depth, not interlaced; alpha is left out, 16 bits become 8. */
export function decodePng(bytes: Uint8Array): Pixels {
  const reader = new ByteReader(bytes, false);
  const { width, height, depth, color } = headerOf(reader);
  const { data, palette } = chunksOf(reader);
  const samples = samplesOf[color]!;
  const pixels = makePixels(width, height, color === 0 || color === 4 ? 1 : 3);
  const rowBytes = Math.ceil((width * samples * depth) / 8);
  const raw = inflated(data, (rowBytes + 1) * height);
  unfilter(raw, rowBytes, Math.max(1, (samples * depth) / 8));
  const most = 2 ** depth - 1;
  const sample = (y: number, index: number): number => {
    const bit = index * depth;
    const at = y * (rowBytes + 1) + 1 + (bit >> 3);
    return depth >= 8 ? raw[at]! : (raw[at]! >> (8 - depth - (bit & 7))) & most;
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < pixels.channels; c++) {
        const value = sample(y, x * samples + (color === 3 ? 0 : c));
        const to = (y * width + x) * pixels.channels + c;
        if (color === 3) pixels.data[to] = palette[value * 3 + c] ?? 0;
        else pixels.data[to] = depth < 8 ? (value * 255) / most : value;
      }
    }
  }
  return pixels;
}
