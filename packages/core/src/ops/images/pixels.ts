/**
 * Encoded pictures -> their pixels, a file for each format. Knows bytes only.
 */
import { DataError } from "../../errors.ts";

/** Rows of interleaved samples, each 8 bits: 1 channel is grey, 3 are red, green and blue. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** More than any camera takes; a hostile header allocates nothing. */
const mostPixels = 2 ** 27;

/** Pixels of zeros. Throws DataError for sizes that are none. */
export function makePixels(width: number, height: number, channels: 1 | 3): Pixels {
  const isSize = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!isSize || width * height > mostPixels) {
    throw new DataError(
      `an image of ${width} by ${height}; expected at least 1 and at most ${mostPixels} pixels.`,
    );
  }
  return { width, height, channels, data: new Uint8Array(width * height * channels) };
}

/** Reads numbers of either byte order. Throws DataError past the end. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly isLittle: boolean;

  constructor(bytes: Uint8Array, isLittle: boolean) {
    this.bytes = bytes;
    this.isLittle = isLittle;
  }

  u8(at: number): number {
    const byte = this.bytes[at];
    if (byte === undefined)
      throw new DataError(`an image of ${this.bytes.length} bytes; expected more: it ends early.`);
    return byte;
  }

  u16(at: number): number {
    const [a, b] = [this.u8(at), this.u8(at + 1)];
    return this.isLittle ? a | (b << 8) : (a << 8) | b;
  }

  u32(at: number): number {
    const [a, b] = [this.u16(at), this.u16(at + 2)];
    return this.isLittle ? a + b * 65536 : a * 65536 + b;
  }

  i32(at: number): number {
    return this.u32(at) | 0;
  }

  /** `length` bytes from `at`. */
  part(at: number, length: number): Uint8Array {
    if (length > 0) this.u8(at + length - 1);
    return this.bytes.subarray(at, at + length);
  }
}

export function refuse(format: string, given: string, expected: string): never {
  throw new DataError(
    `a ${format} image with ${given}; expected ${expected}. Decode it before and feed the pixels.`,
  );
}
