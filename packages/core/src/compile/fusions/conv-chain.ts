import type { Node, Value } from "../../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../../ir/rewrite.ts";
import type { ConvAttrs } from "../../ops/conv.ts";
import { conv, convChain } from "../../ops/index.ts";

type ConvNode = Node<ConvAttrs>;

const isPoint = ({ inputs, attrs }: ConvNode): boolean =>
  attrs.groups === 1 &&
  inputs[1]!.type.shape.slice(2).every((size) => size === 1) &&
  attrs.strides.every((step) => step === 1) &&
  attrs.pads.every((pad) => pad === 0);

const isDepthwise = ({ inputs, attrs }: ConvNode): boolean =>
  attrs.groups > 1 && inputs[1]!.type.shape[0] === attrs.groups && inputs[1]!.type.shape[1] === 1;

/** What makes `value` for one reader, with a bias and no residual. */
function stageOf(value: Value, graph: RewriteGraph): ConvNode | undefined {
  const node = graph.soleProducer(value, conv);
  return node?.inputs.length === 3 ? node : undefined;
}

/** The projection `node`, the depthwise convolution before it, and the expansion before that. */
function stagesOf(node: Node, graph: RewriteGraph): readonly ConvNode[] | undefined {
  if (!isOp(node, conv) || !isPoint(node) || node.inputs.length < 3) return undefined;
  const depthwise = stageOf(node.inputs[0]!, graph);
  if (!depthwise || !isDepthwise(depthwise)) return undefined;
  const expand = stageOf(depthwise.inputs[0]!, graph);
  return expand && isPoint(expand) ? [expand, depthwise, node] : [depthwise, node];
}

function chained(stages: readonly ConvNode[], graph: RewriteGraph): readonly Value[] {
  const last = stages.at(-1)!;
  const weights = stages.flatMap(({ inputs }) => inputs.slice(1, 3));
  const inputs = [stages[0]!.inputs[0]!, ...weights, ...last.inputs.slice(3)];
  return [graph.one(convChain, { stages: stages.map(({ attrs }) => attrs) }, inputs, last.name)];
}

/** depthwise and projection, and the expansion before them when there is one */
const invertedResidual: Rewrite = {
  name: "conv-chain",
  anchors: [conv],
  rewrite(node, graph) {
    const stages = stagesOf(node, graph);
    return stages && chained(stages, graph);
  },
};

/** depthwise and projection, whatever makes their input */
const separable: Rewrite = {
  name: "separable-conv-chain",
  anchors: [conv],
  rewrite(node, graph) {
    const stages = stagesOf(node, graph);
    return stages && chained(stages.slice(-2), graph);
  },
};

export const convChainFusions: readonly Rewrite[] = [invertedResidual, separable];
