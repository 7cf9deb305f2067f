import { ops, type Value } from "@coracle/core";
import type { Layers } from "../layers.ts";

export interface Suppression {
  readonly iouThreshold: number;
  readonly scoreThreshold: number;
  /** Boxes kept of each class. */
  readonly most: number;
}

/**
 * boxes [M,B,4] as corners, scores [M,C,B], none negative -> the same scores, 0 for boxes under the threshold or too
 * near to a better one of their class.
 */
export function suppress(
  layers: Layers,
  boxes: Value,
  scores: Value,
  { iouThreshold, scoreThreshold, most }: Suppression,
): Value {
  const inputs = [
    boxes,
    scores,
    layers.integer(most),
    layers.scalar(iouThreshold),
    layers.scalar(scoreThreshold),
  ];
  const kept = layers.one(ops.nonMaxSuppression, { centerPointBox: false }, inputs);
  const values = layers.one(ops.gatherND, { batchDims: 0 }, [scores, kept]);
  const zeros = layers.full("f32", 0, layers.sizes([0, 1, 2].map((axis) => [scores, axis] as const)));
  return layers.one(ops.scatterND, { reduction: "none" }, [zeros, kept, values]);
}

/** The `count` greatest of x [N,B], falling, and where they are. */
export function best(layers: Layers, x: Value, count: number): readonly [Value, Value] {
  const attrs = { axis: 1, largest: true, sorted: true };
  const [values, indices] = layers.builder.node(ops.topK, attrs, [x, layers.ints([count])]);
  return [values!, indices!];
}

/** x [N,B,...], rows [N,K] i64 -> [N,K,...] */
export function pick(layers: Layers, x: Value, rows: Value): Value {
  return layers.one(ops.gatherND, { batchDims: 1 }, [x, layers.unsqueeze(rows, 2)]);
}

/** Of each image the best boxes, the best first, then rows of zeros with label -1. */
export interface Detections {
  /** [N,K,4]: x1 y1 x2 y2 in pixels. */
  readonly boxes: Value;
  /** [N,K] */
  readonly scores: Value;
  /** [N,K] i64 */
  readonly labels: Value;
  /** [N] i64: rows that are boxes. */
  readonly count: Value;
  /** [N,K] i64: the rows of the boxes given, and [N,K] f32: 1 where a row is a box. */
  readonly rows: Value;
  readonly found: Value;
}

export interface SelectOptions extends Suppression {
  /** Rows of the result. */
  readonly rows: number;
  /** Only so many boxes, by their best class, are looked at. Default all. */
  readonly candidates?: number;
  /** Classes of a box, and boxes. */
  readonly numClasses: number;
  readonly numBoxes: number;
  /** What class 0 is called in the labels. Default 0. */
  readonly firstLabel?: number;
}

interface Pool {
  readonly boxes: Value;
  /** [N,B,C] */
  readonly scores: Value;
  readonly rows?: Value;
  readonly size: number;
}

function candidatesOf(layers: Layers, { boxes, scores, size }: Pool, options: SelectOptions): Pool {
  const { candidates, numClasses } = options;
  if (candidates === undefined || candidates >= size) return { boxes, scores, size };
  const greatest =
    numClasses === 1
      ? layers.one(ops.squeeze, {}, [scores, layers.ints([2])])
      : layers.one(ops.reduceMax, { keepDims: false, noopWithEmptyAxes: false }, [scores, layers.ints([2])]);
  const [, rows] = best(layers, greatest, candidates);
  return {
    boxes: pick(layers, boxes, rows),
    scores: pick(layers, scores, rows),
    rows,
    size: candidates,
  };
}

/** What stays of boxes [N,B,4] with scores [N,B,C] after suppression class by class. */
export function select(layers: Layers, boxes: Value, scores: Value, options: SelectOptions): Detections {
  const { numClasses } = options;
  const pool = candidatesOf(layers, { boxes, scores, size: options.numBoxes }, options);
  const byClass = layers.transpose(pool.scores, [0, 2, 1]);
  const kept = suppress(layers, pool.boxes, byClass, options);
  const flat = layers.reshape(kept, [-1, numClasses * pool.size]);
  const [values, at] = best(layers, flat, Math.min(options.rows, numClasses * pool.size));
  const size = layers.integer(pool.size);
  const places = layers.one(ops.mod, { fmod: false }, [at, size]);
  const classes = layers.one(ops.div, {}, [at, size]);
  const rows = pool.rows ? layers.one(ops.gatherElements, { axis: 1 }, [pool.rows, places]) : places;
  const found = pick(layers, pool.boxes, places);
  return described(layers, { boxes: found, scores: values, classes, rows }, options.firstLabel ?? 0);
}

interface Found {
  readonly boxes: Value;
  readonly scores: Value;
  readonly classes: Value;
  readonly rows: Value;
}

/** Clears the rows of score 0. */
export function described(layers: Layers, found: Found, firstLabel: number): Detections {
  const { boxes, scores, classes, rows } = found;
  const isBox = layers.one(ops.greater, {}, [scores, layers.scalar(0)]);
  const factors = layers.one(ops.cast, { to: "f32" }, [isBox]);
  const names = firstLabel === 0 ? classes : layers.add(classes, layers.integer(firstLabel));
  const ones = layers.one(ops.cast, { to: "i64" }, [isBox]);
  return {
    boxes: layers.mul(boxes, layers.unsqueeze(factors, 2)),
    scores,
    labels: layers.one(ops.where, {}, [isBox, names, layers.integer(-1)]),
    count: layers.one(ops.reduceSum, { keepDims: false, noopWithEmptyAxes: false }, [ones, layers.ints([1])]),
    rows,
    found: factors,
  };
}

export const outputsOf = ({ boxes, scores, labels, count }: Detections): readonly Value[] => [
  boxes,
  scores,
  labels,
  count,
];
