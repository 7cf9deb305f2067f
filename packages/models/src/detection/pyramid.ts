import { ops, type Value } from "@coracle/core";
import type { Layers } from "../layers.ts";
import { mapSize } from "./options.ts";

/** Lin et al. 2017, figure 3: maps of strides 4 to 32 -> maps of as many channels each, and one more of stride 64. */
export function featurePyramid(layers: Layers, maps: readonly Value[], width: number): readonly Value[] {
  const levels: Value[] = [];
  let above: Value | undefined;
  for (const map of [...maps].reverse()) {
    const lateral = layers.conv(map, width, { after: "bias" });
    above = above ? layers.add(lateral, layers.upsample(above)) : lateral;
    levels.unshift(layers.conv(above, width, { kernel: 3, after: "bias" }));
  }
  return [...levels, layers.maxPool(levels.at(-1)!, { kernel: 1, stride: 2 })];
}

/** A map with its edges repeated once around it, then zeros up to a width. */
function framed(layers: Layers, map: Value, width: number): Value {
  const zero = layers.scalar(0);
  const axes = layers.ints([0, 1, 2, 3]);
  const pad = (x: Value, pads: readonly number[], mode: "edge" | "constant"): Value =>
    layers.one(ops.pad, { mode }, [x, layers.ints(pads), zero, axes]);
  const edged = pad(map, [0, 0, 1, 1, 0, 0, 1, 1], "edge");
  const missing = width - mapSize(map)[0] - 2;
  return missing > 0 ? pad(edged, [0, 0, 0, 0, 0, 0, 0, missing], "constant") : edged;
}

/** Four maps of a pyramid one below the other, so that one RoIAlign reads them all. */
export interface Canvas {
  readonly maps: Value;
  /** For each level: what coordinates are multiplied by, then what is added to x1 y1 x2 y2. */
  readonly factors: Value;
  readonly offsets: Value;
}

/**
 * The levels of strides 4 to 32 on one canvas. The repeated edges give what RoIAlign gives beyond the last pixel of a
 * map of its own.
 */
export function canvasOf(layers: Layers, levels: readonly Value[]): Canvas {
  const width = mapSize(levels[0]!)[0] + 2;
  const maps = layers.concat(
    levels.map((level) => framed(layers, level, width)),
    2,
  );
  let top = 1;
  const offsets = levels.map((level) => {
    const offset = [1, top, 1, top];
    top += mapSize(level)[1] + 2;
    return offset;
  });
  return {
    maps,
    factors: layers.floats(levels.map((_, i) => 1 / (4 << i))),
    offsets: layers.floats(offsets.flat(), [levels.length, 4]),
  };
}

/** Areas from which boxes belong to the levels of strides 8, 16 and 32 (Lin et al. 2017, eq. 1). */
const leastAreas = [112 ** 2, 224 ** 2, 448 ** 2];

/** boxes [N,K,4] -> level of each [N,K] i64, from 0. */
function levelsOf(layers: Layers, boxes: Value): Value {
  const [low, high] = layers.split(boxes, [2, 2], 2);
  const [width, height] = layers.split(layers.sub(high!, low!), [1, 1], 2);
  const isLarge = layers.one(ops.greaterOrEqual, {}, [
    layers.mul(width!, height!),
    layers.floats(leastAreas),
  ]);
  const ones = layers.one(ops.cast, { to: "i64" }, [isLarge]);
  return layers.one(ops.reduceSum, { keepDims: false, noopWithEmptyAxes: false }, [ones, layers.ints([2])]);
}

/** [N*K] i64: the image of each of K boxes of each image. */
function imagesOf(layers: Layers, boxes: Value, count: number): Value {
  const ones = layers.full("i64", 1, layers.sizes([[boxes, 0], count]));
  const upTo = layers.one(ops.cumSum, { exclusive: true, reverse: false }, [ones, layers.integer(0)]);
  return layers.reshape(upTo, [-1]);
}

export interface RegionOptions {
  /** Boxes of each image. */
  readonly count: number;
  /** Side of a region's map. */
  readonly size: number;
}

/** boxes [N,K,4] in pixels -> their features [N*K,C,size,size] from the level that fits each (He et al. 2017). */
export function alignRegions(
  layers: Layers,
  { maps, factors, offsets }: Canvas,
  boxes: Value,
  { count, size }: RegionOptions,
): Value {
  const levels = levelsOf(layers, boxes);
  const factor = layers.unsqueeze(layers.one(ops.gather, { axis: 0 }, [factors, levels]), 2);
  const offset = layers.one(ops.gather, { axis: 0 }, [offsets, levels]);
  const placed = layers.add(layers.mul(boxes, factor), offset);
  const attrs = {
    mode: "avg",
    outputHeight: size,
    outputWidth: size,
    samplingRatio: 2,
    spatialScale: 1,
    coordinateMode: "outputHalfPixel",
  } as const;
  return layers.one(ops.roiAlign, attrs, [
    maps,
    layers.reshape(placed, [-1, 4]),
    imagesOf(layers, boxes, count),
  ]);
}
