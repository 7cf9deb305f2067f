import { DataError, Tensor } from "@coracle/core";
import type { Image } from "./image.ts";

export interface NormalizeOptions {
  readonly layout?: "NCHW" | "NHWC";
  readonly order?: "rgb" | "bgr";
  /** Subtracted from the 0..255 sample, per output channel. */
  readonly mean?: readonly number[];
  /** Divides what is left, per output channel. */
  readonly std?: readonly number[];
}

/** ImageNet's statistics in 0..255 samples. */
export const imagenet: Required<Pick<NormalizeOptions, "mean" | "std">> = {
  mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
  std: [0.229 * 255, 0.224 * 255, 0.225 * 255],
};

/** (sample - mean) / std of images of one size -> f32 [N,C,H,W] or [N,H,W,C]. Throws DataError when sizes differ. */
export function toTensor(images: Image | readonly Image[], options: NormalizeOptions = {}): Tensor {
  const list = Array.isArray(images) ? (images as readonly Image[]) : [images as Image];
  const first = list[0];
  if (!first) throw new DataError("image: no images; expected at least one.");
  const { width, height } = first;
  const channels = first.channels === 4 ? 3 : first.channels;
  const data = new Float32Array(list.length * channels * height * width);
  list.forEach((image, n) => {
    if (image.width !== width || image.height !== height || image.channels !== first.channels) {
      throw new DataError(
        `image ${n}: ${image.width}x${image.height}x${image.channels}; expected ${width}x${height}x${first.channels} as the first.`,
      );
    }
    writeImage(image, data.subarray(n * channels * height * width), options);
  });
  const shape =
    options.layout === "NHWC"
      ? [list.length, height, width, channels]
      : [list.length, channels, height, width];
  return Tensor.from("f32", shape, data);
}

function writeImage(image: Image, out: Float32Array, options: NormalizeOptions): void {
  const { layout = "NCHW", order = "rgb", mean, std } = options;
  const channels = image.channels === 4 ? 3 : image.channels;
  const numPixels = image.width * image.height;
  const [pixelStride, channelStride] = layout === "NCHW" ? [1, numPixels] : [channels, 1];
  for (let c = 0; c < channels; c++) {
    const offset = mean?.[c] ?? 0;
    const factor = 1 / (std?.[c] ?? 1);
    const sourceChannel = order === "bgr" ? channels - 1 - c : c;
    for (
      let p = 0, i = sourceChannel, o = c * channelStride;
      p < numPixels;
      p++, i += image.channels, o += pixelStride
    ) {
      out[o] = (image.data[i]! - offset) * factor;
    }
  }
}
