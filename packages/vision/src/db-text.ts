import { DataError, type Tensor } from "@coracle/core";
import { readingLine } from "./centre-line.ts";
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
  /** The middle of the line of text, from its start to its end; bent where the text is. */
  readonly centreLine: readonly Point[];
  /** Of the text across its centre line. */
  readonly height: number;
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
  for (const { border, meanProbability: score } of components(map, options.threshold ?? 0.3).slice(
    0,
    maxRegions,
  )) {
    const rect = minAreaRect(convexHull(border));
    if (Math.min(rect.width, rect.height) < minSide) continue;
    if (score < boxThreshold) continue;
    const distance = unclipDistance(rect, unclipRatio);
    const grown = { ...rect, width: rect.width + 2 * distance, height: rect.height + 2 * distance };
    if (Math.min(grown.width, grown.height) < minSide + 2) continue;
    const { line, height } = readingLine(border, rect, distance);
    const scale = { x: original.width / map.width, y: original.height / map.height };
    const centreLine = line.map(({ x, y }) => ({ x: (x + 0.5) * scale.x, y: (y + 0.5) * scale.y }));
    regions.push({
      quad: scaleQuad(rectCorners(grown), map, original),
      centreLine,
      height: height * scale.y,
      score,
    });
  }
  return regions;
}

/** How far every side moves outward: area * ratio / perimeter (the offset of the paper's equation for D'). */
function unclipDistance({ width, height }: RotatedRect, ratio: number): number {
  return (width * height * ratio) / (2 * (width + height));
}

function scaleQuad(quad: Quad, from: Size, to: Size): Quad {
  const scale = ({ x, y }: Point): Point => ({
    x: Math.min(Math.max(Math.round((x * to.width) / from.width), 0), to.width),
    y: Math.min(Math.max(Math.round((y * to.height) / from.height), 0), to.height),
  });
  return [scale(quad[0]), scale(quad[1]), scale(quad[2]), scale(quad[3])];
}

interface Component {
  /** Pixels with a neighbour outside. */
  readonly border: readonly Point[];
  readonly meanProbability: number;
}

/** Eight-connected regions above the threshold. */
function components(map: ProbabilityMap, threshold: number): Component[] {
  const { width, height, data } = map;
  const seen = new Uint8Array(width * height);
  const stack: number[] = [];
  const found: Component[] = [];
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] || data[start]! <= threshold) continue;
    const border: Point[] = [];
    let sum = 0;
    let count = 0;
    seen[start] = 1;
    stack.push(start);
    while (stack.length > 0) {
      const pixel = stack.pop()!;
      sum += data[pixel]!;
      count++;
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
      if (neighbours < 9) border.push({ x, y });
    }
    found.push({ border, meanProbability: sum / count });
  }
  return found;
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
