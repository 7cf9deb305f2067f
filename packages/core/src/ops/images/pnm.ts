import { ByteReader, makePixels, type Pixels, refuse } from "./pixels.ts";

const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13);

/** Numbers between white space, and comments to the end of their line. */
class Tokens {
  readonly #reader: ByteReader;
  at = 2;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  next(): number {
    for (let byte = this.#reader.u8(this.at); isSpace(byte) || byte === 35; byte = this.#reader.u8(this.at)) {
      if (byte === 35) while (this.#reader.u8(this.at) !== 10) this.at++;
      this.at++;
    }
    let text = "";
    for (
      let byte = this.#reader.bytes[this.at];
      byte !== undefined && !isSpace(byte);
      byte = this.#reader.bytes[++this.at]
    ) {
      text += String.fromCharCode(byte);
    }
    return /^\d+$/.test(text) ? Number(text) : refuse("PNM", `"${text.slice(0, 20)}"`, "a number");
  }
}

/** P2, P3 (text), P5 and P6 (bytes), samples up to 255. */
export function decodePnm(bytes: Uint8Array): Pixels {
  const reader = new ByteReader(bytes, false);
  const kind = reader.u8(1) - 48;
  const tokens = new Tokens(reader);
  const [width, height, most] = [tokens.next(), tokens.next(), tokens.next()];
  if (most < 1 || most > 255) refuse("PNM", `samples up to ${most}`, "1 to 255");
  const pixels = makePixels(width, height, kind === 3 || kind === 6 ? 3 : 1);
  const start = tokens.at + 1;
  const isText = kind < 4;
  for (let i = 0; i < pixels.data.length; i++) {
    const sample = isText ? tokens.next() : reader.u8(start + i);
    pixels.data[i] = most === 255 ? sample : Math.round((sample * 255) / most);
  }
  return pixels;
}
