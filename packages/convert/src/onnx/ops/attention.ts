import { type DType, ops, type Value } from "@coracle/core";
import { type OnnxContext, scalarTensor } from "../context.ts";
import { dtypeOf } from "../data-type.ts";
import {
  binary,
  castTo,
  concat,
  dimOf,
  rankOf,
  reshape,
  scalarLike,
  shapeOf,
  squeeze,
  transpose,
  unsqueeze,
} from "./common.ts";

/** [B,S,H*D] or [B,H,S,D] -> [B,H,S,D]. */
export function splitHeads(context: OnnxContext, x: Value, heads: number): Value {
  if (rankOf(x) === 4) return x;
  if (heads < 1) context.fail("3-d inputs without head counts", "q_num_heads and kv_num_heads");
  return transpose(context, reshape(context, x, context.ints([0, 0, heads, -1])), [0, 2, 1, 3]);
}

/** [B,H,S,D] -> [B,S,H*D]. */
export function joinHeads(context: OnnxContext, x: Value): Value {
  return reshape(context, transpose(context, x, [0, 2, 1, 3]), context.ints([0, 0, -1]));
}

/** Each of the [B,Hkv,S,D] heads repeated for the query heads that share it: [B,Hq,S,D]. */
export function shareHeads(context: OnnxContext, x: Value, queryHeads: Value): Value {
  const heads = dimOf(context, x, 1);
  const group = binary(context, ops.div, queryHeads, heads);
  if (group.data && Number(group.data.data[0]) === 1) return x;
  const [batch, steps, size] = [0, 2, 3].map((axis) => dimOf(context, x, axis));
  const wide = context.emit(ops.expand, {}, [
    unsqueeze(context, x, [2]),
    concat(context, [batch!, heads, group, steps!, size!], 0),
  ]);
  return reshape(context, wide, concat(context, [batch!, queryHeads, steps!, size!], 0));
}

function scalar(context: OnnxContext, list: Value): Value {
  return squeeze(context, list, [0]);
}

export function countTo(context: OnnxContext, end: Value): Value {
  return context.emit(ops.range, {}, [
    context.scalar("i64", 0),
    scalar(context, end),
    context.scalar("i64", 1),
  ]);
}

export function maskWhere(context: OnnxContext, hidden: Value, dtype: DType): Value {
  const never = context.constant(scalarTensor(dtype, Number.NEGATIVE_INFINITY, []));
  return context.emit(ops.where, {}, [hidden, never, context.scalar(dtype, 0)]);
}

interface Lengths {
  readonly query: Value;
  readonly past: Value;
  readonly total: Value;
}

/** -infinity where a key lies after its query: [Q,T]. */
function causalBias(context: OnnxContext, { query, past, total }: Lengths, dtype: DType): Value {
  const rows = binary(context, ops.add, unsqueeze(context, countTo(context, query), [1]), past);
  const columns = unsqueeze(context, countTo(context, total), [0]);
  return maskWhere(context, binary(context, ops.less, rows, columns), dtype);
}

/** -infinity at keys from each batch's valid length on: [B,1,1,T]. */
function paddingBias(context: OnnxContext, lengths: Value, total: Value, dtype: DType): Value {
  const columns = unsqueeze(context, countTo(context, total), [0]);
  const hidden = binary(context, ops.greaterOrEqual, columns, unsqueeze(context, lengths, [1]));
  return unsqueeze(context, maskWhere(context, hidden, dtype), [1, 2]);
}

/** The mask as numbers to add; keys it does not reach are hidden. */
function givenBias(context: OnnxContext, mask: Value, total: Value, dtype: DType): Value {
  const isBool = mask.type.dtype === "bool";
  const bias = isBool
    ? maskWhere(context, context.emit(ops.not, {}, [mask]), dtype)
    : castTo(context, mask, dtype);
  const last = rankOf(bias) - 1;
  const lacking = binary(context, ops.sub, total, dimOf(context, bias, last));
  if (lacking.data && Number(lacking.data.data[0]) === 0) return bias;
  const never = context.constant(scalarTensor(dtype, Number.NEGATIVE_INFINITY, []));
  const pads = concat(context, [context.ints([0]), lacking], 0);
  return context.emit(ops.pad, { mode: "constant" as const }, [bias, pads, never, context.ints([last])]);
}

export function addAll(context: OnnxContext, values: readonly Value[]): Value {
  return values.reduce((sum, value) => binary(context, ops.add, sum, value));
}

function softcapped(context: OnnxContext, scores: Value): Value {
  const cap = context.attributes.float("softcap", 0);
  if (cap === 0) return scores;
  const bounded = context.emit(ops.tanh, {}, [
    binary(context, ops.div, scores, scalarLike(context, scores, cap)),
  ]);
  return binary(context, ops.mul, bounded, scalarLike(context, scores, cap));
}

function softmaxIn(context: OnnxContext, scores: Value): Value {
  const asked = context.attributes.int("softmax_precision", 0);
  const dtype = asked === 0 ? scores.type.dtype : dtypeOf(asked, "Attention softmax_precision");
  return castTo(
    context,
    context.emit(ops.softmax, { axis: -1 }, [castTo(context, scores, dtype)]),
    scores.type.dtype,
  );
}

function biases(context: OnnxContext, lengths: Lengths, dtype: DType): Value[] {
  const list: Value[] = [];
  const mask = context.optional(3);
  if (mask) list.push(givenBias(context, mask, lengths.total, dtype));
  if (context.attributes.int("is_causal", 0) !== 0) list.push(causalBias(context, lengths, dtype));
  const valid = context.optional(6);
  if (valid) list.push(paddingBias(context, valid, lengths.total, dtype));
  return list;
}

/** sqrt(scale) on both sides, for range; scale is 1/sqrt(head size) unless given. */
function scores(context: OnnxContext, q: Value, k: Value): Value {
  const keys = transpose(context, k, [0, 1, 3, 2]);
  if (context.attributes.has("scale")) {
    const root = scalarLike(context, q, Math.sqrt(context.attributes.float("scale", 1)));
    return context.emit(ops.matMul, {}, [
      binary(context, ops.mul, q, root),
      binary(context, ops.mul, keys, root),
    ]);
  }
  const size = castTo(context, dimOf(context, q, 3), "f32");
  const root = context.emit(ops.sqrt, {}, [
    context.emit(ops.reciprocal, {}, [context.emit(ops.sqrt, {}, [size])]),
  ]);
  const typed = castTo(context, root, q.type.dtype);
  return context.emit(ops.matMul, {}, [
    binary(context, ops.mul, q, typed),
    binary(context, ops.mul, keys, typed),
  ]);
}

export function Attention(context: OnnxContext): readonly Value[] {
  const { attributes } = context;
  const q = splitHeads(context, context.input(0), attributes.int("q_num_heads", 0));
  const kvHeads = attributes.int("kv_num_heads", 0);
  const [newKeys, newValues] = [1, 2].map((i) => splitHeads(context, context.input(i), kvHeads));
  const [pastKeys, pastValues] = [context.optional(4), context.optional(5)];
  const keys = pastKeys ? concat(context, [pastKeys, newKeys!], 2) : newKeys!;
  const values = pastValues ? concat(context, [pastValues, newValues!], 2) : newValues!;
  const lengths = {
    query: dimOf(context, q, 2),
    past: pastKeys ? dimOf(context, pastKeys, 2) : context.ints([0]),
    total: dimOf(context, keys, 2),
  };
  const heads = dimOf(context, q, 1);
  const raw = scores(context, q, shareHeads(context, keys, heads));
  const capped = softcapped(context, raw);
  const biased = addAll(context, [capped, ...biases(context, lengths, q.type.dtype)]);
  const weights = softmaxIn(context, biased);
  const result = context.emit(ops.matMul, {}, [weights, shareHeads(context, values, heads)]);
  const y = rankOf(context.input(0)) === 4 ? result : joinHeads(context, result);
  const stages = [raw, capped, biased, weights];
  return [y, keys, values, stages[attributes.int("qk_matmul_output_mode", 0)] ?? raw];
}

/** Scores and probabilities pass through graphs of the model. */
export function FlexAttention(context: OnnxContext): readonly Value[] {
  const [q, k, v] = [context.input(0), context.input(1), context.input(2)];
  const heads = dimOf(context, q, 1);
  const raw = scores(context, q, shareHeads(context, k, heads));
  const weights = softmaxIn(context, through(context, "score_mod", raw));
  const mixed = through(context, "prob_mod", weights);
  return [context.emit(ops.matMul, {}, [mixed, shareHeads(context, v, heads)])];
}

function through(context: OnnxContext, name: string, value: Value): Value {
  const graph = context.attributes.graph(name);
  if (!graph) return value;
  const [result] = context.node.subgraphs.inline(graph, context.node.scope, [value]);
  return result ?? context.fail(`${name} with 0 outputs`, "1");
}

/** [B,H,S,D] in, cos and sin [B,S,D/2]: pairs turned by their angle. */
export function RotaryEmbedding(context: OnnxContext): readonly Value[] {
  const { attributes } = context;
  const x = context.input(0);
  const isFlat = rankOf(x) === 3;
  const split = isFlat
    ? reshape(context, x, context.ints([0, 0, attributes.int("num_heads", 0), -1]))
    : transpose(context, x, [0, 2, 1, 3]);
  const rotated = rotate(context, split, attributes.int("rotary_embedding_dim", 0));
  const back = isFlat ? rotated : transpose(context, rotated, [0, 2, 1, 3]);
  return [reshape(context, back, shapeOf(context, x))];
}

function cacheOf(context: OnnxContext, index: 1 | 2): Value {
  const positions = context.optional(3);
  const cache = context.input(index);
  return unsqueeze(
    context,
    positions ? context.emit(ops.gather, { axis: 0 }, [cache, positions]) : cache,
    [2],
  );
}

export function sliceLast(context: OnnxContext, x: Value, start: number, end: number, step = 1): Value {
  return context.emit(ops.slice, {}, [x, ...[start, end, -1, step].map((n) => context.ints([n]))]);
}

export interface Turn {
  /** Of half the width, broadcasting to x. */
  readonly cos: Value;
  readonly sin: Value;
  /** How many of the last dimension's elements turn; the rest stays. */
  readonly width: number;
  /** Pairs lie beside each other instead of half the width apart. */
  readonly isInterleaved: boolean;
}

/** Pairs of the last dimension turned by their angle: the rotary embedding of x of rank 4. */
export function turnPairs(context: OnnxContext, x: Value, { cos, sin, width, isInterleaved }: Turn): Value {
  const turned = sliceLast(context, x, 0, width);
  const [a, b] = isInterleaved
    ? [sliceLast(context, turned, 0, width, 2), sliceLast(context, turned, 1, width, 2)]
    : [sliceLast(context, turned, 0, width / 2), sliceLast(context, turned, width / 2, width)];
  const mul = (left: Value, right: Value): Value => binary(context, ops.mul, left, right);
  const real = binary(context, ops.sub, mul(cos, a), mul(sin, b));
  const imaginary = binary(context, ops.add, mul(sin, a), mul(cos, b));
  const pairs = isInterleaved
    ? reshape(
        context,
        concat(context, [unsqueeze(context, real, [4]), unsqueeze(context, imaginary, [4])], 4),
        shapeOf(context, turned),
      )
    : concat(context, [real, imaginary], -1);
  if (width === x.type.shape[3]) return pairs;
  return concat(context, [pairs, sliceLast(context, x, width, Number.MAX_SAFE_INTEGER)], -1);
}

function rotate(context: OnnxContext, x: Value, rotaryDim: number): Value {
  const size = x.type.shape[3];
  const width =
    rotaryDim > 0
      ? rotaryDim
      : typeof size === "number"
        ? size
        : context.fail("an unknown head size", "a number");
  const isInterleaved = context.attributes.int("interleaved", 0) !== 0;
  return turnPairs(context, x, { cos: cacheOf(context, 1), sin: cacheOf(context, 2), width, isInterleaved });
}

/** Depthwise convolution over time whose past is a state: x [N,C,L] -> y [N,C,L], the last K-1 steps [N,C,K-1]. */
export function CausalConvWithState(context: OnnxContext): readonly Value[] {
  const [x, w, bias, past] = [context.input(0), context.input(1), context.optional(2), context.optional(3)];
  const channels = w.type.shape[0];
  const kernel = w.type.shape[2];
  if (typeof channels !== "number" || typeof kernel !== "number")
    context.fail("a weight of unknown shape", "numbers");
  const keep = (kernel as number) - 1;
  const zeros = context.emit(ops.expand, {}, [
    scalarLike(context, x, 0),
    concat(context, [dimOf(context, x, 0), dimOf(context, x, 1), context.ints([keep])], 0),
  ]);
  const padded = keep === 0 ? x : concat(context, [past ?? zeros, x], 2);
  const attrs = {
    strides: [1],
    pads: [0, 0],
    dilations: [1],
    groups: channels as number,
    autoPad: "none" as const,
  };
  const y = context.emit(ops.conv, attrs, bias ? [padded, w, bias] : [padded, w]);
  const name = context.attributes.string("activation", "none");
  const isSwish = name === "silu" || name === "swish";
  if (!isSwish && name !== "none") context.fail(`activation "${name}"`, "none, silu or swish");
  const state = keep === 0 ? zeros : sliceLast(context, padded, -keep, Number.MAX_SAFE_INTEGER);
  return [isSwish ? context.emit(ops.swish, { alpha: 1 }, [y]) : y, state];
}
