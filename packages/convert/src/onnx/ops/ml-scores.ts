/**
 * What the classifiers and regressors of ai.onnx.ml share: the transform of their scores, and the class of the best.
 * Adds nodes through the context only.
 */
import { ops, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { binary, castTo, concat, scalarLike } from "./common.ts";
import { labelsOf } from "./ml-labels.ts";

function softmaxOfNonZero(context: OnnxContext, scores: Value): Value {
  const zero = scalarLike(context, scores, 0);
  const isZero = binary(context, ops.equal, scores, zero);
  const never = scalarLike(context, scores, Number.NEGATIVE_INFINITY);
  const weights = context.emit(ops.softmax, { axis: -1 }, [
    context.emit(ops.where, {}, [isZero, never, scores]),
  ]);
  return context.emit(ops.where, {}, [isZero, zero, weights]);
}

/** scores [N,C] through the node's post_transform. */
export function transformed(context: OnnxContext, scores: Value, name: string): Value {
  switch (name) {
    case "NONE":
      return scores;
    case "SOFTMAX":
      return context.emit(ops.softmax, { axis: -1 }, [scores]);
    case "LOGISTIC":
      return context.emit(ops.sigmoid, {}, [scores]);
    case "SOFTMAX_ZERO":
      return softmaxOfNonZero(context, scores);
    default:
      return context.fail(`post_transform "${name}"`, "NONE, SOFTMAX, LOGISTIC or SOFTMAX_ZERO");
  }
}

export function postTransform(context: OnnxContext): string {
  return context.attributes.string("post_transform", "NONE");
}

/** The class with the highest score, then the scores. */
export function classified(context: OnnxContext, scores: Value): readonly Value[] {
  const attrs = { axis: 1, keepDims: false, selectLastIndex: false };
  const best = context.emit(ops.argMax, attrs, [scores]);
  return [labelsOf(context, best), transformed(context, scores, postTransform(context))];
}

/** One score [N,1] for the second of two classes, which it is from `threshold` on. */
export function classifiedByOne(context: OnnxContext, score: Value, threshold: number): readonly Value[] {
  const isSecond = binary(context, ops.greater, score, scalarLike(context, score, threshold));
  const index = context.emit(ops.squeeze, {}, [castTo(context, isSecond, "i64"), context.ints([1])]);
  return [labelsOf(context, index), pairOf(context, score, threshold)];
}

function pairOf(context: OnnxContext, score: Value, threshold: number): Value {
  const name = postTransform(context);
  const second = name === "LOGISTIC" ? context.emit(ops.sigmoid, {}, [score]) : score;
  const isPart = name === "LOGISTIC" || threshold > 0;
  const first = isPart
    ? binary(context, ops.sub, scalarLike(context, score, 1), second)
    : context.emit(ops.neg, {}, [score]);
  const pair = concat(context, [first, second], 1);
  return name === "LOGISTIC" ? pair : transformed(context, pair, name);
}
