import { DataError } from "../errors.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { Tensor } from "../ir/tensor.ts";
import { decodeBmp } from "./images/bmp.ts";
import { decodeJpeg } from "./images/jpeg.ts";
import type { Pixels } from "./images/pixels.ts";
import { decodePng } from "./images/png.ts";
import { decodePnm } from "./images/pnm.ts";
import { decodeTiff } from "./images/tiff.ts";
import { checkDType, checkInputs, checkRank } from "./shared/check.ts";

export interface DecodeImageAttrs {
  readonly format: "rgb" | "bgr" | "grayscale";
}

interface Format {
  /** The first bytes as Latin-1 text; "?" is any. */
  readonly lead: string;
  readonly name: string;
  readonly decode?: (bytes: Uint8Array) => Pixels;
}

const formats: readonly Format[] = [
  { lead: "\u00ff\u00d8\u00ff", name: "JPEG", decode: decodeJpeg },
  { lead: "\u0089PNG\r\n\u001a\n", name: "PNG", decode: decodePng },
  { lead: "BM", name: "BMP", decode: decodeBmp },
  ...["P2", "P3", "P5", "P6"].map((lead) => ({ lead, name: "PNM", decode: decodePnm })),
  { lead: "II*\0", name: "TIFF", decode: decodeTiff },
  { lead: "MM\0*", name: "TIFF", decode: decodeTiff },
  { lead: "RIFF????WEBP", name: "WebP" },
  { lead: "\0\0\0\u000cjP  ", name: "JPEG 2000" },
  { lead: "\u00ff\u004f\u00ff\u0051", name: "JPEG 2000" },
];

function startsWith(bytes: Uint8Array, lead: string): boolean {
  return [...lead].every((char, i) => char === "?" || bytes[i] === char.charCodeAt(0));
}

function decoded(bytes: Uint8Array): Pixels {
  const format = formats.find(({ lead }) => startsWith(bytes, lead));
  if (format?.decode) return format.decode(bytes);
  const given = format ? `a ${format.name} image` : `${bytes.length} bytes of no known image`;
  throw new DataError(
    `${given}; expected JPEG, PNG, BMP, PNM or TIFF. Decode it before and feed the pixels.`,
  );
}

/** ITU-R BT.601, in 16 bits. */
function grey(red: number, green: number, blue: number): number {
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
}

function converted({ data, channels }: Pixels, format: DecodeImageAttrs["format"]): Uint8Array {
  const count = data.length / channels;
  const out = new Uint8Array(count * (format === "grayscale" ? 1 : 3));
  for (let i = 0; i < count; i++) {
    const [red, green, blue] =
      channels === 1 ? [data[i]!, data[i]!, data[i]!] : [data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!];
    if (format === "grayscale") out[i] = channels === 1 ? red : grey(red, green, blue);
    else out.set(format === "rgb" ? [red, green, blue] : [blue, green, red], 3 * i);
  }
  return out;
}

/** bytes u8 [n], a whole picture file -> u8 [height,width,3], of grey [height,width,1]. Throws ShapeError, DataError. */
export const decodeImage: Op<DecodeImageAttrs> = defineOp<DecodeImageAttrs>({
  name: "decodeImage",
  accuracy: "exact",
  infer(inputs, { format }) {
    checkInputs(inputs, 1);
    checkDType(inputs[0]!, ["u8"], "bytes");
    checkRank(inputs[0]!, 1, 1, "bytes");
    return [{ dtype: "u8", shape: ["?h", "?w", format === "grayscale" ? 1 : 3] }];
  },
  reference([bytes], { format }) {
    const pixels = decoded(bytes!.data as Uint8Array);
    const shape = [pixels.height, pixels.width, format === "grayscale" ? 1 : 3];
    return [Tensor.from("u8", shape, converted(pixels, format))];
  },
});
