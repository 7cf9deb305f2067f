import type { Node, Value } from "../../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../../ir/rewrite.ts";
import { broadcastShapes, normalizeAxis, type Shape, sameShape } from "../../ir/shape.ts";
import { numbers } from "../../ir/tensor.ts";
import {
  add,
  attention,
  div,
  type MatMulAttrs,
  matMul,
  mul,
  reshape,
  softmax,
  transpose,
} from "../../ops/index.ts";

/** [B,S,H,D] and [B,H,S,D] into each other. */
const headPerm = [0, 2, 1, 3];
const samePerm = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((axis, i) => axis === b[i]);

function oneNumber(value: Value, graph: RewriteGraph): number | undefined {
  const data = graph.constant(value);
  return data?.data.length === 1 ? numbers(data)[0] : undefined;
}

interface Scaled {
  readonly value: Value;
  readonly factor: number;
}

/** value = factor * scores, by one mul or div that nothing else reads. */
function scaledBy(value: Value, graph: RewriteGraph): Scaled {
  const unscaled = { value, factor: 1 };
  const product = graph.soleProducer(value, mul);
  const node = product ?? graph.soleProducer(value, div);
  if (!node || node.attrs.activation) return unscaled;
  for (const i of product ? [0, 1] : [0]) {
    const number = oneNumber(node.inputs[1 - i]!, graph);
    if (number === undefined || number === 0 || !sameShape(node.inputs[i]!.type.shape, value.type.shape))
      continue;
    return { value: node.inputs[i]!, factor: product ? number : 1 / number };
  }
  return unscaled;
}

interface Masked {
  readonly scores: Value;
  readonly mask: Value | undefined;
}

/** The ways to read value = scores + mask, the mask being none at last. */
function* maskings(value: Value, graph: RewriteGraph): Generator<Masked> {
  const sum = graph.soleProducer(value, add);
  if (sum && !sum.attrs.activation) {
    for (const i of [0, 1]) {
      const [scores, mask] = [sum.inputs[i]!, sum.inputs[1 - i]!];
      if (sameShape(scores.type.shape, value.type.shape)) yield { scores, mask };
    }
  }
  yield { scores: value, mask: undefined };
}

/** k [B,H,T,D] of q k^T; a transposition of both heads and rows is left with that of the heads. */
function keysOf(product: Node<MatMulAttrs>, graph: RewriteGraph): Value | undefined {
  const right = product.inputs[1]!;
  if (product.attrs.transB) return right;
  const turned = graph.producer(right);
  if (!isOp(turned, transpose)) return undefined;
  const { perm } = turned.attrs;
  const rest = [perm[0]!, perm[1]!, perm[3]!, perm[2]!];
  if (samePerm(rest, [0, 1, 2, 3])) return turned.inputs[0];
  return samePerm(rest, headPerm) ? graph.one(transpose, { perm: rest }, turned.inputs) : undefined;
}

const isPlainProduct = ({ inputs, attrs }: Node<MatMulAttrs>): boolean =>
  inputs.length === 2 && !attrs.activation && !attrs.transA;

/** scores [B,H,S,T] = q k^T of four dimensions without broadcasting. */
function productOf(value: Value, v: Value, graph: RewriteGraph): Node<MatMulAttrs> | undefined {
  const product = graph.soleProducer(value, matMul);
  if (!product || !isPlainProduct(product)) return undefined;
  const heads = (of: Value): Shape => of.type.shape.slice(0, 2);
  const operands = [...product.inputs, v];
  const isSame = operands.every((of) => of.type.shape.length === 4 && sameShape(heads(of), heads(value)));
  return isSame ? product : undefined;
}

function fitsScores(mask: Value, scores: Value): boolean {
  const { shape } = scores.type;
  return mask.type.shape.length <= 4 && sameShape(broadcastShapes(mask.type.shape, shape), shape);
}

/** matMul(softmax(scale * matMul(q, k^T) + mask), v) */
const attentionRewrite: Rewrite = {
  name: "attention",
  anchors: [matMul],
  rewrite(node, graph) {
    if (!isOp(node, matMul) || !isPlainProduct(node) || node.attrs.transB) return undefined;
    const [left, v] = node.inputs as [Value, Value];
    const weights = graph.soleProducer(left, softmax);
    if (!weights || (node.attrs.alpha ?? 1) !== 1) return undefined;
    if (normalizeAxis(weights.attrs.axis, left.type.shape.length) !== left.type.shape.length - 1)
      return undefined;
    for (const { scores, mask } of maskings(weights.inputs[0]!, graph)) {
      const { value, factor } = scaledBy(scores, graph);
      const product = productOf(value, v, graph);
      if (!product || (mask && !fitsScores(mask, scores))) continue;
      const k = keysOf(product, graph);
      if (!k) continue;
      const scale = factor * (product.attrs.alpha ?? 1);
      return [graph.one(attention, { scale }, [product.inputs[0]!, k, v, ...(mask ? [mask] : [])])];
    }
    return undefined;
  },
};

/** x [B,S,H*D] of a value [B,H,S,D] that is x with its heads taken apart. */
function joinedHeads(value: Value, graph: RewriteGraph): Value | undefined {
  const turned = graph.producer(value);
  if (!isOp(turned, transpose) || !samePerm(turned.attrs.perm, headPerm)) return undefined;
  const apart = graph.producer(turned.inputs[0]!);
  if (!isOp(apart, reshape)) return undefined;
  const x = apart.inputs[0]!;
  const [b, s, h, d] = apart.outputs[0]!.type.shape;
  const isWhole = typeof h === "number" && typeof d === "number" && sameShape(x.type.shape, [b!, s!, h * d]);
  return isWhole ? x : undefined;
}

/** Attention between heads taken apart and put together again. */
const joinedAttentionRewrite: Rewrite = {
  name: "joined-attention",
  anchors: [reshape],
  rewrite(node, graph) {
    const turned = graph.soleProducer(node.inputs[0]!, transpose);
    if (!turned || !samePerm(turned.attrs.perm, headPerm)) return undefined;
    const apart = graph.soleProducer(turned.inputs[0]!, attention);
    if (!apart || apart.attrs.heads !== undefined) return undefined;
    const [b, h, s, d] = apart.outputs[0]!.type.shape;
    if (typeof h !== "number" || typeof d !== "number") return undefined;
    if (!sameShape(node.outputs[0]!.type.shape, [b!, s!, h * d])) return undefined;
    const joined = apart.inputs.slice(0, 3).map((input) => joinedHeads(input, graph));
    const rows = joined.filter((value) => value !== undefined);
    if (rows.length < 3) return undefined;
    return [graph.one(attention, { ...apart.attrs, heads: h }, [...rows, ...apart.inputs.slice(3)])];
  },
};

export const attentionFusions: readonly Rewrite[] = [attentionRewrite, joinedAttentionRewrite];
