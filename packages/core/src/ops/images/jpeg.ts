import { DataError } from "../../errors.ts";
import { interleaved, inverseDct, type Plane } from "./jpeg-pixels.ts";
import { ByteReader, makePixels, type Pixels, refuse } from "./pixels.ts";

/** Where the coefficients of a block go, in the order of the file. */
const zigzag = Uint8Array.from([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
]);

/** Codes by length: the first code of each, and where its symbols start. */
interface Huffman {
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly start: Int32Array;
  readonly symbols: Uint8Array;
}

interface Component {
  readonly id: number;
  readonly h: number;
  readonly v: number;
  readonly quant: number;
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly components: readonly Component[];
}

interface Tables {
  readonly quant: Map<number, Uint16Array>;
  readonly huffman: Map<number, Huffman>;
  restart: number;
  /** Adobe's note that three components are red, green and blue themselves. */
  isRgb: boolean;
}

function huffmanOf(counts: Uint8Array, symbols: Uint8Array): Huffman {
  const [first, last, start] = [new Int32Array(17), new Int32Array(17).fill(-1), new Int32Array(17)];
  let [code, at] = [0, 0];
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1]!;
    first[length] = code;
    start[length] = at;
    if (count > 0) last[length] = code + count - 1;
    code = (code + count) << 1;
    at += count;
  }
  return { first, last, start, symbols };
}

/** A decoder may ask for so many bytes after the last one of a scan. */
const mostPast = 16;

/** The bits of a scan, without the bytes stuffed after 0xff; a few zeros past a marker or the end. */
class Bits {
  readonly #bytes: Uint8Array;
  #at: number;
  #past = 0;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  bit(): number {
    if (this.#count === 0) {
      this.#held = this.#next();
      this.#count = 8;
    }
    return (this.#held >> --this.#count) & 1;
  }

  #next(): number {
    const byte = this.#bytes[this.#at] ?? 0;
    const isMarker = byte === 0xff && this.#bytes[this.#at + 1] !== 0;
    if (isMarker || this.#at >= this.#bytes.length) {
      if (++this.#past > mostPast)
        throw new DataError("a JPEG image that ends early; expected a whole file.");
      return 0;
    }
    this.#at += byte === 0xff ? 2 : 1;
    return byte;
  }

  /** A number of so many bits, negative where its first bit is 0. */
  signed(length: number): number {
    let value = 0;
    for (let i = 0; i < length; i++) value = (value << 1) | this.bit();
    return length === 0 || value >= 1 << (length - 1) ? value : value - (1 << length) + 1;
  }

  symbol({ first, last, start, symbols }: Huffman): number {
    let code = 0;
    for (let length = 1; length <= 16; length++) {
      code = (code << 1) | this.bit();
      if (code <= last[length]!) return symbols[start[length]! + code - first[length]!] ?? 0;
    }
    throw new DataError("a JPEG image with a code that is none; expected a whole file.");
  }

  /** Past the next restart marker. */
  restart(): void {
    this.#count = 0;
    this.#past = 0;
    while (this.#at + 1 < this.#bytes.length) {
      const isMarker = this.#bytes[this.#at] === 0xff && (this.#bytes[this.#at + 1]! & 0xf8) === 0xd0;
      this.#at += isMarker ? 2 : 1;
      if (isMarker) return;
    }
  }
}

function readFrame(reader: ByteReader, at: number): Frame {
  if (reader.u8(at) !== 8) refuse("JPEG", `${reader.u8(at)} bits a sample`, "8");
  const count = reader.u8(at + 5);
  if (count !== 1 && count !== 3) refuse("JPEG", `${count} components`, "1 or 3");
  const components = Array.from({ length: count }, (_, i): Component => {
    const from = at + 6 + 3 * i;
    const factors = reader.u8(from + 1);
    return { id: reader.u8(from), h: factors >> 4, v: factors & 15, quant: reader.u8(from + 2) };
  });
  if (components.some(({ h, v }) => h < 1 || h > 4 || v < 1 || v > 4))
    refuse("JPEG", "a factor beyond 4", "1 to 4");
  return { height: reader.u16(at + 1), width: reader.u16(at + 3), components };
}

function readTables(reader: ByteReader, marker: number, from: number, end: number, tables: Tables): void {
  for (let at = from; at < end; ) {
    const kind = reader.u8(at++);
    if (marker === 0xdb) {
      const isWide = kind >> 4 !== 0;
      const table = new Uint16Array(64);
      for (let i = 0; i < 64; i++) table[zigzag[i]!] = isWide ? reader.u16(at + 2 * i) : reader.u8(at + i);
      tables.quant.set(kind & 15, table);
      at += isWide ? 128 : 64;
    } else {
      const counts = reader.part(at, 16);
      const total = counts.reduce((sum, count) => sum + count, 0);
      tables.huffman.set(kind, huffmanOf(counts, reader.part(at + 16, total)));
      at += 16 + total;
    }
  }
}

interface Scanned {
  readonly component: Component;
  readonly plane: Plane;
  readonly dc: Huffman;
  readonly ac: Huffman;
  readonly quant: Uint16Array;
  previous: number;
}

function readBlock(bits: Bits, scanned: Scanned, block: Int32Array): void {
  block.fill(0);
  scanned.previous += bits.signed(bits.symbol(scanned.dc));
  block[0] = scanned.previous * scanned.quant[0]!;
  for (let k = 1; k < 64; k++) {
    const symbol = bits.symbol(scanned.ac);
    const [run, length] = [symbol >> 4, symbol & 15];
    if (length === 0 && run !== 15) return;
    k += run;
    if (length === 0) continue;
    const at = zigzag[Math.min(k, 63)]!;
    block[at] = bits.signed(length) * scanned.quant[at]!;
  }
}

function readScan(reader: ByteReader, at: number, frame: Frame, tables: Tables): readonly Plane[] {
  const { components, width, height } = frame;
  if (reader.u8(at) !== components.length) refuse("JPEG", "components in scans of their own", "one scan");
  const [hMost, vMost] = [
    Math.max(...components.map(({ h }) => h)),
    Math.max(...components.map(({ v }) => v)),
  ];
  const [columns, rows] = [Math.ceil(width / (8 * hMost)), Math.ceil(height / (8 * vMost))];
  const need = <T>(found: T | undefined): T =>
    found ?? refuse("JPEG", "a table that is not there", "all tables before the scan");
  const scans = components.map((component, i): Scanned => {
    const { h, v, quant } = component;
    const choice = reader.u8(at + 2 + 2 * i);
    const plane: Plane = {
      width: Math.ceil((width * h) / hMost),
      height: Math.ceil((height * v) / vMost),
      stride: columns * h * 8,
      h: hMost / h,
      v: vMost / v,
      data: new Uint8Array(columns * h * 8 * rows * v * 8),
    };
    return {
      component,
      plane,
      dc: need(tables.huffman.get(choice >> 4)),
      ac: need(tables.huffman.get(16 + (choice & 15))),
      quant: need(tables.quant.get(quant)),
      previous: 0,
    };
  });
  const bits = new Bits(reader.bytes, at + 4 + 2 * components.length);
  const block = new Int32Array(64);
  for (let unit = 0; unit < columns * rows; unit++) {
    if (tables.restart > 0 && unit > 0 && unit % tables.restart === 0) {
      bits.restart();
      for (const scanned of scans) scanned.previous = 0;
    }
    for (const scanned of scans) {
      const { h, v } = scanned.component;
      for (let i = 0; i < h * v; i++) {
        readBlock(bits, scanned, block);
        const x = ((unit % columns) * h + (i % h)) * 8;
        const y = (Math.floor(unit / columns) * v + Math.floor(i / h)) * 8;
        inverseDct(block, scanned.plane, y * scanned.plane.stride + x);
      }
    }
  }
  return scans.map(({ plane }) => plane);
}

/** Sequential JPEG of 8 bits, grey or of three components, as libjpeg decodes it. */
export function decodeJpeg(bytes: Uint8Array): Pixels {
  const reader = new ByteReader(bytes, false);
  const tables: Tables = { quant: new Map(), huffman: new Map(), restart: 0, isRgb: false };
  let frame: Frame | undefined;
  for (let at = 2; ; ) {
    const marker =
      reader.u8(at) === 0xff ? reader.u8(at + 1) : refuse("JPEG", "bytes between its segments", "markers");
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = reader.u16(at + 2);
    const [from, end] = [at + 4, at + 2 + length];
    if (marker === 0xc0 || marker === 0xc1) frame = readFrame(reader, from);
    else if (marker === 0xdb || marker === 0xc4) readTables(reader, marker, from, end, tables);
    else if (marker === 0xdd) tables.restart = reader.u16(from);
    else if (marker === 0xee && length >= 14) tables.isRgb = reader.u8(from + 11) === 0;
    else if (marker >= 0xc2 && marker <= 0xcf && marker !== 0xc8 && marker !== 0xcc)
      refuse("JPEG", "progressive or arithmetic coding", "sequential Huffman coding");
    if (marker === 0xda) {
      if (!frame) return refuse("JPEG", "a scan without a frame", "a frame before it");
      const pixels = makePixels(frame.width, frame.height, frame.components.length === 1 ? 1 : 3);
      interleaved(readScan(reader, from, frame, tables), pixels, tables.isRgb);
      return pixels;
    }
    at = end;
  }
}
