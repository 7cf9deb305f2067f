import type { Node, Value } from "../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../ir/rewrite.ts";
import { sameShape } from "../ir/shape.ts";
import { ints, numbers } from "../ir/tensor.ts";
import * as ops from "../ops/index.ts";
import { floats } from "./floats.ts";
import { type Pass, rewritePass } from "./pass.ts";

function isAllInts(value: Value | undefined, expected: number, graph: RewriteGraph): boolean {
  const data = graph.constant(value);
  return data !== undefined && ints(data).every((x) => x === expected);
}

const keepsShape = (node: Node): boolean =>
  sameShape(node.inputs[0]!.type.shape, node.outputs[0]!.type.shape);

function keepsElements(node: Node, graph: RewriteGraph): boolean {
  if (isOp(node, ops.identity)) return true;
  if (isOp(node, ops.cast)) return node.inputs[0]!.type.dtype === node.attrs.to;
  if (isOp(node, ops.transpose)) return node.attrs.perm.every((axis, i) => axis === i);
  if (isOp(node, ops.concat)) return node.inputs.length === 1;
  if (isOp(node, ops.split)) return node.outputs.length === 1;
  if (isOp(node, ops.pad)) return isAllInts(node.inputs[1], 0, graph);
  if (isOp(node, ops.tile)) return isAllInts(node.inputs[1], 1, graph) && keepsShape(node);
  if (isOp(node, ops.slice)) return isAllInts(node.inputs[4], 1, graph) && keepsShape(node);
  if (isOp(node, ops.clip)) return node.attrs.min === -Infinity && node.attrs.max === Infinity;
  return keepsShape(node);
}

const removeIdentity: Rewrite = {
  name: "remove-identity",
  anchors: [
    ops.identity,
    ops.cast,
    ops.transpose,
    ops.concat,
    ops.split,
    ops.pad,
    ops.tile,
    ops.slice,
    ops.clip,
    ops.reshape,
    ops.squeeze,
    ops.unsqueeze,
    ops.flatten,
    ops.expand,
  ],
  rewrite: (node, graph) => (keepsElements(node, graph) ? [node.inputs[0]!] : undefined),
};

/** The constant that changes nothing as second operand, and whether also as first. */
const neutral: readonly (readonly [Node["op"], number, boolean])[] = [
  [ops.add, 0, true],
  [ops.sub, 0, false],
  [ops.mul, 1, true],
  [ops.div, 1, false],
  [ops.pow, 1, false],
];

function isFilledWith(value: Value, expected: number, graph: RewriteGraph): boolean {
  const data = graph.constant(value);
  if (!data || data.dtype === "bool" || data.data.length === 0) return false;
  if (data.dtype === "f16" || data.dtype === "bf16") return false;
  return (floats(data) ?? numbers(data)).every((x: number) => x === expected);
}

const removeNeutral: Rewrite = {
  name: "remove-neutral",
  anchors: neutral.map(([op]) => op),
  rewrite(node, graph) {
    const [a, b] = node.inputs as [Value, Value];
    const [, expected, isCommutative] = neutral.find(([op]) => op === node.op)!;
    if ((node.attrs as { activation?: unknown }).activation) return undefined;
    const { shape } = node.outputs[0]!.type;
    if (isFilledWith(b, expected, graph) && sameShape(a.type.shape, shape)) return [a];
    if (isCommutative && isFilledWith(a, expected, graph) && sameShape(b.type.shape, shape)) return [b];
    return undefined;
  },
};

export const identityRewrites: readonly Rewrite[] = [removeIdentity, removeNeutral];

/** Drops nodes that give back their input. */
export const removeIdentityPass: Pass = rewritePass("remove-identity", identityRewrites);
