import { ops, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { countTo, type Turn, turnPairs } from "./attention.ts";
import {
  asInt64,
  binary,
  castTo,
  concat,
  dimOf,
  rankOf,
  reshape,
  scalarLike,
  shapeOf,
  transpose,
  unsqueeze,
} from "./common.ts";
import { apart, attendHeads, biasWhere, rowOf, scaleOf, splitLast } from "./microsoft-heads.ts";

/** Rows of the cache for positions [B,S], as [B,1,S,half]. */
function rowsFor(context: OnnxContext, cache: Value, positions: Value): Value {
  return unsqueeze(context, context.emit(ops.gather, { axis: 0 }, [cache, positions]), [1]);
}

function turnFor(
  context: OnnxContext,
  caches: readonly [Value, Value],
  positions: Value,
  isInterleaved: boolean,
): Turn {
  const half = caches[0].type.shape[1];
  if (typeof half !== "number") context.fail("a cosine cache of unknown width", "a number");
  const [cos, sin] = caches.map((cache) => rowsFor(context, cache, positions)) as [Value, Value];
  return { cos, sin, width: 2 * (half as number), isInterleaved };
}

/** [B,S] of a start for all, or of a position each. */
function allPositions(context: OnnxContext, given: Value, count: Value): Value {
  const ids = asInt64(context, given);
  if (rankOf(ids) === 2) return ids;
  return binary(context, ops.add, reshape(context, ids, context.ints([1, 1])), rowOf(context, count));
}

/** (x [B,S,H*D] or [B,H,S,D], positions [1] or [B,S], cosines, sines [most,D/2]). */
export function RotaryEmbedding(context: OnnxContext): readonly Value[] {
  const { attributes } = context;
  const x = context.input(0);
  const isFlat = rankOf(x) === 3;
  const caches = [context.input(2), context.input(3)] as const;
  const wanted = attributes.int("num_heads", 0);
  const [columns, half] = [x.type.shape[2], caches[0].type.shape[1]];
  const heads = wanted > 0 ? wanted : Number(columns) / (2 * Number(half));
  if (isFlat && !Number.isInteger(heads)) context.fail(`${columns} columns`, "num_heads to be given");
  const split = isFlat ? apart(context, x, heads) : x;
  const positions = allPositions(context, context.input(1), dimOf(context, split, 2));
  const isInterleaved = attributes.int("interleaved", 0) !== 0;
  const turned = turnPairs(context, split, turnFor(context, caches, positions, isInterleaved));
  const scale = attributes.float("scale", 1);
  const scaled = scale === 1 ? turned : binary(context, ops.mul, turned, scalarLike(context, turned, scale));
  if (!isFlat) return [scaled];
  return [reshape(context, transpose(context, scaled, [0, 2, 1, 3]), shapeOf(context, x))];
}

interface Positions {
  /** [B]: where the new keys go. */
  readonly starts: Value;
  /** [B,S] of each query. */
  readonly queries: Value;
}

/** seqlens_k is the last position of each row; a first prompt starts at 0, whatever its padding. */
function positionsOf(context: OnnxContext, steps: Value): Positions {
  const last = reshape(context, asInt64(context, context.input(5)), context.ints([-1]));
  const total = reshape(context, asInt64(context, context.input(6)), context.ints([1]));
  const first = binary(context, ops.sub, binary(context, ops.add, last, context.ints([1])), steps);
  const isPrompt = binary(context, ops.equal, total, steps);
  const starts = context.emit(ops.where, {}, [isPrompt, context.ints([0]), first]);
  return {
    starts,
    queries: binary(context, ops.add, unsqueeze(context, starts, [1]), rowOf(context, steps)),
  };
}

/** The rows written at each start; one row by comparison, which kernels do. */
function written(context: OnnxContext, room: Value, rows: Value, starts: Value): Value {
  if (rows.type.shape[2] !== 1)
    return context.emit(ops.tensorScatter, { axis: 2, mode: "linear" as const }, [room, rows, starts]);
  const columns = unsqueeze(context, countTo(context, dimOf(context, room, 2)), [1]);
  const isHere = binary(context, ops.equal, columns, unsqueeze(context, starts, [1, 2, 3]));
  return context.emit(ops.where, {}, [isHere, rows, room]);
}

/** The past with room for the new rows, and these at each start: more keys than `total`, the last ones hidden. */
function updated(context: OnnxContext, past: Value | undefined, rows: Value, starts: Value): Value {
  if (!past) return rows;
  const pads = concat(context, [context.ints([0]), dimOf(context, rows, 2)], 0);
  const mode = { mode: "constant" as const };
  const room = context.emit(ops.pad, mode, [past, pads, scalarLike(context, past, 0), context.ints([2])]);
  return written(context, room, rows, starts);
}

/** As much of the keys as the next step takes: the past's length, or the total where that is more. */
function present(context: OnnxContext, past: Value | undefined, keys: Value): Value {
  if (!past) return keys;
  const total = reshape(context, asInt64(context, context.input(6)), context.ints([1]));
  const length = binary(context, ops.max, total, dimOf(context, past, 2));
  return context.emit(ops.slice, {}, [keys, context.ints([0]), length, context.ints([2]), context.ints([1])]);
}

/** A bias over `total` keys as one over all. */
function overKeys(context: OnnxContext, bias: Value, keys: Value): Value {
  const lacking = binary(context, ops.sub, dimOf(context, keys, 2), dimOf(context, bias, 3));
  const pads = concat(context, [context.ints([0]), lacking], 0);
  const mode = { mode: "constant" as const };
  return context.emit(ops.pad, mode, [bias, pads, scalarLike(context, bias, 0), context.ints([3])]);
}

/** Hides keys after each query, and those further back than the window: [B,1,S,T]. */
function windowBias(context: OnnxContext, queries: Value, keys: Value, like: Value): Value {
  const rows = unsqueeze(context, queries, [2]);
  const columns = unsqueeze(context, rowOf(context, keys), [0]);
  const after = binary(context, ops.greater, columns, rows);
  const window = context.attributes.int("local_window_size", -1);
  const before =
    window > 0
      ? binary(
          context,
          ops.lessOrEqual,
          columns,
          binary(context, ops.sub, rows, context.scalar("i64", window)),
        )
      : undefined;
  const hidden = before ? binary(context, ops.or, after, before) : after;
  return biasWhere(context, unsqueeze(context, hidden, [1]), like, Number.NEGATIVE_INFINITY);
}

const refused = ["sliding_window_cache", "qk_output"];

function checkGroupQuery(context: OnnxContext): void {
  for (const name of refused) {
    if (context.attributes.int(name, 0) !== 0)
      context.fail(`${name} ${context.attributes.int(name, 0)}`, "0");
  }
  if (context.attributes.int("causal", 1) === 0) context.fail("causal 0", "1");
  for (const name of ["k_quant_type", "v_quant_type"]) {
    const type = context.attributes.string(name, "NONE");
    if (type !== "NONE") context.fail(`${name} ${type}`, "NONE: a cache of floats");
  }
}

/** [B,S,(H+2K)*D] taken apart, where keys and values are not given. */
function groupInputs(context: OnnxContext, heads: number, keyHeads: number): readonly [Value, Value, Value] {
  const [query, key, value] = [context.input(0), context.optional(1), context.optional(2)];
  if (key && value) return [query, key, value];
  const columns = query.type.shape[2];
  if (typeof columns !== "number") return context.fail("a packed query of unknown width", "a number");
  const size = columns / (heads + 2 * keyHeads);
  return splitLast(context, query, [heads * size, keyHeads * size, keyHeads * size]) as [Value, Value, Value];
}

function normalized(context: OnnxContext, x: Value, weight: Value | undefined): Value {
  if (!weight) return x;
  const epsilon = context.attributes.float("qk_norm_epsilon", 1e-6);
  return context.emit(ops.rmsNorm, { axis: -1, epsilon }, [x, weight]);
}

function rotated(context: OnnxContext, xs: readonly [Value, Value], queries: Value): readonly [Value, Value] {
  if (context.attributes.int("do_rotary", 0) === 0) return xs;
  const given = context.optional(9);
  const positions = given ? asInt64(context, given) : queries;
  const caches = [context.input(7), context.input(8)] as const;
  const isInterleaved = context.attributes.int("rotary_interleaved", 0) !== 0;
  const turn = turnFor(context, caches, positions, isInterleaved);
  return [turnPairs(context, xs[0], turn), turnPairs(context, xs[1], turn)];
}

/**
 * (query, key?, value?, pastKey?, pastValue?, lengths - 1 [B], total, cosines?, sines?, positions?, bias?, sink?, ...,
 * queryNorm?, keyNorm?): heads that share keys, with a cache of the keys so far.
 */
export function GroupQueryAttention(context: OnnxContext): readonly Value[] {
  checkGroupQuery(context);
  const [heads, keyHeads] = [context.requiredInt("num_heads"), context.requiredInt("kv_num_heads")];
  const [query, key, value] = groupInputs(context, heads, keyHeads);
  const q = normalized(context, apart(context, query, heads), context.optional(14));
  const k = normalized(context, apart(context, key, keyHeads), context.optional(15));
  const { starts, queries } = positionsOf(context, dimOf(context, q, 2));
  const [turnedQ, turnedK] = rotated(context, [q, k], queries);
  const keys = updated(context, context.optional(3), turnedK, starts);
  const values = updated(context, context.optional(4), apart(context, value, keyHeads), starts);
  const bias = context.optional(10);
  const isSmooth = context.attributes.int("smooth_softmax", 0) > 0;
  const sink = context.optional(11) ?? (isSmooth ? scalarLike(context, q, 0) : undefined);
  const y = attendHeads(context, {
    q: turnedQ,
    k: keys,
    v: values,
    biases: [
      windowBias(context, queries, dimOf(context, keys, 2), q),
      ...(bias ? [overKeys(context, bias, keys)] : []),
    ],
    scale: scaleOf(context),
    softcap: context.attributes.float("softcap", 0),
    ...(sink ? { sink: rankOf(sink) === 0 ? reshape(context, sink, context.ints([1])) : sink } : {}),
  });
  const pasts = [context.optional(3), context.optional(4)];
  return [y, present(context, pasts[0], keys), present(context, pasts[1], values)];
}

/** (x, emb, q, q_rot, k, k_rot): query and key turned, [B,H,S,D] with emb [B,S,D]. */
export function GemmaRotaryEmbedding(context: OnnxContext): readonly Value[] {
  const [angles, q, qTurned, k, kTurned] = [0, 1, 2, 3, 4].map((i) => context.input(i)) as [
    Value,
    Value,
    Value,
    Value,
    Value,
  ];
  const [cos, sin] = [ops.cos, ops.sin].map((op) =>
    unsqueeze(context, castTo(context, context.emit(op, {}, [angles]), q.type.dtype), [1]),
  ) as [Value, Value];
  const turn = (x: Value, half: Value): Value =>
    binary(context, ops.add, binary(context, ops.mul, x, cos), binary(context, ops.mul, half, sin));
  return [turn(q, qTurned), turn(k, kTurned)];
}
