import type { Node, Value } from "../../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../../ir/rewrite.ts";
import { Tensor } from "../../ir/tensor.ts";
import { add, conv, convTranspose, matMul } from "../../ops/index.ts";

/** One vector per constant, so that plans for other shapes find its packed bytes again. */
const vectors = new WeakMap<Tensor, Tensor>();

function asVector(data: Tensor): Tensor {
  const known = vectors.get(data) ?? Tensor.from(data.dtype, [data.data.length], data.data);
  vectors.set(data, known);
  return known;
}

/** `value` as [size], when that is what it adds along `axis` of a value of `rank`. */
function biasVector(value: Value, size: number, fromEnd: number, graph: RewriteGraph): Value | undefined {
  const { shape } = value.type;
  if (fromEnd === 0 && shape.length === 1 && shape[0] === size) return value;
  const data = graph.constant(value);
  const axis = shape.length - 1 - fromEnd;
  if (!data || axis < 0 || data.data.length !== size || shape[axis] !== size) return undefined;
  return graph.constantOf(asVector(data), value.name);
}

/** The node that may take a bias; it has none and no activation yet. */
function hostOf(value: Value, graph: RewriteGraph): Node | undefined {
  const host =
    graph.soleProducer(value, conv) ??
    graph.soleProducer(value, convTranspose) ??
    graph.soleProducer(value, matMul);
  return host && host.inputs.length === 2 && !host.attrs.activation ? host : undefined;
}

function withBias(host: Node, other: Value, output: Value, graph: RewriteGraph): Value | undefined {
  const { shape } = host.outputs[0]!.type;
  const fromEnd = isOp(host, matMul) ? 0 : shape.length - 2;
  const size = shape[shape.length - 1 - fromEnd];
  if (typeof size !== "number" || output.type.shape.length !== shape.length) return undefined;
  const bias = biasVector(other, size, fromEnd, graph);
  return bias && graph.one(host.op, host.attrs, [...host.inputs, bias], host.name);
}

/** host(x, w) + bias, for conv, convTranspose and matMul */
export const biasIntoHost: Rewrite = {
  name: "bias-into-host",
  anchors: [add],
  rewrite(node, graph) {
    if (!isOp(node, add) || node.attrs.activation) return undefined;
    for (const [i, input] of node.inputs.entries()) {
      const host = hostOf(input, graph);
      const value = host && withBias(host, node.inputs[1 - i]!, node.outputs[0]!, graph);
      if (value) return [value];
    }
    return undefined;
  },
};
