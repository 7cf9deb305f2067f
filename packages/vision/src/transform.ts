import { DataError } from "@coracle/core";
import { createImage, type Image, type Point, type Size } from "./image.ts";

export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}

/** Corners clockwise from the top left. */
export type Quad = readonly [Point, Point, Point, Point];

/** Reads each output pixel from one source pixel. */
function remap(image: Image, size: Size, sourceIndex: (x: number, y: number) => number): Image {
  const out = createImage(size, image.channels);
  const { channels, data } = image;
  for (let y = 0, o = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      const from = sourceIndex(x, y) * channels;
      for (let c = 0; c < channels; c++) out.data[o++] = data[from + c]!;
    }
  }
  return out;
}

export function flip(image: Image, direction: "horizontal" | "vertical"): Image {
  const { width, height } = image;
  return direction === "horizontal"
    ? remap(image, image, (x, y) => y * width + width - 1 - x)
    : remap(image, image, (x, y) => (height - 1 - y) * width + x);
}

/** Quarter turns clockwise. */
export function rotate(image: Image, degrees: 90 | 180 | 270): Image {
  const { width, height } = image;
  if (degrees === 180) return remap(image, image, (x, y) => (height - 1 - y) * width + width - 1 - x);
  const turned = { width: height, height: width };
  return degrees === 90
    ? remap(image, turned, (x, y) => (height - 1 - x) * width + y)
    : remap(image, turned, (x, y) => x * width + width - 1 - y);
}

/** The part of `rect` inside the image. Throws DataError when nothing of it is inside. */
export function crop(image: Image, rect: Rect): Image {
  const left = Math.max(0, Math.round(rect.x));
  const top = Math.max(0, Math.round(rect.y));
  const width = Math.min(image.width, Math.round(rect.x + rect.width)) - left;
  const height = Math.min(image.height, Math.round(rect.y + rect.height)) - top;
  if (width < 1 || height < 1) {
    throw new DataError(
      `crop: [${rect.x},${rect.y} ${rect.width}x${rect.height}]; expected to overlap the ${image.width}x${image.height} image.`,
    );
  }
  return remap(image, { width, height }, (x, y) => (y + top) * image.width + x + left);
}

/** The eight coefficients that take (x, y, 1) of `from` to `to`, the ninth being 1; Gaussian elimination with pivoting. */
export function homography(from: Quad, to: Quad): readonly number[] {
  const rows: number[][] = [];
  for (let i = 0; i < 4; i++) {
    const { x, y } = from[i]!;
    const { x: u, y: v } = to[i]!;
    rows.push([x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]);
  }
  for (let column = 0; column < 8; column++) {
    let pivot = column;
    for (let r = column + 1; r < 8; r++) {
      if (Math.abs(rows[r]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = r;
    }
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const head = rows[column]![column]!;
    if (Math.abs(head) < 1e-12)
      throw new DataError("perspective: three corners on one line; expected a quadrilateral.");
    for (let r = 0; r < 8; r++) {
      if (r === column) continue;
      const factor = rows[r]![column]! / head;
      for (let c = column; c < 9; c++) rows[r]![c]! -= factor * rows[column]![c]!;
    }
  }
  return rows.map((row, i) => row[8]! / row[i]!);
}

/** Cuts the quadrilateral out and straightens it into `size` (default: its longer edges). Edges repeat; bicubic. */
export function perspectiveCrop(image: Image, quad: Quad, size: Size = quadSize(quad)): Image {
  const { width, height } = size;
  const target: Quad = [
    { x: 0, y: 0 },
    { x: width, y: 0 },
    { x: width, y: height },
    { x: 0, y: height },
  ];
  const [a, b, c, d, e, f, g, h] = homography(target, quad) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const out = createImage(size, image.channels);
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0; x < width; x++, o += image.channels) {
      const w = g * x + h * y + 1;
      sampleBicubic(image, (a * x + b * y + c) / w, (d * x + e * y + f) / w, out.data, o);
    }
  }
  return out;
}

/** Straightens the band of this height around a line of points: the line becomes the middle row. Edges repeat; bicubic. */
export function curveCrop(image: Image, line: readonly Point[], height: number): Image {
  const lengths = line.slice(1).map((point, i) => Math.hypot(point.x - line[i]!.x, point.y - line[i]!.y));
  const total = lengths.reduce((a, b) => a + b, 0);
  if (!(total >= 1 && height >= 1)) {
    throw new DataError(
      `curve crop: ${line.length} points over ${total} pixels, height ${height}; expected at least 1 by 1.`,
    );
  }
  const out = createImage({ width: Math.round(total), height: Math.round(height) }, image.channels);
  let piece = 0;
  let before = 0;
  for (let x = 0; x < out.width; x++) {
    const at = ((x + 0.5) * total) / out.width;
    while (piece < lengths.length - 1 && at > before + lengths[piece]!) before += lengths[piece++]!;
    const [from, to] = [line[piece]!, line[piece + 1]!];
    const along = (at - before) / lengths[piece]!;
    const unit = { x: (to.x - from.x) / lengths[piece]!, y: (to.y - from.y) / lengths[piece]! };
    for (let y = 0; y < out.height; y++) {
      const across = ((y + 0.5) * height) / out.height - height / 2;
      const sourceX = from.x + along * (to.x - from.x) - across * unit.y - 0.5;
      const sourceY = from.y + along * (to.y - from.y) + across * unit.x - 0.5;
      sampleBicubic(image, sourceX, sourceY, out.data, (y * out.width + x) * image.channels);
    }
  }
  return out;
}

export function quadSize(quad: Quad): Size {
  const length = (p: Point, q: Point): number => Math.hypot(p.x - q.x, p.y - q.y);
  const [topLeft, topRight, bottomRight, bottomLeft] = quad;
  return {
    width: Math.max(1, Math.floor(Math.max(length(topLeft, topRight), length(bottomLeft, bottomRight)))),
    height: Math.max(1, Math.floor(Math.max(length(topLeft, bottomLeft), length(topRight, bottomRight)))),
  };
}

/** Keys' cubic with a = -0.75 (Keys 1981). */
function cubicWeights(t: number): readonly [number, number, number, number] {
  const a = -0.75;
  const outer = (d: number): number => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  const inner = (d: number): number => ((a + 2) * d - (a + 3)) * d * d + 1;
  return [outer(t + 1), inner(t), inner(1 - t), outer(2 - t)];
}

function sampleBicubic(image: Image, x: number, y: number, out: Uint8Array, offset: number): void {
  const { width, height, channels, data } = image;
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const wx = cubicWeights(x - x0);
  const wy = cubicWeights(y - y0);
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let j = 0; j < 4; j++) {
      const row = Math.min(Math.max(y0 - 1 + j, 0), height - 1) * width;
      let line = 0;
      for (let i = 0; i < 4; i++) {
        line += wx[i]! * data[(row + Math.min(Math.max(x0 - 1 + i, 0), width - 1)) * channels + c]!;
      }
      sum += wy[j]! * line;
    }
    out[offset + c] = Math.min(Math.max(Math.round(sum), 0), 255);
  }
}
