import { ByteReader, makePixels, type Pixels, refuse } from "./pixels.ts";

/** Uncompressed, of 8 (with a palette), 24 or 32 bits a pixel. Rows lie from the bottom up unless the height is negative. */
export function decodeBmp(bytes: Uint8Array): Pixels {
  const reader = new ByteReader(bytes, true);
  const [offset, headerBytes, bits, compression] = [
    reader.u32(10),
    reader.u32(14),
    reader.u16(28),
    reader.u32(30),
  ];
  if (compression !== 0) refuse("BMP", `compression ${compression}`, "none");
  if (bits !== 8 && bits !== 24 && bits !== 32) refuse("BMP", `${bits} bits a pixel`, "8, 24 or 32");
  const [width, signed] = [reader.i32(18), reader.i32(22)];
  const pixels = makePixels(width, Math.abs(signed), 3);
  const stride = Math.ceil((width * bits) / 32) * 4;
  const palette = 14 + headerBytes;
  for (let y = 0; y < pixels.height; y++) {
    const row = offset + (signed > 0 ? pixels.height - 1 - y : y) * stride;
    for (let x = 0; x < width; x++) {
      const at = bits === 8 ? palette + 4 * reader.u8(row + x) : row + (x * bits) / 8;
      for (let c = 0; c < 3; c++) pixels.data[(y * width + x) * 3 + c] = reader.u8(at + 2 - c);
    }
  }
  return pixels;
}
