/**
 * What the attention operators of onnxruntime share: masks of several forms, past and present, and attention itself.
 * Adds nodes through the context only.
 */
import { type Dim, ops, type Value } from "@coracle/core";
import { type OnnxContext, scalarTensor } from "../context.ts";
import { addAll, countTo, joinHeads, shareHeads, splitHeads } from "./attention.ts";
import {
  asInt64,
  binary,
  castTo,
  concat,
  dimOf,
  filled,
  rankOf,
  scalarLike,
  sliceAxis,
  toEnd,
  transpose,
  unsqueeze,
} from "./common.ts";

/** `value` where the condition holds, else 0. */
export function biasWhere(context: OnnxContext, condition: Value, like: Value, value: number): Value {
  const { dtype } = like.type;
  const never = context.constant(scalarTensor(dtype, value, []));
  return context.emit(ops.where, {}, [condition, never, context.constant(scalarTensor(dtype, 0, []))]);
}

/** [1,S] positions from 0. */
export function rowOf(context: OnnxContext, count: Value): Value {
  return unsqueeze(context, countTo(context, count), [0]);
}

export interface Span {
  readonly queries: Value;
  readonly keys: Value;
}

/** Hides keys after their query, where both end at the same position: [S,T]. */
export function causalMask(context: OnnxContext, { queries, keys }: Span, like: Value): Value {
  const past = binary(context, ops.sub, keys, queries);
  const rows = binary(context, ops.add, unsqueeze(context, countTo(context, queries), [1]), past);
  const hidden = binary(context, ops.greater, rowOf(context, keys), rows);
  return biasWhere(context, hidden, like, Number.NEGATIVE_INFINITY);
}

function part(context: OnnxContext, list: Value, from: Value, to: Value): Value {
  return context.emit(ops.slice, {}, [list, from, to, context.ints([0]), context.ints([1])]);
}

/** Hidden keys [B,T]: from each end on, and before each start where starts follow the ends. */
function lengthsMask(context: OnnxContext, mask: Value, { keys, batch, batchDim }: MaskSpan): Value {
  const list = asInt64(context, mask);
  const columns = rowOf(context, keys);
  const count = mask.type.shape[0];
  const after = (ends: Value): Value =>
    binary(context, ops.greaterOrEqual, columns, unsqueeze(context, ends, [1]));
  if (
    count === batchDim ||
    (typeof batchDim === "number" && typeof count === "number" && count !== 2 * batchDim)
  )
    return after(list);
  const starts = part(context, list, batch, context.ints([toEnd]));
  const before = binary(context, ops.less, columns, unsqueeze(context, starts, [1]));
  return binary(context, ops.or, after(part(context, list, context.ints([0]), batch)), before);
}

export interface MaskSpan extends Span {
  readonly batch: Value;
  readonly batchDim: Dim;
}

/**
 * A mask of i32 as numbers to add, broadcasting to [B,H,S,T]: [B] lengths, [2B] ends and starts, [B,T] or [B,S,T] of 0
 * where hidden.
 */
export function maskBias(context: OnnxContext, mask: Value, like: Value, span: MaskSpan): Value {
  const filter = context.attributes.float("mask_filter_value", -10000);
  if (rankOf(mask) === 1) {
    const hidden = lengthsMask(context, mask, span);
    return biasWhere(context, unsqueeze(context, hidden, [1, 2]), like, filter);
  }
  if (rankOf(mask) > 3) context.fail(`a mask of rank ${rankOf(mask)}`, "rank 1 to 3");
  const visible = binary(context, ops.greater, mask, scalarLike(context, mask, 0));
  const hidden = context.emit(ops.not, {}, [visible]);
  const axes = rankOf(mask) === 2 ? [1, 2] : [1];
  return biasWhere(context, unsqueeze(context, hidden, axes), like, filter);
}

export interface Heads {
  /** [B,H,S,D], [B,K,T,D], [B,K,T,E]; or with `joined` all [B,rows,heads*columns]. */
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  readonly biases: readonly Value[];
  /** Undefined: 1/sqrt(D). */
  readonly scale: number | undefined;
  readonly softcap?: number;
  /** [H]: what each head's softmax has in its denominator beside the scores. */
  readonly sink?: Value;
}

/** The columns of one head. */
export function headSize(context: OnnxContext, x: Value, heads: number): number {
  const size = x.type.shape.at(-1);
  if (typeof size === "number") return rankOf(x) === 4 ? size : size / heads;
  return context.fail("an unknown head size", "a number");
}

/** A bias in the 4 dimensions of the scores. */
function aligned(context: OnnxContext, bias: Value): Value {
  const missing = 4 - rankOf(bias);
  return unsqueeze(
    context,
    bias,
    Array.from({ length: missing }, (_, i) => i),
  );
}

function withSink(context: OnnxContext, scores: Value, sink: Value): Value {
  const shape = concat(
    context,
    [...[0, 1, 2].map((axis) => dimOf(context, scores, axis)), context.ints([1])],
    0,
  );
  const column = filled(context, unsqueeze(context, castTo(context, sink, scores.type.dtype), [1, 2]), shape);
  const weights = context.emit(ops.softmax, { axis: -1 }, [concat(context, [scores, column], 3)]);
  return sliceAxis(context, weights, 3, [0, -1]);
}

/** The weights of each key for each query: [B,H,S,T], before and after softmax. */
export function weightsOf(
  context: OnnxContext,
  heads: Heads & { readonly scale: number },
): readonly [Value, Value] {
  const { q, k, biases, scale, softcap = 0, sink } = heads;
  const keys = shareHeads(context, k, dimOf(context, q, 1));
  const product = context.emit(ops.matMul, {}, [q, transpose(context, keys, [0, 1, 3, 2])]);
  const scaled = binary(context, ops.mul, product, scalarLike(context, product, scale));
  const cap = scalarLike(context, product, softcap);
  const capped =
    softcap > 0
      ? binary(context, ops.mul, context.emit(ops.tanh, {}, [binary(context, ops.div, scaled, cap)]), cap)
      : scaled;
  const scores = addAll(context, [capped, ...biases]);
  const weights = sink ? withSink(context, scores, sink) : context.emit(ops.softmax, { axis: -1 }, [scores]);
  return [scores, weights];
}

/** softmax(scale q k^T + biases) v of [B,H,S,D] heads, as [B,S,H*E]. */
export function attendHeads(context: OnnxContext, heads: Heads): Value {
  const { q, k, v, biases, softcap = 0, sink } = heads;
  const scale = heads.scale ?? 1 / Math.sqrt(headSize(context, q, 1));
  const values = shareHeads(context, v, dimOf(context, q, 1));
  if (softcap > 0 || sink) {
    const [, weights] = weightsOf(context, { ...heads, scale });
    return joinHeads(context, context.emit(ops.matMul, {}, [weights, values]));
  }
  const keys = shareHeads(context, k, dimOf(context, q, 1));
  const mask =
    biases.length === 0
      ? []
      : [
          addAll(
            context,
            biases.map((bias) => aligned(context, bias)),
          ),
        ];
  return joinHeads(context, context.emit(ops.attention, { scale }, [q, keys, values, ...mask]));
}

/** The same of [B,rows,heads*columns] as it is. */
export function attendJoined(context: OnnxContext, { q, k, v, biases, scale }: Heads, heads: number): Value {
  const factor = scale ?? 1 / Math.sqrt(headSize(context, q, heads));
  const mask =
    biases.length === 0
      ? []
      : [
          addAll(
            context,
            biases.map((bias) => aligned(context, bias)),
          ),
        ];
  return context.emit(ops.attention, { scale: factor, heads }, [q, k, v, ...mask]);
}

/** [B,S,H*D] -> [B,H,S,D]; [B,H,S,D] as it is. */
export function apart(context: OnnxContext, x: Value, heads: number): Value {
  return splitHeads(context, x, heads);
}

export function scaleOf(context: OnnxContext): number | undefined {
  const scale = context.attributes.float("scale", 0);
  return scale === 0 ? undefined : scale;
}

/** Parts of the last dimension. */
export function splitLast(context: OnnxContext, x: Value, sizes: readonly number[]): readonly Value[] {
  const attrs = { axis: rankOf(x) - 1, numOutputs: sizes.length };
  return context.emitAll(ops.split, attrs, [x, context.ints(sizes)]);
}

/** One index of an axis, which goes. */
export function pick(context: OnnxContext, x: Value, axis: number, index: number): Value {
  return context.emit(ops.gather, { axis }, [x, context.scalar("i64", index)]);
}
