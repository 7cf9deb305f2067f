import type { Node, Value } from "../../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../../ir/rewrite.ts";
import { sameShape } from "../../ir/shape.ts";
import { Tensor } from "../../ir/tensor.ts";
import { add, type ConvAttrs, conv } from "../../ops/index.ts";

/** One zero bias per weight, so that plans for other shapes find its packed bytes again. */
const zeroBiases = new WeakMap<Tensor, Tensor>();

function zeroBias(weight: Value, graph: RewriteGraph): Value | undefined {
  const data = graph.constant(weight);
  if (!data) return undefined;
  const zeros = zeroBiases.get(data) ?? Tensor.zeros(data.dtype, [data.shape[0]!]);
  zeroBiases.set(data, zeros);
  return graph.constantOf(zeros, `${weight.name}.zeroBias`);
}

function withResidual(host: Node<ConvAttrs>, residual: Value, graph: RewriteGraph): Value | undefined {
  const [x, weight, bias] = host.inputs as [Value, Value, Value?];
  const hasRoom = host.inputs.length <= 3 && !host.attrs.activation;
  if (!hasRoom || !sameShape(residual.type.shape, host.outputs[0]!.type.shape)) return undefined;
  const given = bias ?? zeroBias(weight, graph);
  return given && graph.one(conv, host.attrs, [x, weight, given, residual], host.name);
}

/** conv(x, w, bias) + residual of the same shape, the conv being operand `side`; computed where the sum was. */
function residualIntoConv(side: 0 | 1): Rewrite {
  return {
    name: `residual-into-conv-${side}`,
    anchors: [add],
    rewrite(node, graph) {
      if (!isOp(node, add) || node.attrs.activation || graph.constant(node.inputs[1 - side]))
        return undefined;
      const host = graph.soleProducer(node.inputs[side]!, conv);
      const value = host && withResidual(host, node.inputs[1 - side]!, graph);
      return value && [value];
    },
  };
}

export const residualFusions: readonly Rewrite[] = [residualIntoConv(0), residualIntoConv(1)];
