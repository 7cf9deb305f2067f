import { ShapeError } from "../errors.ts";
import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { broadcastShapes, type Dim, formatShape, type Shape } from "../ir/shape.ts";
import type { Tensor, TensorType } from "../ir/tensor.ts";
import { canEqual } from "./shared/channels.ts";
import { checkFloat, checkInputs, checkRank, checkSameDType } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";
import { broadcastStrides } from "./shared/strided.ts";

export interface AttentionAttrs {
  /** Multiplies q k^T, before the mask. */
  readonly scale: number;
  /** Given: the heads lie beside each other in the rows of q, k, v and y, which are [B,S,H*D]. */
  readonly heads?: number;
}

/** Dimensions of one attention; `D` and `E` are the columns of a head of q and of v. */
export interface AttentionSizes<N extends Dim = Dim> {
  readonly batch: N;
  readonly heads: N;
  readonly queries: N;
  readonly keys: N;
  readonly depth: N;
  readonly valueDepth: N;
}

function perHead(columns: Dim, heads: number, what: string): Dim {
  if (typeof columns !== "number") return `?${what}`;
  if (columns % heads === 0) return columns / heads;
  throw new ShapeError(`${what} has ${columns} columns; expected a multiple of the ${heads} heads.`);
}

function expectEqual(a: Dim, b: Dim, what: string): void {
  if (!canEqual(a, b)) throw new ShapeError(`${what}: ${a} and ${b}; expected the same number.`);
}

function split(shape: Shape, heads: number | undefined, what: string): [Dim, Dim, Dim, Dim] {
  if (heads === undefined) return shape as [Dim, Dim, Dim, Dim];
  const [batch, rows, columns] = shape as [Dim, Dim, Dim];
  return [batch, heads, rows, perHead(columns, heads, what)];
}

/** The sizes that q, k and v agree on. Throws ShapeError. */
export function attentionSizes(q: Shape, k: Shape, v: Shape, heads: number | undefined): AttentionSizes {
  const [batch, headCount, queries, depth] = split(q, heads, "q");
  const [batchK, headsK, keys, depthK] = split(k, heads, "k");
  const [batchV, headsV, keysV, valueDepth] = split(v, heads, "v");
  expectEqual(batch, batchK, "batches of q and k");
  expectEqual(batch, batchV, "batches of q and v");
  expectEqual(headCount, headsK, "heads of q and k");
  expectEqual(headCount, headsV, "heads of q and v");
  expectEqual(depth, depthK, "columns of q and k");
  expectEqual(keys, keysV, "rows of k and v");
  return { batch, heads: headCount, queries, keys, depth, valueDepth };
}

function outputShape(sizes: AttentionSizes, v: Shape, { heads }: AttentionAttrs): Shape {
  const { batch, queries, valueDepth } = sizes;
  return heads === undefined ? [batch, sizes.heads, queries, valueDepth] : [batch, queries, v[2]!];
}

function checkMask(mask: TensorType, { batch, heads, queries, keys }: AttentionSizes): void {
  const scores = [batch, heads, queries, keys];
  const fits =
    mask.shape.length <= 4 &&
    broadcastShapes(mask.shape, scores).every((dim, i) => canEqual(dim, scores[i]!));
  if (fits) return;
  throw new ShapeError(
    `mask has shape ${formatShape(mask.shape)}; expected one that broadcasts to ${formatShape(scores)}.`,
  );
}

/** Elements of row (b, h, r), the columns being dense. */
function rowOffset(
  { rows, columns, heads, joined }: { rows: number; columns: number; heads: number; joined: boolean },
  b: number,
  h: number,
  r: number,
): number {
  return joined ? ((b * rows + r) * heads + h) * columns : ((b * heads + h) * rows + r) * columns;
}

function softmaxRow(scores: Float64Array): void {
  const top = scores.reduce((best, x) => Math.max(best, x), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let t = 0; t < scores.length; t++) sum += scores[t] = Math.exp(scores[t]! - top);
  for (let t = 0; t < scores.length; t++) scores[t]! /= sum;
}

function attend([q, k, v, mask]: readonly Tensor[], attrs: AttentionAttrs): Tensor {
  const sizes = attentionSizes(q!.shape, k!.shape, v!.shape, attrs.heads) as AttentionSizes<number>;
  const { batch, heads, queries, keys, depth, valueDepth } = sizes;
  const shape = outputShape(sizes, v!.shape, attrs) as readonly number[];
  const [dq, dk, dv, out] = [toDoubles(q!), toDoubles(k!), toDoubles(v!), doubles(shape)];
  const added = mask && toDoubles(mask);
  const [maskB, maskH, maskS, maskT] = broadcastStrides(mask?.shape ?? [], [batch, heads, queries, keys]);
  const joined = attrs.heads !== undefined;
  const scores = new Float64Array(keys);
  const at = (rows: number, columns: number, b: number, h: number, r: number): number =>
    rowOffset({ rows, columns, heads, joined }, b, h, r);
  const row = (b: number, h: number, s: number): void => {
    const fromQ = at(queries, depth, b, h, s);
    for (let t = 0; t < keys; t++) {
      const fromK = at(keys, depth, b, h, t);
      let sum = 0;
      for (let i = 0; i < depth; i++) sum += dq[fromQ + i]! * dk[fromK + i]!;
      scores[t] = sum * attrs.scale + (added?.[b * maskB! + h * maskH! + s * maskS! + t * maskT!] ?? 0);
    }
    softmaxRow(scores);
    const to = at(queries, valueDepth, b, h, s);
    for (let t = 0; t < keys; t++) {
      const fromV = at(keys, valueDepth, b, h, t);
      for (let i = 0; i < valueDepth; i++) out[to + i]! += scores[t]! * dv[fromV + i]!;
    }
  };
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) for (let s = 0; s < queries; s++) row(b, h, s);
  }
  return fromNumbers(q!.dtype, shape, out);
}

/**
 * q [B,H,S,D], k [B,H,T,D], v [B,H,T,E], mask? broadcasting to [B,H,S,T] -> y [B,H,S,E] =
 * softmax(scale q k^T + mask) v for each head, of floats; with `heads` all are [B,rows,H*columns].
 * Throws ShapeError.
 */
export const attention: Op<AttentionAttrs> = defineOp<AttentionAttrs>({
  name: "attention",
  accuracy: "rounding",
  infer(inputs, attrs) {
    checkInputs(inputs, 3, 4);
    const [q, k, v, mask] = inputs as readonly [TensorType, TensorType, TensorType, TensorType?];
    checkFloat(q, "q");
    checkSameDType(inputs);
    const { heads } = attrs;
    if (heads !== undefined && !(Number.isInteger(heads) && heads > 0)) {
      throw new ShapeError(`heads is ${heads}; expected a positive integer.`);
    }
    const rank = heads === undefined ? 4 : 3;
    checkRank(q, rank, rank, "q");
    checkRank(k, rank, rank, "k");
    checkRank(v, rank, rank, "v");
    const sizes = attentionSizes(q.shape, k.shape, v.shape, heads);
    if (mask) checkMask(mask, sizes);
    return [{ dtype: q.dtype, shape: outputShape(sizes, v.shape, attrs) }];
  },
  reference: (inputs, attrs) => [attend(inputs, attrs)],
  flops([q, k, v], _, { heads }) {
    const sizes = attentionSizes(q!.shape, k!.shape, v!.shape, heads);
    if (Object.values(sizes).some((dim) => typeof dim !== "number")) return 0;
    const { batch, heads: count, queries, keys, depth, valueDepth } = sizes as AttentionSizes<number>;
    return 2 * batch * count * queries * keys * (depth + valueDepth);
  },
});
