import { ops, type Value } from "@coracle/core";
import type { Layers } from "../layers.ts";
import { clipBoxes, decode, type Prior } from "./boxes.ts";
import { mapSize } from "./options.ts";
import { gridPriors, ofRatio } from "./priors.ts";
import { best, pick, suppress } from "./select.ts";

const ratios = [0.5, 1, 2];

/** The boxes of a level: Ren et al. 2015, section 3.1.1, one size each as in Lin et al. 2017. */
function anchorsOf(map: Value, level: number, image: readonly [number, number]): readonly Prior[] {
  const [width, height] = mapSize(map);
  const step = [image[0] / width, image[1] / height] as const;
  return gridPriors(
    { width, height, step },
    ratios.map((ratio) => ofRatio(32 << level, 1 / ratio)),
  );
}

interface Level {
  /** [N,k,4], within the image, and [N,k] before the sigmoid. */
  readonly boxes: Value;
  readonly scores: Value;
  readonly count: number;
}

interface ProposalOptions {
  readonly image: readonly [number, number];
  /** Boxes of each level, and proposals of each image, at most. */
  readonly most: number;
}

function proposeAt(layers: Layers, map: Value, level: number, options: ProposalOptions): Level {
  const anchors = anchorsOf(map, level, options.image);
  const width = Number(map.type.shape[1]);
  const x = layers.conv(map, width, { kernel: 3, after: "bias", activation: "relu" });
  const rows = (channels: number, gain: number, size: readonly number[]): Value => {
    const maps = layers.conv(x, channels, { after: "bias", gain });
    return layers.reshape(layers.transpose(maps, [0, 2, 3, 1]), [0, anchors.length, ...size]);
  };
  const all = rows(ratios.length, 2, []);
  const deltas = rows(4 * ratios.length, 0.5, [4]);
  const count = Math.min(options.most, anchors.length);
  const [scores, kept] = best(layers, all, count);
  const numbers = (values: (prior: Prior) => readonly number[]): Value => {
    const table = layers.floats(anchors.flatMap(values), [anchors.length, 2]);
    return layers.one(ops.gather, { axis: 0 }, [table, kept]);
  };
  const origin = [
    numbers(({ x: left, y: top }) => [left, top]),
    numbers(({ width, height }) => [width, height]),
  ] as const;
  const boxes = decode(layers, pick(layers, deltas, kept), origin, [1, 1]);
  return { boxes: clipBoxes(layers, boxes, options.image), scores, count };
}

export interface Proposals {
  /** [N,count,4]: the best first, zeros after the last. */
  readonly boxes: Value;
  /** [N,count] f32: 1 where a row is a box. */
  readonly found: Value;
  readonly count: number;
}

/** Ren et al. 2015, section 3.1, suppression at 0.7 within each of the pyramid's levels. */
export function propose(layers: Layers, levels: readonly Value[], options: ProposalOptions): Proposals {
  const numbered = levels.map((map, level) => [map, level] as const);
  const all = layers.repeat(numbered, ([map, level]) => proposeAt(layers, map, level, options));
  const total = all.reduce((sum, { count }) => sum + count, 0);
  const boxes = layers.concat(all.map((level) => level.boxes));
  const scores = layers.activate(layers.concat(all.map((level) => level.scores)), "sigmoid");
  const isOf = all.flatMap((_, level) =>
    all.flatMap(({ count }, i) => Array(count).fill(Number(i === level))),
  );
  const byLevel = layers.mul(layers.unsqueeze(scores, 1), layers.floats(isOf, [1, all.length, total]));
  const limits = { iouThreshold: 0.7, scoreThreshold: 0, most: options.most };
  const kept = suppress(layers, boxes, byLevel, limits);
  const once = layers.one(ops.reduceMax, { keepDims: false, noopWithEmptyAxes: false }, [
    kept,
    layers.ints([1]),
  ]);
  const count = Math.min(options.most, total);
  const [values, rows] = best(layers, once, count);
  const isBox = layers.one(ops.greater, {}, [values, layers.scalar(0)]);
  const found = layers.one(ops.cast, { to: "f32" }, [isBox]);
  return { boxes: layers.mul(pick(layers, boxes, rows), layers.unsqueeze(found, 2)), found, count };
}
