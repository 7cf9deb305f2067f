import { BackendUnavailableError, DataError } from "@coracle/core";
import type sharpModule from "sharp";
import { createImage, type Image } from "./image.ts";

type Sharp = typeof sharpModule;

/** The optional peer that decodes and encodes. Throws BackendUnavailableError when it is not installed. */
export async function loadSharp(): Promise<Sharp> {
  try {
    return (await import("sharp")).default;
  } catch (cause) {
    throw new BackendUnavailableError(
      'vision: the package "sharp" is not installed; run: npm install sharp.',
      { cause },
    );
  }
}

/** JPEG, PNG, WebP and what else sharp reads -> RGB, turned upright by its EXIF orientation. Throws DataError. */
export async function decodeImage(source: string | Uint8Array): Promise<Image> {
  const sharp = await loadSharp();
  try {
    const { data, info } = await sharp(source)
      .rotate()
      .removeAlpha()
      .toColourspace("srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
    const image = createImage(
      info,
      info.channels as 1 | 3 | 4,
      new Uint8Array(data.buffer, data.byteOffset, data.length),
    );
    return image.channels === 1 ? grayToRgb(image) : image;
  } catch (cause) {
    const name = typeof source === "string" ? `"${source}"` : `${source.length} bytes`;
    throw new DataError(
      `image: ${name} cannot be decoded (${(cause as Error).message}); expected JPEG, PNG or WebP.`,
      { cause },
    );
  }
}

function grayToRgb(image: Image): Image {
  const out = createImage(image, 3);
  for (let i = 0; i < image.data.length; i++) out.data.fill(image.data[i]!, i * 3, i * 3 + 3);
  return out;
}

/** A PNG file's bytes. */
export async function encodePng(image: Image): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const { width, height, channels, data } = image;
  return sharp(data, { raw: { width, height, channels } }).png().toBuffer();
}
