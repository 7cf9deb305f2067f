import { ops, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { binary, castTo, concat, dimOf, rankOf, scalarLike, transpose, unsqueeze } from "./common.ts";
import {
  apart,
  attendHeads,
  attendJoined,
  causalMask,
  type Heads,
  maskBias,
  pick,
  scaleOf,
  splitLast,
  weightsOf,
} from "./microsoft-heads.ts";

interface Projected {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
}

interface Inputs extends Projected {
  readonly heads: number;
  readonly mask: Value | undefined;
  readonly bias: Value | undefined;
  /** [B,H,P,D] */
  readonly past: readonly [Value, Value] | undefined;
  /** The keys and values with the past are wanted. */
  readonly wantsPresent: boolean;
  readonly wantsScores?: boolean;
}

function sequenceOf(context: OnnxContext, x: Value): Value {
  return dimOf(context, x, rankOf(x) === 4 ? 2 : 1);
}

function withPast(context: OnnxContext, x: Value, past: Value | undefined): Value {
  return past ? concat(context, [past, x], 2) : x;
}

function biasesOf(context: OnnxContext, { q, mask, bias }: Inputs, keys: Value): Value[] {
  const span = {
    queries: sequenceOf(context, q),
    keys,
    batch: dimOf(context, q, 0),
    batchDim: q.type.shape[0]!,
  };
  const list = bias ? [bias] : [];
  if (mask) list.push(maskBias(context, mask, q, span));
  if (context.attributes.int("unidirectional", 0) !== 0) list.push(causalMask(context, span, q));
  return list;
}

interface Attended {
  readonly y: Value;
  readonly keys: Value;
  readonly values: Value;
  readonly scores?: Value;
}

/** Plain rows stay joined, which the kernels like best; else the heads are taken apart. */
function attend(context: OnnxContext, inputs: Inputs): Attended {
  const { q, k, v, heads, past, wantsPresent, wantsScores = false } = inputs;
  const scale = scaleOf(context);
  const isPlain = !past && !wantsPresent && !wantsScores && [q, k, v].every((x) => rankOf(x) === 3);
  if (isPlain) {
    const biases = biasesOf(context, inputs, sequenceOf(context, k));
    return { y: attendJoined(context, { q, k, v, biases, scale }, heads), keys: k, values: v };
  }
  const keys = withPast(context, apart(context, k, heads), past?.[0]);
  const values = withPast(context, apart(context, v, heads), past?.[1]);
  const split: Heads = {
    q: apart(context, q, heads),
    k: keys,
    v: values,
    biases: biasesOf(context, inputs, dimOf(context, keys, 2)),
    scale,
  };
  const y = attendHeads(context, split);
  if (!wantsScores) return { y, keys, values };
  const size = split.q.type.shape[3];
  const factor =
    scale ??
    1 / Math.sqrt(typeof size === "number" ? size : context.fail("an unknown head size", "a number"));
  return { y, keys, values, scores: weightsOf(context, { ...split, scale: factor })[0] };
}

function hiddenSizes(context: OnnxContext, columns: number | string | undefined): readonly number[] {
  const given = context.attributes.ints("qkv_hidden_sizes");
  if (given && given.length === 3) return given;
  if (typeof columns === "number" && columns % 3 === 0) return [columns / 3, columns / 3, columns / 3];
  return context.fail(`weights of ${columns} columns`, "a multiple of 3, or qkv_hidden_sizes");
}

interface Packed {
  readonly projected: Value;
  readonly mask: Value | undefined;
  readonly past: Value | undefined;
  readonly bias: Value | undefined;
}

/** Past and present hold keys and values in one: [2,B,H,T,D]. */
function packedAttention(context: OnnxContext, { projected, mask, past, bias }: Packed): readonly Value[] {
  for (const name of ["do_rotary", "past_present_share_buffer"]) {
    if (context.attributes.int(name, 0) !== 0) context.fail(`${name} 1`, "0: export without it");
  }
  const [q, k, v] = splitLast(context, projected, hiddenSizes(context, projected.type.shape[2]));
  const { y, keys, values } = attend(context, {
    q: q!,
    k: k!,
    v: v!,
    heads: context.requiredInt("num_heads"),
    mask,
    bias,
    past: past && [pick(context, past, 0, 0), pick(context, past, 0, 1)],
    wantsPresent: context.wants(1),
  });
  if (!context.wants(1)) return [y];
  return [y, concat(context, [unsqueeze(context, keys, [0]), unsqueeze(context, values, [0])], 0)];
}

/** (input, weights, bias?, mask?, past?, attentionBias?, pastLength?). */
export function Attention(context: OnnxContext): readonly Value[] {
  const bias = context.optional(2);
  const product = context.emit(ops.matMul, {}, [context.input(0), context.input(1)]);
  const projected = bias ? binary(context, ops.add, product, bias) : product;
  return packedAttention(context, {
    projected,
    mask: context.optional(3),
    past: context.optional(4),
    bias: context.optional(5),
  });
}

/** (input, weights, bias, inputScale, weightScale, mask?, inputZero?, weightZero?, past?), the first two quantised. */
export function QAttention(context: OnnxContext): readonly Value[] {
  const [x, w] = [context.input(0), context.input(1)];
  const zeros = [6, 7].map((i) => context.optional(i) ?? scalarLike(context, i === 6 ? x : w, 0));
  const product = context.emit(ops.matMulInteger, {}, [x, w, zeros[0]!, zeros[1]!]);
  const scale = binary(context, ops.mul, context.input(3), context.input(4));
  const real = binary(context, ops.mul, castTo(context, product, scale.type.dtype), scale);
  return packedAttention(context, {
    projected: binary(context, ops.add, real, context.input(2)),
    mask: context.optional(5),
    past: context.optional(8),
    bias: undefined,
  });
}

/** query [B,S,N,3,D], or with key [B,T,N,2,D]: taken apart into [B,N,rows,D]. */
function unpacked(
  context: OnnxContext,
  query: Value,
  key: Value | undefined,
  value: Value | undefined,
): Projected {
  const part = (x: Value, index: number): Value =>
    transpose(context, pick(context, x, 3, index), [0, 2, 1, 3]);
  if (rankOf(query) === 5) return { q: part(query, 0), k: part(query, 1), v: part(query, 2) };
  if (!key) return context.fail("no key", "a key, or a packed query of rank 5");
  if (rankOf(key) === 5) return { q: query, k: part(key, 0), v: part(key, 1) };
  return { q: query, k: key, v: value ?? context.fail("no value", "a value, or a packed key of rank 5") };
}

/** The bias of the projections lies in one list; keys of another attention's past have theirs already. */
function biased(context: OnnxContext, parts: Projected, bias: Value | undefined): Projected {
  if (!bias) return parts;
  const isPast = rankOf(parts.k) === 4;
  const heads = context.requiredInt("num_heads");
  const columns = (x: Value): number => {
    const size = x.type.shape.at(-1);
    const known = typeof size === "number" ? size : context.fail("an unknown head size", "a number");
    return rankOf(x) === 4 ? known * heads : known;
  };
  const sizes = [columns(parts.q), columns(parts.k), columns(parts.v)];
  const [q, k, v] = splitLast(context, bias, sizes);
  const add = (x: Value, term: Value): Value =>
    rankOf(x) === 3
      ? binary(context, ops.add, x, term)
      : context.fail("a packed input with a bias", "no bias");
  return isPast
    ? { ...parts, q: add(parts.q, q!) }
    : { q: add(parts.q, q!), k: add(parts.k, k!), v: add(parts.v, v!) };
}

/** (query, key?, value?, bias?, mask?, attentionBias?, pastKey?, pastValue?, pastLength?, cacheIndirection?). */
export function MultiHeadAttention(context: OnnxContext): readonly Value[] {
  if (context.optional(8) || context.optional(9)) {
    context.fail("a shared cache buffer", "past and present of their own. Export without buffer sharing");
  }
  const parts = unpacked(context, context.input(0), context.optional(1), context.optional(2));
  const [pastKey, pastValue] = [context.optional(6), context.optional(7)];
  const { y, keys, values, scores } = attend(context, {
    ...biased(context, parts, context.optional(3)),
    heads: context.requiredInt("num_heads"),
    mask: context.optional(4),
    bias: context.optional(5),
    past: pastKey && pastValue ? [pastKey, pastValue] : undefined,
    wantsPresent: context.wants(1) || context.wants(2),
    wantsScores: context.wants(3),
  });
  return scores ? [y, keys, values, scores] : [y, keys, values];
}
