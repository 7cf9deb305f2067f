import { dataConstructor, isFloat } from "../../ir/dtype.ts";
import type { Node, Value } from "../../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../../ir/rewrite.ts";
import { isStatic, normalizeAxis, type Shape, sameShape } from "../../ir/shape.ts";
import { ints, Tensor } from "../../ir/tensor.ts";
import * as ops from "../../ops/index.ts";
import { floats } from "../floats.ts";
import { plusNumber } from "./factors.ts";

/** The first of the trailing axes that a mean with kept dimensions runs over. */
function meanAxis(node: Node | undefined, graph: RewriteGraph): { x: Value; axis: number } | undefined {
  if (!isOp(node, ops.reduceMean) || !node.attrs.keepDims) return undefined;
  const x = node.inputs[0]!;
  const rank = x.type.shape.length;
  const given = graph.constant(node.inputs[1]);
  if (!given || given.data.length === 0) return undefined;
  const axes = ints(given).map((axis) => normalizeAxis(axis, rank));
  const first = Math.min(...axes);
  const isTrailing = new Set(axes).size === rank - first;
  return isTrailing ? { x, axis: first } : undefined;
}

/** d where value = d^2 */
function squared(value: Value, graph: RewriteGraph): Value | undefined {
  const node = graph.producer(value);
  if (isOp(node, ops.mul)) return node.inputs[0] === node.inputs[1] ? node.inputs[0] : undefined;
  if (!isOp(node, ops.pow)) return undefined;
  return floats(graph.constant(node.inputs[1]))?.join() === "2" ? node.inputs[0] : undefined;
}

/** value = numerator / sqrt(denominator), also as a product with the reciprocal. */
function overRoot(value: Value, graph: RewriteGraph): { numerator: Value; radicand: Value } | undefined {
  const node = graph.producer(value);
  if (isOp(node, ops.div)) return rooted(node.inputs[0]!, node.inputs[1]!, graph);
  if (!isOp(node, ops.mul)) return undefined;
  for (const [i, input] of node.inputs.entries()) {
    const inverse = graph.producer(input);
    const numerator = node.inputs[1 - i]!;
    if (isOp(inverse, ops.reciprocal)) return rooted(numerator, inverse.inputs[0]!, graph);
    const isOneOver = isOp(inverse, ops.div) && floats(graph.constant(inverse.inputs[0]))?.join() === "1";
    if (isOneOver) return rooted(numerator, inverse.inputs[1]!, graph);
  }
  return undefined;
}

function rooted(
  numerator: Value,
  root: Value,
  graph: RewriteGraph,
): { numerator: Value; radicand: Value } | undefined {
  const node = graph.producer(root);
  if (isOp(node, ops.sqrt)) return { numerator, radicand: node.inputs[0]! };
  const isHalf = isOp(node, ops.pow) && floats(graph.constant(node.inputs[1]))?.join() === "0.5";
  return isHalf ? { numerator, radicand: node.inputs[0]! } : undefined;
}

function constantFilled(
  shape: readonly number[],
  like: Value,
  value: number,
  graph: RewriteGraph,
  name: string,
): Value {
  const length = shape.reduce((product, dim) => product * dim, 1);
  const data = new (dataConstructor(like.type.dtype))(length);
  (data as Float32Array).fill(value);
  return graph.constantOf(Tensor.from(like.type.dtype, shape, data), name);
}

interface Spread {
  /** What is divided by the root of its mean square over the axes from `axis` on. */
  readonly centred: Value;
  readonly axis: number;
  readonly epsilon: number;
}

function spreadOf(node: Node, graph: RewriteGraph): Spread | undefined {
  const found = overRoot(node.outputs[0]!, graph);
  const sum = found && plusNumber(found.radicand, graph);
  const mean = sum && meanAxis(graph.producer(sum.x), graph);
  if (!found || !mean || squared(mean.x, graph) !== found.numerator) return undefined;
  return { centred: found.numerator, axis: mean.axis, epsilon: sum.number };
}

/** (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon); without the mean it is rmsNorm */
const normalise: Rewrite = {
  name: "normalise",
  anchors: [ops.div, ops.mul],
  rewrite(node, graph) {
    const spread = spreadOf(node, graph);
    if (!spread || node.outputs[0]!.type.dtype !== "f32") return undefined;
    const { centred, axis, epsilon } = spread;
    const inner = centred.type.shape.slice(axis);
    if (!isStatic(inner)) return undefined;
    const scale = constantFilled(inner, centred, 1, graph, `${node.name}.scale`);
    const difference = graph.producer(centred);
    const mean = isOp(difference, ops.sub)
      ? meanAxis(graph.producer(difference.inputs[1]!), graph)
      : undefined;
    const x = difference?.inputs[0];
    if (mean && x && mean.x === x && mean.axis === axis) {
      return [graph.one(ops.layerNorm, { axis, epsilon }, [x, scale])];
    }
    return [graph.one(ops.rmsNorm, { axis, epsilon }, [centred, scale])];
  },
};

/** The constant or value as one of the normalised shape; leading dimensions of size 1 are dropped. */
function asParameter(value: Value, shape: Shape, graph: RewriteGraph): Value | undefined {
  if (sameShape(value.type.shape, shape)) return value;
  const data = graph.constant(value);
  if (!data || !isStatic(shape) || !isFloat(data.dtype)) return undefined;
  const lead = data.shape.length - shape.length;
  const fits = lead > 0 && data.shape.every((dim, i) => dim === (i < lead ? 1 : shape[i - lead]));
  return fits ? graph.constantOf(Tensor.from(data.dtype, shape, data.data), value.name) : undefined;
}

function isOnes(value: Value, graph: RewriteGraph): boolean {
  return floats(graph.constant(value))?.every((x: number) => x === 1) ?? false;
}

type NormNode = Node<{ readonly axis: number; readonly epsilon: number }>;

/** The operand that a norm makes for this node alone, and the other. */
function normOperand(node: Node, graph: RewriteGraph): { norm: NormNode; other: Value } | undefined {
  for (const [i, input] of node.inputs.entries()) {
    const norm = graph.soleProducer(input, ops.layerNorm) ?? graph.soleProducer(input, ops.rmsNorm);
    if (norm) return { norm: norm as NormNode, other: node.inputs[1 - i]! };
  }
  return undefined;
}

/** norm(x, ones) * scale */
const scaleIntoNorm: Rewrite = {
  name: "scale-into-norm",
  anchors: [ops.mul],
  rewrite(node, graph) {
    const found = isOp(node, ops.mul) && !node.attrs.activation ? normOperand(node, graph) : undefined;
    if (!found || found.norm.inputs.length > 2 || !isOnes(found.norm.inputs[1]!, graph)) return undefined;
    const { norm, other } = found;
    const scale = asParameter(other, norm.inputs[1]!.type.shape, graph);
    if (!scale) return undefined;
    return [graph.one(norm.op, norm.attrs, [norm.inputs[0]!, scale], norm.name)];
  },
};

/** layerNorm(x, scale) + bias */
const biasIntoNorm: Rewrite = {
  name: "bias-into-norm",
  anchors: [ops.add],
  rewrite(node, graph) {
    const found = isOp(node, ops.add) && !node.attrs.activation ? normOperand(node, graph) : undefined;
    if (!found || !isOp(found.norm, ops.layerNorm) || found.norm.inputs.length > 2) return undefined;
    const { norm, other } = found;
    const bias = asParameter(other, norm.inputs[1]!.type.shape, graph);
    return bias && [graph.one(ops.layerNorm, norm.attrs, [...norm.inputs, bias], norm.name)];
  },
};

export const normRewrites: readonly Rewrite[] = [normalise, scaleIntoNorm, biasIntoNorm];
