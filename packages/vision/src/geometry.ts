import type { Point } from "./image.ts";
import type { Quad } from "./transform.ts";

const cross = (o: Point, a: Point, b: Point): number => (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);

/** Andrew's monotone chain; collinear points are left out. */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  if (sorted.length < 3) return sorted;
  const half = (list: readonly Point[]): Point[] => {
    const chain: Point[] = [];
    for (const point of list) {
      while (chain.length >= 2 && cross(chain.at(-2)!, chain.at(-1)!, point) <= 0) chain.pop();
      chain.push(point);
    }
    chain.pop();
    return chain;
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

/** A rectangle at any angle: corner = center +- width/2 * axis +- height/2 * normal. */
export interface RotatedRect {
  readonly center: Point;
  readonly width: number;
  readonly height: number;
  /** Unit direction of the width. */
  readonly axis: Point;
}

/** The smallest rectangle around a convex hull: one side lies on a hull edge (Freeman and Shapira 1975). */
export function minAreaRect(hull: readonly Point[]): RotatedRect {
  let best: RotatedRect = { center: hull[0] ?? { x: 0, y: 0 }, width: 0, height: 0, axis: { x: 1, y: 0 } };
  let bestArea = Infinity;
  for (let i = 0; i < hull.length; i++) {
    const from = hull[i]!;
    const to = hull[(i + 1) % hull.length]!;
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    if (length === 0) continue;
    const rect = boundsAlong(hull, { x: (to.x - from.x) / length, y: (to.y - from.y) / length });
    if (rect.width * rect.height < bestArea) {
      bestArea = rect.width * rect.height;
      best = rect;
    }
  }
  return best;
}

function boundsAlong(points: readonly Point[], axis: Point): RotatedRect {
  let [minU, maxU, minV, maxV] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { x, y } of points) {
    const u = x * axis.x + y * axis.y;
    const v = y * axis.x - x * axis.y;
    minU = Math.min(minU, u);
    maxU = Math.max(maxU, u);
    minV = Math.min(minV, v);
    maxV = Math.max(maxV, v);
  }
  const u = (minU + maxU) / 2;
  const v = (minV + maxV) / 2;
  const center = { x: u * axis.x - v * axis.y, y: u * axis.y + v * axis.x };
  return { center, width: maxU - minU, height: maxV - minV, axis };
}

/** Corners clockwise from the one nearest the picture's top left. */
export function rectCorners(rect: RotatedRect): Quad {
  const { center, axis } = rect;
  const w = rect.width / 2;
  const h = rect.height / 2;
  const corner = (u: number, v: number): Point => ({
    x: center.x + u * w * axis.x - v * h * axis.y,
    y: center.y + u * w * axis.y + v * h * axis.x,
  });
  const corners = [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)];
  const byX = [...corners].sort((a, b) => a.x - b.x);
  const [topLeft, bottomLeft] = byX.slice(0, 2).sort((a, b) => a.y - b.y);
  const [topRight, bottomRight] = byX.slice(2).sort((a, b) => a.y - b.y);
  return [topLeft!, topRight!, bottomRight!, bottomLeft!];
}
