import type { Node, Value } from "../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../ir/rewrite.ts";
import { Tensor } from "../ir/tensor.ts";
import { add, type ConvAttrs, conv } from "../ops/index.ts";
import { type Affine, affineOf, compose, isAll, maxChain, vector } from "./affine.ts";
import { floats, mapFloats, rewritable } from "./floats.ts";

/** The chain of constant multiplications and additions that makes `value` for one reader. */
function affineBefore(value: Value, graph: RewriteGraph): Affine | undefined {
  let affine: Affine | undefined;
  let x = value;
  for (let length = 0; length < maxChain; length++) {
    const node = graph.uses(x) === 1 ? graph.producer(x) : undefined;
    const inner: Affine | undefined = node && affineOf(node, 1, graph);
    if (!inner) break;
    affine = affine ? compose(affine, inner) : inner;
    x = inner.x;
  }
  return affine;
}

function isPadded({ autoPad, pads }: ConvAttrs): boolean {
  return autoPad !== "valid" && (autoPad !== "none" || pads.some((amount) => amount !== 0));
}

/** The input channel of element i of a weight [OC,IC/groups,...]. */
function inputChannels(weight: Tensor, groups: number): (i: number) => number {
  const [oc, icPerGroup] = weight.shape as [number, number];
  const inner = weight.data.length / Math.max(1, oc * icPerGroup);
  const ocPerGroup = oc / groups;
  return (i) => {
    const row = Math.floor(i / inner);
    return Math.floor(row / icPerGroup / ocPerGroup) * icPerGroup + (row % icPerGroup);
  };
}

/** What the shift of each input channel adds to each output channel, on top of the bias. */
function shiftedBias(weight: Tensor, bias: Tensor | undefined, shiftAt: (i: number) => number): Tensor {
  const data = floats(weight)!;
  const oc = weight.shape[0]!;
  const perOutput = data.length / Math.max(1, oc);
  const sums = Float64Array.from(bias ? floats(bias)! : new Float64Array(oc));
  for (let i = 0; i < data.length; i++) {
    const output = Math.floor(i / perOutput);
    sums[output] = sums[output]! + data[i]! * shiftAt(i);
  }
  return vector(weight, sums);
}

interface ConvParts {
  readonly node: Node<ConvAttrs>;
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
}

function scaled({ node, weight }: ConvParts, { scale }: Affine, graph: RewriteGraph): Value {
  if (isAll(scale, 1)) return node.inputs[1]!;
  const channel = inputChannels(weight, node.attrs.groups);
  return graph.constantOf(
    mapFloats(weight, (x, i) => x * scale[channel(i)]!),
    node.inputs[1]!.name,
  );
}

/** Without padding every weight meets a shifted value, so the shift is a constant of the output. */
function foldAll(parts: ConvParts, affine: Affine, graph: RewriteGraph): Value {
  const { node, weight, bias } = parts;
  const channel = inputChannels(weight, node.attrs.groups);
  const shifted = shiftedBias(weight, bias, (i) => affine.shift[channel(i)]!);
  const biasValue = graph.constantOf(shifted, node.inputs[2]?.name ?? `${node.name}.bias`);
  const inputs = [affine.x, scaled(parts, affine, graph), biasValue, ...node.inputs.slice(3)];
  return graph.one(conv, node.attrs, inputs);
}

/** With padding only the scale can move: the zeros around the input are not shifted. */
function foldScale(parts: ConvParts, affine: Affine, graph: RewriteGraph): Value | undefined {
  const { node, weight } = parts;
  if (isAll(affine.scale, 1)) return undefined;
  const weights = scaled(parts, affine, graph);
  if (isAll(affine.shift, 0))
    return graph.one(conv, node.attrs, [affine.x, weights, ...node.inputs.slice(2)]);
  const shift = affine.shift.map((value, c) => value / affine.scale[c]!);
  if (!shift.every((value) => Number.isFinite(Math.fround(value)))) return undefined;
  const numSpatial = weight.shape.length - 2;
  const constant = isAll(shift, shift[0]!)
    ? vector(weight, shift.slice(0, 1))
    : Tensor.from(
        weight.dtype,
        [shift.length, ...new Array<number>(numSpatial).fill(1)],
        vector(weight, shift).data,
      );
  const moved = graph.one(
    add,
    {},
    [affine.x, graph.constantOf(constant, `${node.name}.shift`)],
    `${node.name}.shift`,
  );
  return graph.one(conv, node.attrs, [moved, weights, ...node.inputs.slice(2)]);
}

/** conv(scale * x + shift): the scale goes into the weights; the shift into the bias, where nothing is padded. */
export const affineIntoNextConv: Rewrite = {
  name: "affine-into-next-conv",
  anchors: [conv],
  rewrite(node, graph) {
    if (!isOp(node, conv)) return undefined;
    const affine = affineBefore(node.inputs[0]!, graph);
    const weight = rewritable(node.inputs[1], graph);
    const bias = graph.constant(node.inputs[2]);
    if (!affine || !weight || (node.inputs[2] && !floats(bias))) return undefined;
    const parts = { node, weight, bias };
    const value = isPadded(node.attrs) ? foldScale(parts, affine, graph) : foldAll(parts, affine, graph);
    return value && [value];
  },
};
