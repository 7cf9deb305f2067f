import type { Node, Value } from "../../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../../ir/rewrite.ts";
import { isStatic, normalizeAxis } from "../../ir/shape.ts";
import { concat, pickChannels, reshape, split, transpose } from "../../ops/index.ts";

/** A map as channels of other maps: picks count through their channels. */
interface Picked {
  readonly inputs: readonly Value[];
  readonly picks: readonly number[];
}

const channelsOf = (value: Value): number => value.type.shape[1] as number;

const inOrder = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** What a value that nothing else reads is made of, if channels of others are joined or picked; else itself. */
function pickedOf(value: Value, graph: RewriteGraph): Picked {
  const joined = graph.soleProducer(value, concat);
  const own = { inputs: [value], picks: inOrder(channelsOf(value)) };
  if (joined && normalizeAxis(joined.attrs.axis, value.type.shape.length) === 1) {
    return joined.inputs.some((input) => graph.constant(input)) ? own : { ...own, inputs: joined.inputs };
  }
  const picked = graph.soleProducer(value, pickChannels);
  if (picked && picked.outputs.length === 1) return { inputs: picked.inputs, picks: picked.attrs.picks[0]! };
  return own;
}

const isMap = ({ type }: Value): boolean =>
  type.dtype === "f32" && type.shape.length === 4 && isStatic(type.shape);

/** x, when `node` gives its channels [g * (C/g)] as [(C/g) * g]: the groups side by side. */
function shuffled(
  node: Node,
  graph: RewriteGraph,
): { readonly x: Value; readonly groups: number } | undefined {
  if (!isOp(node, reshape) || !isMap(node.outputs[0]!)) return undefined;
  const swap = graph.soleProducer(node.inputs[0]!, transpose);
  if (swap?.attrs.perm.join() !== "0,2,1,3,4") return undefined;
  const parted = graph.soleProducer(swap.inputs[0]!, reshape);
  const x = parted?.inputs[0];
  if (!x || !isMap(x) || x.type.shape.join() !== node.outputs[0]!.type.shape.join()) return undefined;
  const [batch, groups, each, ...spatial] = parted.outputs[0]!.type.shape as number[];
  const isSame = [batch, groups! * each!, ...spatial].join() === x.type.shape.join();
  return isSame ? { x, groups: groups! } : undefined;
}

/** reshape(transpose(reshape(x))) that shuffles channels, and the concatenation before it */
const shuffleIntoPicks: Rewrite = {
  name: "shuffle-into-picks",
  anchors: [reshape],
  rewrite(node, graph) {
    const found = shuffled(node, graph);
    if (!found) return undefined;
    const { x, groups } = found;
    const { inputs, picks } = pickedOf(x, graph);
    const each = picks.length / groups;
    const order = picks.map((_, to) => picks[(to % groups) * each + Math.floor(to / groups)]!);
    return [graph.one(pickChannels, { picks: [order] }, inputs)];
  },
};

/** split of picked channels: every part by its own picks */
const splitIntoPicks: Rewrite = {
  name: "split-into-picks",
  anchors: [split],
  rewrite(node, graph) {
    if (!isOp(node, split) || !isMap(node.inputs[0]!)) return undefined;
    if (normalizeAxis(node.attrs.axis, 4) !== 1 || !graph.soleProducer(node.inputs[0]!, pickChannels))
      return undefined;
    const { inputs, picks } = pickedOf(node.inputs[0]!, graph);
    let from = 0;
    const parts = node.outputs.map((output) => {
      const count = channelsOf(output);
      from += count;
      return picks.slice(from - count, from);
    });
    return graph.node(pickChannels, { picks: parts }, inputs);
  },
};

export const channelFusions: readonly Rewrite[] = [shuffleIntoPicks, splitIntoPicks];
