import { createImage, type Image } from "./image.ts";

/** RGB or RGBA -> RGB with alpha over white dropped in; gray is repeated. */
export function toRgb(image: Image): Image {
  if (image.channels === 3) return image;
  const out = createImage(image, 3);
  const { data, channels } = image;
  for (let i = 0, j = 0; j < out.data.length; i += channels, j += 3) {
    const alpha = channels === 4 ? data[i + 3]! / 255 : 1;
    for (let c = 0; c < 3; c++) {
      const sample = data[channels === 1 ? i : i + c]!;
      out.data[j + c] = Math.round(sample * alpha + 255 * (1 - alpha));
    }
  }
  return out;
}

/** ITU-R BT.601 luma. */
export function toGray(image: Image): Image {
  if (image.channels === 1) return image;
  const out = createImage(image, 1);
  const { data, channels } = image;
  for (let i = 0, j = 0; j < out.data.length; i += channels, j++) {
    out.data[j] = Math.round(0.299 * data[i]! + 0.587 * data[i + 1]! + 0.114 * data[i + 2]!);
  }
  return out;
}
