import { ops, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { asInt64, binary, filled, reshape, scalarLike, shapeOf, squeeze, unsqueeze } from "./common.ts";

const over = { keepDims: false, noopWithEmptyAxes: false };

interface Losses {
  /** Log probabilities [N,C,d1,...]. */
  readonly logs: Value;
  /** Class indices [N,d1,...]. */
  readonly target: Value;
  readonly weight: Value | undefined;
}

/** -weight[target] * logs[target], 0 where the target is the ignored index; mean divides by the sum of the weights. */
function negativeLogLikelihood(context: OnnxContext, { logs, target, weight }: Losses): Value {
  const ignored = context.attributes.has("ignore_index")
    ? binary(context, ops.equal, target, context.scalar("i64", context.attributes.int("ignore_index", 0)))
    : undefined;
  const index = ignored ? context.emit(ops.where, {}, [ignored, context.scalar("i64", 0), target]) : target;
  const chosen = context.emit(ops.gatherElements, { axis: 1 }, [logs, unsqueeze(context, index, [1])]);
  const losses = context.emit(ops.neg, {}, [squeeze(context, chosen, [1])]);
  const weights = weightsOf(context, { logs, target: index, weight }, ignored);
  const weighted = weights ? binary(context, ops.mul, losses, weights) : losses;
  const reduction = context.attributes.string("reduction", "mean");
  if (reduction === "none") return weighted;
  if (reduction === "sum") return context.emit(ops.reduceSum, over, [weighted]);
  if (reduction !== "mean") context.fail(`reduction "${reduction}"`, "none, sum or mean");
  if (!weights) return context.emit(ops.reduceMean, over, [weighted]);
  const total = context.emit(ops.reduceSum, over, [weights]);
  return binary(context, ops.div, context.emit(ops.reduceSum, over, [weighted]), total);
}

function weightsOf(
  context: OnnxContext,
  { logs, target, weight }: Losses,
  ignored: Value | undefined,
): Value | undefined {
  if (!weight && !ignored) return undefined;
  const each = weight
    ? context.emit(ops.gather, { axis: 0 }, [weight, target])
    : filled(context, scalarLike(context, logs, 1), shapeOf(context, target));
  return ignored ? context.emit(ops.where, {}, [ignored, scalarLike(context, each, 0), each]) : each;
}

export function NegativeLogLikelihoodLoss(context: OnnxContext): readonly Value[] {
  const target = asInt64(context, context.input(1));
  return [negativeLogLikelihood(context, { logs: context.input(0), target, weight: context.optional(2) })];
}

export function SoftmaxCrossEntropyLoss(context: OnnxContext): readonly Value[] {
  const logs = context.emit(ops.logSoftmax, { axis: 1 }, [context.input(0)]);
  const target = asInt64(context, context.input(1));
  const loss = negativeLogLikelihood(context, { logs, target, weight: context.optional(2) });
  return context.wants(1) ? [loss, reshape(context, logs, shapeOf(context, context.input(0)))] : [loss];
}
