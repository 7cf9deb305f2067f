import type { Tensor } from "@coracle/core";
import { expect } from "vitest";

const floatsOf = ({ data }: Tensor): Float32Array => data as Float32Array;

/** The largest difference, of the largest magnitude. */
export function relativeError(given: Tensor, expected: Tensor): number {
  expect(given.shape).toEqual(expected.shape);
  const [a, b] = [floatsOf(given), floatsOf(expected)];
  const largest = b.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  expect(largest).toBeGreaterThan(0);
  return a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - b[i]!)), 0) / largest;
}

/** Integers must be the same. */
export function expectClose(given: readonly Tensor[], expected: readonly Tensor[], tolerance: number): void {
  expect(given.length).toBe(expected.length);
  given.forEach((tensor, i) => {
    if (tensor.dtype === "f32") {
      expect(relativeError(tensor, expected[i]!), `output ${i}`).toBeLessThan(tolerance);
    } else expect(tensor, `output ${i}`).toEqual(expected[i]);
  });
}

/** One box and what belongs to it. */
interface Detection {
  readonly box: readonly number[];
  readonly score: number;
  readonly label: number;
  readonly more: readonly (readonly number[])[];
}

/** Outputs of a detector -> the boxes of each image. */
function detectionsOf(outputs: readonly Tensor[]): readonly (readonly Detection[])[] {
  const [boxes, scores, labels, counts, ...more] = outputs as readonly [Tensor, Tensor, Tensor, Tensor];
  const rows = scores.shape[1]!;
  const rowOf = (tensor: Tensor, row: number): readonly number[] => {
    const size = tensor.data.length / scores.data.length;
    return Array.from(floatsOf(tensor).subarray(row * size, (row + 1) * size));
  };
  return Array.from(counts.data as BigInt64Array, Number).map((count, image) =>
    Array.from({ length: count }, (_, i): Detection => {
      const row = image * rows + i;
      return {
        box: rowOf(boxes, row),
        score: floatsOf(scores)[row]!,
        label: Number(labels.data[row]),
        more: more.map((tensor) => rowOf(tensor, row)),
      };
    }),
  );
}

const distance = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - b[i]!)), 0);

export interface Alike {
  /** Of scores. */
  readonly score: number;
  /** Of coordinates, masks and points, of the longer side of the image for pixels. */
  readonly box: number;
  /** Longer side of the image in pixels. */
  readonly side: number;
}

function isAlike(a: Detection, b: Detection, { score, box, side }: Alike): boolean {
  const near =
    a.label === b.label && Math.abs(a.score - b.score) <= score && distance(a.box, b.box) <= box * side;
  return near && a.more.every((values, i) => distance(values, b.more[i]!) <= box * Math.max(side, 1));
}

/** Boxes that another order of equal scores, or a score at the threshold, may put in or out. */
function withoutLast(detections: readonly Detection[], margin: number): readonly Detection[] {
  const least = detections.at(-1)?.score ?? 0;
  return detections.filter(({ score }) => score > least + margin);
}

/** Every box of one is in the other, but for those as good as the last. Both must have found some. */
export function expectSameDetections(
  given: readonly Tensor[],
  expected: readonly Tensor[],
  alike: Alike,
): void {
  expect(given.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  const [a, b] = [detectionsOf(given), detectionsOf(expected)];
  expect(b.flat().length).toBeGreaterThan(0);
  a.forEach((ours, image) => {
    const theirs = b[image]!;
    expect(Math.abs(ours.length - theirs.length), `boxes of image ${image}`).toBeLessThanOrEqual(1);
    const missing = (from: readonly Detection[], to: readonly Detection[]): readonly Detection[] =>
      withoutLast(from, alike.score).filter((one) => !to.some((other) => isAlike(one, other, alike)));
    expect(missing(theirs, ours), `not found in image ${image}`).toEqual([]);
    expect(missing(ours, theirs), `found too much in image ${image}`).toEqual([]);
  });
}

/** Rows in order, boxes in the image, nothing after the last. */
export function expectWellFormed(
  outputs: readonly Tensor[],
  [width, height]: readonly [number, number],
): void {
  const [boxes, scores, labels] = outputs as readonly [Tensor, Tensor, Tensor];
  const rows = scores.shape[1]!;
  detectionsOf(outputs).forEach((detections, image) => {
    detections.forEach(({ box, score, label }, i) => {
      expect(score).toBeGreaterThan(0);
      expect(score).toBeLessThanOrEqual(detections[i - 1]?.score ?? 1);
      expect(label).toBeGreaterThanOrEqual(0);
      const [x1, y1, x2, y2] = box as readonly [number, number, number, number];
      expect(Math.min(x1, y1, x2, y2)).toBeGreaterThanOrEqual(0);
      expect(Math.max(x1, x2)).toBeLessThanOrEqual(width);
      expect(Math.max(y1, y2)).toBeLessThanOrEqual(height);
    });
    const [start, end] = [image * rows + detections.length, (image + 1) * rows];
    expect(new Set(floatsOf(scores).subarray(start, end))).toEqual(new Set(start < end ? [0] : []));
    expect(new Set(floatsOf(boxes).subarray(start * 4, end * 4))).toEqual(new Set(start < end ? [0] : []));
    expect(new Set(Array.from(labels.data, Number).slice(start, end))).toEqual(
      new Set(start < end ? [-1] : []),
    );
  });
}
