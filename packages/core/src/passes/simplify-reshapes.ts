import type { Op } from "../ir/op.ts";
import type { Node, Value } from "../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../ir/rewrite.ts";
import { isStatic, sameShape } from "../ir/shape.ts";
import { ints } from "../ir/tensor.ts";
import { flatten, reshape, squeeze, unsqueeze } from "../ops/index.ts";
import { type Pass, rewritePass } from "./pass.ts";
import { reshaped } from "./views.ts";

const views: readonly Op[] = [reshape, squeeze, unsqueeze, flatten];

function isView(node: Node | undefined): node is Node {
  return node !== undefined && views.includes(node.op);
}

const maxChain = 16;

/** Where a chain of views starts. */
function viewSource(value: Value, graph: RewriteGraph): Value {
  let source = value;
  for (let length = 0; length < maxChain; length++) {
    const node = graph.producer(source);
    if (!isView(node)) break;
    source = node.inputs[0]!;
  }
  return source;
}

/** A view of a view reads the first one's input; gone when the shape is back where it was. */
const mergeViews: Rewrite = {
  name: "merge-views",
  anchors: views,
  rewrite(node, graph) {
    const source = viewSource(node.inputs[0]!, graph);
    if (isOp(node, reshape) && source === node.inputs[0]) return undefined;
    const { shape } = node.outputs[0]!.type;
    if (sameShape(source.type.shape, shape)) return [source];
    const value = reshaped(source, shape, graph, node.name);
    return value && [value];
  },
};

/** The target written with numbers, so that nothing needs to compute it. */
const fixTarget: Rewrite = {
  name: "fix-reshape-target",
  anchors: [reshape],
  rewrite(node, graph) {
    const { shape } = node.outputs[0]!.type;
    const known = graph.constant(node.inputs[1]);
    if (!isStatic(shape) || (known && sameShape(ints(known), shape))) return undefined;
    const value = reshaped(node.inputs[0]!, shape, graph, node.name);
    return value && [value];
  },
};

export const reshapeRewrites: readonly Rewrite[] = [mergeViews, fixTarget];

/** Views (squeeze, unsqueeze, flatten, reshape of reshape) become one reshape with a constant shape. */
export const simplifyReshapesPass: Pass = rewritePass("simplify-reshapes", reshapeRewrites);
