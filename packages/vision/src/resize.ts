import { createImage, type Image, type Size } from "./image.ts";

export type ResizeFilter = "bilinear" | "nearest" | "area";

/** For each output position its first source index and the weights of the samples from there. */
interface Taps {
  readonly first: Int32Array;
  readonly count: number;
  readonly weights: Float32Array;
}

/** Half-pixel centres; edges repeat, as OpenCV's INTER_LINEAR does. */
function bilinearTaps(source: number, target: number): Taps {
  const first = new Int32Array(target);
  const weights = new Float32Array(target * 2);
  for (let i = 0; i < target; i++) {
    const center = Math.min(Math.max(((i + 0.5) * source) / target - 0.5, 0), source - 1);
    const base = Math.max(0, Math.min(Math.floor(center), source - 2));
    first[i] = base;
    weights[i * 2 + 1] = source === 1 ? 0 : center - base;
    weights[i * 2] = 1 - weights[i * 2 + 1]!;
  }
  return {
    first,
    count: Math.min(2, source),
    weights: source === 1 ? weights.filter((_, i) => i % 2 === 0) : weights,
  };
}

function nearestTaps(source: number, target: number): Taps {
  const first = Int32Array.from({ length: target }, (_, i) =>
    Math.min(source - 1, Math.floor(((i + 0.5) * source) / target)),
  );
  return { first, count: 1, weights: new Float32Array(target).fill(1) };
}

/** The mean of the source interval an output sample covers; bilinear when enlarging. */
function areaTaps(source: number, target: number): Taps {
  if (target >= source) return bilinearTaps(source, target);
  const scale = source / target;
  const count = Math.min(source, Math.ceil(scale) + 1);
  const first = new Int32Array(target);
  const weights = new Float32Array(target * count);
  for (let i = 0; i < target; i++) {
    const begin = i * scale;
    const end = begin + scale;
    first[i] = Math.min(Math.floor(begin), source - count);
    for (let k = 0; k < count; k++) {
      const left = first[i]! + k;
      weights[i * count + k] = Math.max(0, Math.min(end, left + 1) - Math.max(begin, left)) / scale;
    }
  }
  return { first, count, weights };
}

const tapsOf: Readonly<Record<ResizeFilter, (source: number, target: number) => Taps>> = {
  bilinear: bilinearTaps,
  nearest: nearestTaps,
  area: areaTaps,
};

/** Separable resampling, rows first. Throws DataError when the size is not positive. */
export function resize(image: Image, size: Size, filter: ResizeFilter = "bilinear"): Image {
  const out = createImage(size, image.channels);
  const horizontal = tapsOf[filter](image.width, size.width);
  const vertical = tapsOf[filter](image.height, size.height);
  const rows = resampleRows(image, size.width, horizontal);
  const rowLength = size.width * image.channels;
  const sums = new Float32Array(rowLength);
  for (let y = 0; y < size.height; y++) {
    sums.fill(0.5);
    for (let k = 0; k < vertical.count; k++) {
      const weight = vertical.weights[y * vertical.count + k]!;
      const from = (vertical.first[y]! + k) * rowLength;
      if (weight !== 0) for (let i = 0; i < rowLength; i++) sums[i]! += weight * rows[from + i]!;
    }
    out.data.set(sums, y * rowLength);
  }
  return out;
}

function resampleRows(image: Image, width: number, taps: Taps): Float32Array {
  const { channels, data, height } = image;
  const rows = new Float32Array(height * width * channels);
  for (let y = 0, o = 0; y < height; y++) {
    const row = y * image.width * channels;
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++, o++) {
        let sum = 0;
        for (let k = 0, i = row + taps.first[x]! * channels + c; k < taps.count; k++, i += channels) {
          sum += taps.weights[x * taps.count + k]! * data[i]!;
        }
        rows[o] = sum;
      }
    }
  }
  return rows;
}

export interface Letterboxed {
  readonly image: Image;
  /** Original pixels times `scale` plus the padding are pixels of `image`. */
  readonly scale: number;
  readonly padX: number;
  readonly padY: number;
}

/** Resizes by one scale to fit inside `size` and fills the rest, the picture centred (or at the top left). */
export function letterbox(
  image: Image,
  size: Size,
  options: { fill?: number; align?: "center" | "topLeft" } = {},
): Letterboxed {
  const { fill = 114, align = "center" } = options;
  const scale = Math.min(size.width / image.width, size.height / image.height);
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const padX = align === "center" ? Math.floor((size.width - width) / 2) : 0;
  const padY = align === "center" ? Math.floor((size.height - height) / 2) : 0;
  return {
    image: pad(resize(image, { width, height }), size, { x: padX, y: padY, fill }),
    scale,
    padX,
    padY,
  };
}

/** Places the image at (x, y) of a larger canvas. */
export function pad(image: Image, size: Size, at: { x: number; y: number; fill: number }): Image {
  const out = createImage(size, image.channels);
  out.data.fill(at.fill);
  const rowLength = image.width * image.channels;
  for (let y = 0; y < image.height; y++) {
    const row = image.data.subarray(y * rowLength, (y + 1) * rowLength);
    out.data.set(row, ((y + at.y) * size.width + at.x) * image.channels);
  }
  return out;
}
