import { DataError, type Tensor } from "@coracle/core";
import { convexHull, minAreaRect, type RotatedRect, rectCorners } from "./geometry.ts";
import type { Point, Size } from "./image.ts";
import type { Quad } from "./transform.ts";

export interface DbOptions {
  /** Pixels above it are text. */
  readonly threshold?: number;
  /** Regions whose mean probability is below it are dropped. */
  readonly boxThreshold?: number;
  /** How far the shrunk region grows back: offset = area * ratio / perimeter. */
  readonly unclipRatio?: number;
  /** Regions thinner than this many map pixels are dropped. */
  readonly minSide?: number;
  readonly maxRegions?: number;
}

export interface TextRegion {
  /** In pixels of the original picture, clockwise from the top left. */
  readonly quad: Quad;
  readonly score: number;
}

interface ProbabilityMap extends Size {
  readonly data: Float32Array;
}

/**
 * Text regions of a DB probability map (Liao et al. 2020, "Real-time Scene Text Detection with Differentiable
 * Binarization", section 3.3). probability f32 [1,1,H,W]; `original` is the size the map is scaled back to.
 */
export function dbTextRegions(probability: Tensor, original: Size, options: DbOptions = {}): TextRegion[] {
  const [n, c, height, width] = probability.shape;
  if (probability.shape.length !== 4 || n !== 1 || c !== 1) {
    throw new DataError(`db text: probability map [${probability.shape}]; expected [1,1,H,W].`);
  }
  const map: ProbabilityMap = { width: width!, height: height!, data: probability.data as Float32Array };
  const { boxThreshold = 0.6, unclipRatio = 1.5, minSide = 3, maxRegions = 1000 } = options;
  const regions: TextRegion[] = [];
  for (const points of components(map, options.threshold ?? 0.3).slice(0, maxRegions)) {
    const rect = minAreaRect(convexHull(points));
    if (Math.min(rect.width, rect.height) < minSide) continue;
    const score = meanInside(map, rectCorners(rect));
    if (score < boxThreshold) continue;
    const grown = unclip(rect, unclipRatio);
    if (Math.min(grown.width, grown.height) < minSide + 2) continue;
    regions.push({ quad: scaleQuad(rectCorners(grown), map, original), score });
  }
  return regions;
}

/** Moves every side outward by area * ratio / perimeter (the offset of the paper's equation for D'). */
function unclip(rect: RotatedRect, ratio: number): RotatedRect {
  const distance = (rect.width * rect.height * ratio) / (2 * (rect.width + rect.height));
  return { ...rect, width: rect.width + 2 * distance, height: rect.height + 2 * distance };
}

function scaleQuad(quad: Quad, from: Size, to: Size): Quad {
  const scale = ({ x, y }: Point): Point => ({
    x: Math.min(Math.max(Math.round((x * to.width) / from.width), 0), to.width),
    y: Math.min(Math.max(Math.round((y * to.height) / from.height), 0), to.height),
  });
  return [scale(quad[0]), scale(quad[1]), scale(quad[2]), scale(quad[3])];
}

/** Eight-connected regions above the threshold, each as the pixels at the ends of its rows' runs. */
function components(map: ProbabilityMap, threshold: number): Point[][] {
  const { width, height, data } = map;
  const seen = new Uint8Array(width * height);
  const stack: number[] = [];
  const found: Point[][] = [];
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] || data[start]! <= threshold) continue;
    const points: Point[] = [];
    seen[start] = 1;
    stack.push(start);
    while (stack.length > 0) {
      const pixel = stack.pop()!;
      const x = pixel % width;
      const y = (pixel - x) / width;
      let neighbours = 0;
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const next = ny * width + nx;
          if (data[next]! <= threshold) continue;
          neighbours++;
          if (seen[next]) continue;
          seen[next] = 1;
          stack.push(next);
        }
      }
      if (neighbours < 9) points.push({ x, y });
    }
    found.push(points);
  }
  return found;
}

/** The mean probability over the pixels inside a convex quadrilateral. */
function meanInside(map: ProbabilityMap, quad: Quad): number {
  const clampX = (x: number): number => Math.min(Math.max(x, 0), map.width - 1);
  const ys = quad.map(({ y }) => y);
  const top = Math.max(0, Math.floor(Math.min(...ys)));
  const bottom = Math.min(map.height - 1, Math.ceil(Math.max(...ys)));
  let sum = 0;
  let count = 0;
  for (let y = top; y <= bottom; y++) {
    const [left, right] = spanAt(quad, y);
    for (let x = Math.round(clampX(left)); x <= Math.round(clampX(right)); x++) {
      sum += map.data[y * map.width + x]!;
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}

function spanAt(quad: Quad, y: number): readonly [number, number] {
  let left = Infinity;
  let right = -Infinity;
  for (let i = 0; i < 4; i++) {
    const a = quad[i]!;
    const b = quad[(i + 1) % 4]!;
    if (y < Math.min(a.y, b.y) || y > Math.max(a.y, b.y)) continue;
    const x = a.y === b.y ? a.x : a.x + ((y - a.y) * (b.x - a.x)) / (b.y - a.y);
    left = Math.min(left, x, a.y === b.y ? b.x : x);
    right = Math.max(right, x, a.y === b.y ? b.x : x);
  }
  return [left, right];
}

/** Top to bottom, and left to right where tops differ by less than half a line. */
export function readingOrder(regions: readonly TextRegion[]): TextRegion[] {
  const sorted = [...regions].sort((a, b) => a.quad[0].y - b.quad[0].y || a.quad[0].x - b.quad[0].x);
  for (let i = 1; i < sorted.length; i++) {
    for (let j = i; j > 0; j--) {
      const [before, after] = [sorted[j - 1]!, sorted[j]!];
      const lineHeight = Math.abs(before.quad[3].y - before.quad[0].y);
      const isSameLine = Math.abs(after.quad[0].y - before.quad[0].y) < lineHeight / 2;
      if (!isSameLine || after.quad[0].x >= before.quad[0].x) break;
      sorted[j - 1] = after;
      sorted[j] = before;
    }
  }
  return sorted;
}
