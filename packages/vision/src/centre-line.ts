import type { RotatedRect } from "./geometry.ts";
import type { Point } from "./image.ts";

export interface ReadingLine {
  readonly line: readonly Point[];
  readonly height: number;
}

interface Frame {
  readonly origin: Point;
  /** Unit direction of reading; its normal points to the next line. */
  readonly axis: Point;
  readonly length: number;
}

/** Reading goes right, or down where the rectangle is at least half again as tall as it is wide. */
function readingFrame({ center, width, height, axis }: RotatedRect): Frame {
  const normal = { x: -axis.y, y: axis.x };
  const [across, along] = Math.abs(axis.x) >= Math.abs(axis.y) ? [width, height] : [height, width];
  const [level, upright] = Math.abs(axis.x) >= Math.abs(axis.y) ? [axis, normal] : [normal, axis];
  const isVertical = along >= across * 1.5;
  const chosen = isVertical ? upright : level;
  const sign = (isVertical ? chosen.y : chosen.x) < 0 ? -1 : 1;
  return {
    origin: center,
    axis: { x: chosen.x * sign, y: chosen.y * sign },
    length: isVertical ? along : across,
  };
}

/**
 * The middle between the upper and lower border of a region, piece by piece along the direction of reading, and its
 * typical thickness; both grown by `distance`. It follows text on a curved page, where a rectangle would take in the
 * neighbouring lines.
 */
export function readingLine(border: readonly Point[], rect: RotatedRect, distance: number): ReadingLine {
  const { origin, axis, length } = readingFrame(rect);
  const numPieces = Math.max(1, Math.min(16, Math.floor(length / 24)));
  const pieces = Array.from({ length: numPieces }, () => ({
    low: Number.POSITIVE_INFINITY,
    high: Number.NEGATIVE_INFINITY,
  }));
  for (const { x, y } of border) {
    const along = (x - origin.x) * axis.x + (y - origin.y) * axis.y;
    const across = (y - origin.y) * axis.x - (x - origin.x) * axis.y;
    const piece =
      pieces[Math.min(numPieces - 1, Math.max(0, Math.floor(((along + length / 2) / length) * numPieces)))]!;
    piece.low = Math.min(piece.low, across);
    piece.high = Math.max(piece.high, across);
  }
  const knots = pieces.flatMap(({ low, high }, i) =>
    low <= high
      ? [{ along: ((i + 0.5) / numPieces - 0.5) * length, across: (low + high) / 2, thickness: high - low }]
      : [],
  );
  const thickness = knots.map((knot) => knot.thickness).sort((a, b) => a - b)[knots.length >> 1] ?? 0;
  const reach = length / 2 + distance;
  const ends = [extend(knots, -reach), extend([...knots].reverse(), reach)] as const;
  const line = [ends[0], ...knots, ends[1]].map(({ along, across }) => ({
    x: origin.x + along * axis.x - across * axis.y,
    y: origin.y + along * axis.y + across * axis.x,
  }));
  return { line, height: thickness + 2 * distance };
}

/** The closed outline of the band of this height around a line: along its upper side, back along its lower. */
export function bandOutline(line: readonly Point[], height: number): Point[] {
  const side = (sign: number): Point[] =>
    line.map((point, i) => {
      const [before, after] = [line[Math.max(0, i - 1)]!, line[Math.min(line.length - 1, i + 1)]!];
      const length = Math.hypot(after.x - before.x, after.y - before.y) || 1;
      const reach = (sign * height) / 2 / length;
      return { x: point.x - (after.y - before.y) * reach, y: point.y + (after.x - before.x) * reach };
    });
  return [...side(-1), ...side(1).reverse()];
}

/** The straight continuation of the first two knots. */
function extend(
  knots: readonly { along: number; across: number }[],
  along: number,
): { along: number; across: number } {
  const [first, second] = knots;
  if (!first || !second) return { along, across: first?.across ?? 0 };
  const slope = (second.across - first.across) / (second.along - first.along);
  return { along, across: first.across + slope * (along - first.along) };
}
