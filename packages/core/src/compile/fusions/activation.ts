import type { Op } from "../../ir/op.ts";
import type { Node, Value } from "../../ir/program.ts";
import type { Rewrite, RewriteGraph } from "../../ir/rewrite.ts";
import type { Activation } from "../../ops/activation.ts";
import { activationOf } from "../../ops/activations.ts";
import * as ops from "../../ops/index.ts";

interface Activated {
  readonly activation?: Activation;
}

const hosts: readonly Op<Activated>[] = [
  ops.conv as Op<Activated>,
  ops.convTranspose as Op<Activated>,
  ops.matMul as Op<Activated>,
  ops.add as Op<Activated>,
  ops.sub as Op<Activated>,
  ops.mul as Op<Activated>,
  ops.div as Op<Activated>,
];

function hostOf(value: Value, graph: RewriteGraph): Node<Activated> | undefined {
  for (const op of hosts) {
    const node = graph.soleProducer(value, op);
    if (node) return node.attrs.activation || node.outputs[0]!.type.dtype !== "f32" ? undefined : node;
  }
  return undefined;
}

/** activation(host(x, ...)) */
export const activationIntoHost: Rewrite = {
  name: "activation-into-host",
  rewrite(node, graph) {
    const activation = node.inputs.length === 1 ? activationOf(node) : undefined;
    const host = activation && hostOf(node.inputs[0]!, graph);
    return host && [graph.one(host.op, { ...host.attrs, activation }, host.inputs, host.name)];
  },
};
