import { ops, type Value } from "@coracle/core";
import type { Layers } from "../layers.ts";

/** Where a prediction starts from, in pixels. */
export interface Prior {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A box as it is counted from its prior: offsets of the centre in sizes, and logarithms of factors of the size. */
export interface Coding {
  /** What offsets and logarithms are multiplied by. */
  readonly variances: readonly [number, number];
  /** Of width and height, in pixels. */
  readonly image: readonly [number, number];
}

/** No box grows by more than this: exp stays finite. */
const mostGrowth = Math.log(1000 / 16);

/** centres [N,B,2] and halves of sizes [N,B,2] -> corners x1 y1 x2 y2 [N,B,4]. */
export function corners(layers: Layers, centres: Value, halves: Value): Value {
  return layers.concat([layers.sub(centres, halves), layers.add(centres, halves)], 2);
}

/** boxes [...,4] as corners, none outside an image. */
export function clipBoxes(layers: Layers, boxes: Value, [width, height]: readonly [number, number]): Value {
  const inside = layers.one(ops.max, {}, [boxes, layers.scalar(0)]);
  return layers.one(ops.min, {}, [inside, layers.floats([width, height, width, height])]);
}

/** deltas [...,4] counted from boxes of these centres and sizes [...,2] -> corners [...,4], not clipped. */
export function decode(
  layers: Layers,
  deltas: Value,
  [centre, size]: readonly [Value, Value],
  [near, far]: readonly [number, number],
): Value {
  const axis = deltas.type.shape.length - 1;
  const [offsets, logarithms] = layers.split(deltas, [2, 2], axis);
  const scaled = layers.mul(logarithms!, layers.scalar(far));
  const limits = { min: Number.NEGATIVE_INFINITY, max: mostGrowth };
  const factors = layers.one(ops.exp, {}, [layers.one(ops.clip, limits, [scaled])]);
  const moved = layers.add(centre, layers.mul(offsets!, layers.mul(size, layers.scalar(near))));
  const halves = layers.mul(factors, layers.mul(size, layers.scalar(0.5)));
  return layers.concat([layers.sub(moved, halves), layers.add(moved, halves)], axis);
}

/** deltas [N,B,4] -> corners [N,B,4] within the image (Girshick et al. 2014, appendix C, with variances). */
export function decodeFromPriors(
  layers: Layers,
  deltas: Value,
  priors: readonly Prior[],
  { variances, image }: Coding,
): Value {
  const centre = layers.floats(
    priors.flatMap(({ x, y }) => [x, y]),
    [1, priors.length, 2],
  );
  const size = layers.floats(
    priors.flatMap(({ width, height }) => [width, height]),
    [1, priors.length, 2],
  );
  return clipBoxes(layers, decode(layers, deltas, [centre, size], variances), image);
}

/** Centres and sizes [...,2] of boxes [...,4] as corners. */
export function centresAndSizes(layers: Layers, boxes: Value): readonly [Value, Value] {
  const [low, high] = layers.split(boxes, [2, 2], boxes.type.shape.length - 1);
  return [layers.mul(layers.add(low!, high!), layers.scalar(0.5)), layers.sub(high!, low!)];
}
