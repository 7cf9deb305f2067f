import type { Op } from "../../ir/op.ts";
import type { Node, Value } from "../../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../../ir/rewrite.ts";
import { sameShape } from "../../ir/shape.ts";
import { Tensor } from "../../ir/tensor.ts";
import type { Activation } from "../../ops/activation.ts";
import { add, conv, matMul } from "../../ops/index.ts";

interface Activated {
  readonly activation?: Activation;
}

interface Host {
  readonly op: Op<Activated>;
  /** Elements of the bias, which is along this dimension of the output, counted from the last. */
  readonly biasFromEnd: (rank: number) => number;
}

const hosts: readonly Host[] = [
  { op: conv as Op<Activated>, biasFromEnd: (rank) => rank - 2 },
  { op: matMul as Op<Activated>, biasFromEnd: () => 0 },
];

/** One zero bias per weight, so that plans for other shapes find its packed bytes again. */
const zeroBiases = new WeakMap<Tensor, Tensor>();

function zeroBias(weight: Value, size: number, graph: RewriteGraph): Value | undefined {
  const data = graph.constant(weight);
  if (!data) return undefined;
  const zeros = zeroBiases.get(data) ?? Tensor.zeros(data.dtype, [size]);
  zeroBiases.set(data, zeros);
  return graph.constantOf(zeros, `${weight.name}.zeroBias`);
}

function withResidual(
  host: Node<Activated>,
  residual: Value,
  biasFromEnd: number,
  graph: RewriteGraph,
): Value | undefined {
  const [x, weight, bias] = host.inputs as [Value, Value, Value?];
  const { shape } = host.outputs[0]!.type;
  const size = shape.at(-1 - biasFromEnd);
  const hasRoom = host.inputs.length <= 3 && !host.attrs.activation;
  if (!hasRoom || typeof size !== "number" || !sameShape(residual.type.shape, shape)) return undefined;
  const given = bias ?? zeroBias(weight, size, graph);
  return given && graph.one(host.op, host.attrs, [x, weight, given, residual], host.name);
}

/**
 * conv(x, w, bias) or matMul(a, b, bias) + residual of the same shape, the product being operand `side`; computed
 * where the sum was.
 */
function residualInto(side: 0 | 1): Rewrite {
  return {
    name: `residual-into-host-${side}`,
    anchors: [add],
    rewrite(node, graph) {
      if (!isOp(node, add) || node.attrs.activation || graph.constant(node.inputs[1 - side]))
        return undefined;
      for (const { op, biasFromEnd } of hosts) {
        const host = graph.soleProducer(node.inputs[side]!, op);
        if (!host) continue;
        const fromEnd = biasFromEnd(host.outputs[0]!.type.shape.length);
        const value = withResidual(host, node.inputs[1 - side]!, fromEnd, graph);
        if (value) return [value];
      }
      return undefined;
    },
  };
}

export const residualFusions: readonly Rewrite[] = [residualInto(0), residualInto(1)];
