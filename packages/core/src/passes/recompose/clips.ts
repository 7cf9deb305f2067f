import type { Value } from "../../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../../ir/rewrite.ts";
import { clip, max, min, relu } from "../../ops/index.ts";
import { scalarOf } from "../floats.ts";
import { clipOf } from "./factors.ts";

function clipped(x: Value, low: number, high: number, graph: RewriteGraph): Value {
  if (low === 0 && high === Infinity) return graph.one(relu, {}, [x]);
  return graph.one(clip, { min: low, max: high }, [x]);
}

const isFloat32 = (value: Value): boolean => value.type.dtype === "f32";

/** max(x, number) and min(x, number) */
const minMaxToClip: Rewrite = {
  name: "min-max-to-clip",
  anchors: [max, min],
  rewrite(node, graph) {
    const [a, b] = node.inputs as [Value, Value];
    const first = scalarOf(a, graph);
    const bound = first ?? scalarOf(b, graph);
    if (bound === undefined || Number.isNaN(bound) || !isFloat32(a)) return undefined;
    const x = first === undefined ? a : b;
    return [isOp(node, max) ? clipped(x, bound, Infinity, graph) : clipped(x, -Infinity, bound, graph)];
  },
};

/** A clip of a clip, relu included. */
const mergeClips: Rewrite = {
  name: "merge-clips",
  anchors: [clip, relu],
  rewrite(node, graph) {
    const outer = clipOf(node.outputs[0]!, graph);
    const inner = outer && isFloat32(outer.x) ? clipOf(outer.x, graph) : undefined;
    if (!outer || !inner || graph.uses(outer.x) !== 1) return undefined;
    if (inner.min > inner.max || outer.min > outer.max) return undefined;
    const clamp = (x: number): number => Math.min(Math.max(x, outer.min), outer.max);
    return [clipped(inner.x, clamp(inner.min), clamp(inner.max), graph)];
  },
};

const clipToRelu: Rewrite = {
  name: "clip-to-relu",
  anchors: [clip],
  rewrite(node, graph) {
    if (!isOp(node, clip) || !isFloat32(node.inputs[0]!)) return undefined;
    const isRelu = node.attrs.min === 0 && node.attrs.max === Infinity;
    return isRelu ? [graph.one(relu, {}, [node.inputs[0]!])] : undefined;
  },
};

export const clipRewrites: readonly Rewrite[] = [minMaxToClip, mergeClips, clipToRelu];
