import { ByteReader, makePixels, type Pixels, refuse } from "./pixels.ts";

const sizes: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4 };
const tags = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  offsets: 273,
  samples: 277,
  rows: 278,
  planar: 284,
  palette: 320,
};

/** The numbers of each tag of the first directory. */
function directory(reader: ByteReader): Map<number, readonly number[]> {
  const found = new Map<number, readonly number[]>();
  const start = reader.u32(4);
  for (let i = 0; i < reader.u16(start); i++) {
    const at = start + 2 + 12 * i;
    const [tag, type, count] = [reader.u16(at), reader.u16(at + 2), reader.u32(at + 4)];
    const size = sizes[type];
    if (size === undefined || count > 2 ** 20) continue;
    const from = size * count <= 4 ? at + 8 : reader.u32(at + 8);
    const read = (index: number): number =>
      size === 1
        ? reader.u8(from + index)
        : size === 2
          ? reader.u16(from + 2 * index)
          : reader.u32(from + 4 * index);
    found.set(
      tag,
      Array.from({ length: count }, (_, index) => read(index)),
    );
  }
  return found;
}

/** The first picture: uncompressed, in strips, of 8 bits: grey, of a palette, or red, green and blue. */
export function decodeTiff(bytes: Uint8Array): Pixels {
  const reader = new ByteReader(bytes, bytes[0] === 0x49);
  const found = directory(reader);
  const one = (tag: number, otherwise: number): number => found.get(tag)?.[0] ?? otherwise;
  const [compression, photometric, planar] = [
    one(tags.compression, 1),
    one(tags.photometric, 1),
    one(tags.planar, 1),
  ];
  if (compression !== 1) refuse("TIFF", `compression ${compression}`, "none");
  if (photometric > 3 || planar !== 1)
    refuse("TIFF", `photometric ${photometric}, planes ${planar}`, "0 to 3 in one plane");
  if ((found.get(tags.bits) ?? [1]).some((bits) => bits !== 8))
    refuse("TIFF", "samples of other than 8 bits", "8");
  const samples = one(tags.samples, 1);
  const pixels = makePixels(one(tags.width, 0), one(tags.height, 0), photometric > 1 ? 3 : 1);
  const { width, height, channels, data } = pixels;
  const [offsets, rows] = [found.get(tags.offsets) ?? [], one(tags.rows, height)];
  const palette = found.get(tags.palette) ?? [];
  for (let y = 0; y < height; y++) {
    const strip =
      offsets[Math.floor(y / rows)] ?? refuse("TIFF", "too few strips", "one for each of its rows");
    for (let x = 0; x < width; x++) {
      const at = strip + ((y % rows) * width + x) * samples;
      for (let c = 0; c < channels; c++) {
        const value = reader.u8(photometric === 3 ? at : at + c);
        const shown = photometric === 3 ? (palette[c * 256 + value] ?? 0) >> 8 : value;
        data[(y * width + x) * channels + c] = photometric === 0 ? 255 - shown : shown;
      }
    }
  }
  return pixels;
}
