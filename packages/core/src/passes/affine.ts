import { dtypeBytes } from "../ir/dtype.ts";
import type { Op } from "../ir/op.ts";
import type { Node, Value } from "../ir/program.ts";
import { isOp, type RewriteGraph } from "../ir/rewrite.ts";
import { Tensor } from "../ir/tensor.ts";
import {
  add,
  batchNorm,
  type ConvTransposeAttrs,
  conv,
  convTranspose,
  div,
  matMul,
  mul,
  sub,
} from "../ops/index.ts";
import { alongAxis, floats, mapFloats, rewritable } from "./floats.ts";

/** y[..., c, ...] = scale[c] * x[..., c, ...] + shift[c] */
export interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
  readonly x: Value;
}

const filled = (length: number, value: number): Float64Array => new Float64Array(length).fill(value);

function binaryAffine(node: Node, axis: number, graph: RewriteGraph): Affine | undefined {
  const [a, b] = node.inputs as [Value, Value];
  const isConstantFirst = graph.constant(a) !== undefined;
  const [x, constant] = isConstantFirst ? [b, a] : [a, b];
  const values = alongAxis(graph.constant(constant), node.outputs[0]!.type.shape, axis);
  if (!values || x.type.shape.length !== node.outputs[0]!.type.shape.length) return undefined;
  if (x.type.shape[axis] !== values.length) return undefined;
  if (isOp(node, mul)) return { x, scale: values, shift: filled(values.length, 0) };
  if (isOp(node, add)) return { x, scale: filled(values.length, 1), shift: values };
  if (isOp(node, div)) {
    if (isConstantFirst || values.includes(0)) return undefined;
    return { x, scale: values.map((value) => 1 / value), shift: filled(values.length, 0) };
  }
  const sign = isConstantFirst ? -1 : 1;
  return { x, scale: filled(values.length, sign), shift: values.map((value) => -sign * value) };
}

function batchNormAffine(node: Node<{ readonly epsilon: number }>, graph: RewriteGraph): Affine | undefined {
  const [scale, bias, mean, variance] = node.inputs.slice(1).map((input) => floats(graph.constant(input)));
  if (!scale || !bias || !mean || !variance) return undefined;
  const factor = Float64Array.from(scale, (value, c) => value / Math.sqrt(variance[c]! + node.attrs.epsilon));
  const shift = factor.map((value, c) => bias[c]! - mean[c]! * value);
  return { x: node.inputs[0]!, scale: factor, shift };
}

/** What a node with constants does to each index of `axis`, if that is all it does. */
export function affineOf(node: Node, axis: number, graph: RewriteGraph): Affine | undefined {
  if (isOp(node, batchNorm)) return axis === 1 ? batchNormAffine(node, graph) : undefined;
  if (!isOp(node, mul) && !isOp(node, div) && !isOp(node, add) && !isOp(node, sub)) return undefined;
  return node.attrs.activation ? undefined : binaryAffine(node, axis, graph);
}

/** The same bytes wherever output channel c of a weight [OC,IC/groups,...] or [IC,OC/groups,...] is scaled. */
function scaleConvWeight(weight: Tensor, groups: number, isTransposed: boolean, scale: Float64Array): Tensor {
  const [d0, d1] = weight.shape as [number, number];
  const inner = weight.data.length / Math.max(1, d0 * d1);
  if (!isTransposed) return mapFloats(weight, (x, i) => x * scale[Math.floor(i / (d1 * inner))]!);
  const inPerGroup = d0 / groups;
  return mapFloats(weight, (x, i) => {
    const ic = Math.floor(i / (d1 * inner));
    const oc = Math.floor(ic / inPerGroup) * d1 + (Math.floor(i / inner) % d1);
    return x * scale[oc]!;
  });
}

export function vector(like: Tensor, values: Float64Array): Tensor {
  return Tensor.from(
    like.dtype,
    [values.length],
    dtypeBytes(like.dtype) === 4 ? Float32Array.from(values) : values,
  );
}

export const isAll = (values: Float64Array, value: number): boolean => values.every((x) => x === value);

interface Folded {
  readonly weight: Value;
  readonly bias: Float64Array;
  readonly dtypeLike: Tensor;
}

function foldWeights(
  base: Node,
  { scale, shift }: Affine,
  graph: RewriteGraph,
  scaleWeight: (weight: Tensor) => Tensor,
): Folded | undefined {
  const weight = rewritable(base.inputs[1], graph);
  const bias = base.inputs[2] && floats(graph.constant(base.inputs[2]));
  if (!weight || (base.inputs[2] && bias?.length !== scale.length)) return undefined;
  return {
    weight: isAll(scale, 1) ? base.inputs[1]! : graph.constantOf(scaleWeight(weight), base.inputs[1]!.name),
    bias: shift.map((value, c) => value + (bias ? bias[c]! * scale[c]! : 0)),
    dtypeLike: weight,
  };
}

function biasOf(base: Node, folded: Folded, graph: RewriteGraph): Value {
  return graph.constantOf(vector(folded.dtypeLike, folded.bias), base.inputs[2]?.name ?? `${base.name}.bias`);
}

function intoConv(base: Node, affine: Affine, graph: RewriteGraph): Value | undefined {
  const op = isOp(base, conv) ? conv : isOp(base, convTranspose) ? convTranspose : undefined;
  if (!op || base.inputs.length > 3) return undefined;
  const { attrs } = base as Node<ConvTransposeAttrs>;
  if (attrs.activation) return undefined;
  const folded = foldWeights(base, affine, graph, (weight) =>
    scaleConvWeight(weight, attrs.groups, op === convTranspose, affine.scale),
  );
  if (!folded) return undefined;
  const inputs = [base.inputs[0]!, folded.weight, biasOf(base, folded, graph)];
  return graph.one(op as Op, attrs, inputs, base.name);
}

function intoMatMul(base: Node, affine: Affine, graph: RewriteGraph): Value | undefined {
  if (!isOp(base, matMul) || base.attrs.activation) return undefined;
  const hasBias = base.inputs.length > 2;
  if (base.inputs[1]!.type.shape.length !== 2 || (isAll(affine.scale, 1) && !hasBias)) return undefined;
  const columns = affine.scale.length;
  const folded = foldWeights(base, affine, graph, (weight) => {
    const rows = weight.shape[1]!;
    return mapFloats(weight, (x, i) =>
      base.attrs.transB ? x * affine.scale[Math.floor(i / rows)]! : x * affine.scale[i % columns]!,
    );
  });
  if (!folded) return undefined;
  const bias = biasOf(base, folded, graph);
  const inputs = [base.inputs[0]!, folded.weight];
  if (hasBias) return graph.one(matMul, base.attrs, [...inputs, bias], base.name);
  const product = graph.one(matMul, base.attrs, inputs, base.name);
  return isAll(folded.bias, 0) ? product : graph.one(add, {}, [product, bias], `${base.name}.shift`);
}

/** The axis of a base's output channels; undefined when it takes no affine. */
function channelAxis(base: Node): number | undefined {
  if (isOp(base, conv) || isOp(base, convTranspose)) return 1;
  return isOp(base, matMul) ? base.outputs[0]!.type.shape.length - 1 : undefined;
}

export const maxChain = 8;

/**
 * The conv, convTranspose or matMul that `node` and a chain of multiplications and additions of constants before it
 * follow, with all of them in its weights and bias (a matMul without bias gets one `add`).
 */
export function foldAffine(node: Node, graph: RewriteGraph): Value | undefined {
  for (const axis of new Set([1, node.outputs[0]!.type.shape.length - 1])) {
    let affine = affineOf(node, axis, graph);
    for (let length = 0; affine && length < maxChain; length++) {
      const base = graph.producer(affine.x);
      if (!base || graph.uses(affine.x) !== 1) break;
      const isBase = channelAxis(base) === axis;
      const folded = isBase ? (intoConv(base, affine, graph) ?? intoMatMul(base, affine, graph)) : undefined;
      if (folded) return folded;
      const inner: Affine | undefined = affineOf(base, axis, graph);
      affine = inner && compose(affine, inner);
    }
  }
  return undefined;
}

export function compose(outer: Affine, inner: Affine): Affine {
  return {
    x: inner.x,
    scale: outer.scale.map((value, c) => value * inner.scale[c]!),
    shift: outer.shift.map((value, c) => value + outer.scale[c]! * inner.shift[c]!),
  };
}
