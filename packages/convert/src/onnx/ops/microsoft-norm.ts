import { ops, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import {
  binary,
  castTo,
  concat,
  dimOf,
  filled,
  range,
  rankOf,
  reshape,
  scalarLike,
  transpose,
  unsqueeze,
} from "./common.ts";
import { layerStatistics, meanOver } from "./normalize.ts";

function epsilonOf(context: OnnxContext): number {
  return context.attributes.float("epsilon", 1e-12);
}

/** 1/rms over the last dimension. */
function inverseRms(context: OnnxContext, x: Value): Value {
  const wide = castTo(context, x, x.type.dtype === "f64" ? "f64" : "f32");
  const square = meanOver(context, binary(context, ops.mul, wide, wide), [rankOf(x) - 1]);
  const shifted = binary(context, ops.add, square, scalarLike(context, square, epsilonOf(context)));
  return context.emit(ops.reciprocal, {}, [context.emit(ops.sqrt, {}, [shifted])]);
}

/** Outputs: y, mean, 1/deviation, x + skip + bias. */
export function SkipLayerNormalization(context: OnnxContext): readonly Value[] {
  const [gamma, beta, bias] = [context.input(2), context.optional(3), context.optional(4)];
  const skipped = binary(context, ops.add, context.input(0), context.input(1));
  const sum = bias ? binary(context, ops.add, skipped, bias) : skipped;
  const inputs = beta ? [sum, gamma, beta] : [sum, gamma];
  const y = context.emit(ops.layerNorm, { axis: -1, epsilon: epsilonOf(context) }, inputs);
  const statistics = context.wants(1) || context.wants(2) ? layerStatistics(context, sum, -1) : [sum, sum];
  return [y, ...statistics, sum];
}

/** Outputs: y, unused, 1/rms, x + skip + bias. */
export function SkipSimplifiedLayerNormalization(context: OnnxContext): readonly Value[] {
  const [gamma, bias] = [context.input(2), context.optional(3)];
  const skipped = binary(context, ops.add, context.input(0), context.input(1));
  const sum = bias ? binary(context, ops.add, skipped, bias) : skipped;
  if (context.wants(1)) context.fail("a mean as output", "outputs 0, 2 and 3 only");
  const y = context.emit(ops.rmsNorm, { axis: -1, epsilon: epsilonOf(context) }, [sum, gamma]);
  return [y, sum, context.wants(2) ? inverseRms(context, sum) : sum, sum];
}

function rows(context: OnnxContext, table: Value, ids: Value): Value {
  return context.emit(ops.gather, { axis: 0 }, [table, ids]);
}

/** How many words of each row the mask keeps, i32 [B]; zeros without a mask. */
function maskIndex(context: OnnxContext, mask: Value | undefined): Value {
  if (!mask) {
    const batch = dimOf(context, context.input(0), 0);
    return filled(context, context.scalar("i32", 0), batch);
  }
  const ones = castTo(context, binary(context, ops.equal, mask, scalarLike(context, mask, 1)), "i32");
  return context.emit(ops.reduceSum, { keepDims: false, noopWithEmptyAxes: false }, [
    ones,
    context.ints([1]),
  ]);
}

function positionRows(context: OnnxContext, ids: Value, table: Value): Value {
  const given = context.optional(8);
  if (given) return rows(context, table, given);
  const inputs = [table, context.ints([0]), dimOf(context, ids, 1), context.ints([0]), context.ints([1])];
  return unsqueeze(context, context.emit(ops.slice, {}, inputs), [0]);
}

/**
 * (ids, segments?, words, positions, segmentTable?, gamma, beta, mask?, positionIds?) -> y, the words that the mask
 * keeps, the sum before the norm.
 */
export function EmbedLayerNormalization(context: OnnxContext): readonly Value[] {
  const [ids, segments, table] = [context.input(0), context.optional(1), context.optional(4)];
  const words = rows(context, context.input(2), ids);
  const placed = binary(context, ops.add, words, positionRows(context, ids, context.input(3)));
  const sum = segments && table ? binary(context, ops.add, placed, rows(context, table, segments)) : placed;
  const norm = [sum, context.input(5), context.input(6)];
  const y = context.emit(ops.layerNorm, { axis: -1, epsilon: epsilonOf(context) }, norm);
  return [y, context.wants(1) ? maskIndex(context, context.optional(7)) : sum, sum];
}

const first = (rank: number): readonly number[] => [0, rank - 1, ...range(rank - 2).map((axis) => axis + 1)];
const last = (rank: number): readonly number[] => [0, ...range(rank - 2).map((axis) => axis + 2), 1];

function groupNormOf(context: OnnxContext, x: Value): Value {
  const isLast = context.attributes.int("channels_last", 1) !== 0;
  const rank = rankOf(x);
  const planes = isLast ? transpose(context, x, first(rank)) : x;
  const attrs = { groups: context.requiredInt("groups"), epsilon: context.attributes.float("epsilon", 1e-5) };
  const weights = [1, 2].map((i) => castTo(context, context.input(i), x.type.dtype));
  const normal = context.emit(ops.groupNorm, attrs, [planes, ...weights]);
  const active =
    context.attributes.int("activation", 0) === 1 ? context.emit(ops.swish, { alpha: 1 }, [normal]) : normal;
  return isLast ? transpose(context, active, last(rank)) : active;
}

export function GroupNorm(context: OnnxContext): readonly Value[] {
  return [groupNormOf(context, context.input(0))];
}

/** (x, gamma, beta, skip, bias?); skip may be [N,C]. */
export function SkipGroupNorm(context: OnnxContext): readonly Value[] {
  const [x, skip, bias] = [context.input(0), context.input(3), context.optional(4)];
  const wide =
    rankOf(skip) === 2
      ? reshape(context, skip, concat(context, [dimOf(context, skip, 0), context.ints([1, 1, -1])], 0))
      : skip;
  const skipped = binary(context, ops.add, x, wide);
  const sum = bias ? binary(context, ops.add, skipped, bias) : skipped;
  return [groupNormOf(context, sum), sum];
}
