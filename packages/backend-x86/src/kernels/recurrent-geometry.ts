import { type Activation, type Node, ops } from "@coracle/core";
import type { X86Context } from "../context.ts";
import { roundUp } from "./conv-geometry.ts";
import { dims, firstReason, floatBits, product } from "./values.ts";

export type RecurrentNode = Node<ops.RecurrentAttrs>;

export interface RecurrentGeometry {
  readonly steps: number;
  readonly batch: number;
  readonly input: number;
  readonly hidden: number;
  readonly directions: 1 | 2;
  readonly gates: number;
  /** Activations of a direction. */
  readonly functions: number;
  /** Blocks of units, the last one filled up. */
  readonly blocks: number;
  /** Floats in a row of the input's products: [direction][block][gate][lane]. */
  readonly rowFloats: number;
}

const maxFloats = 2 ** 31 - 1;
const cells: Readonly<Record<string, { readonly gates: number; readonly functions: number }>> = {
  lstm: { gates: 4, functions: 3 },
  gru: { gates: 3, functions: 2 },
  rnn: { gates: 1, functions: 1 },
};

export function recurrentGeometry(node: RecurrentNode, block: number): RecurrentGeometry {
  const { layout, hiddenSize: hidden, direction } = node.attrs;
  const [first, second, input] = dims(node.inputs[0]!) as [number, number, number];
  const directions = direction === "bidirectional" ? 2 : 1;
  const { gates, functions } = cells[node.op.name]!;
  const blocks = Math.ceil(hidden / block);
  return {
    steps: layout === 0 ? first : second,
    batch: layout === 0 ? second : first,
    ...{ input, hidden, directions, gates, functions, blocks },
    rowFloats: directions * blocks * gates * block,
  };
}

/** Multiply-adds of the input's products, and of a step of one direction and one sequence. */
export function recurrentWork(sizes: RecurrentGeometry): {
  readonly ofInput: number;
  readonly ofStep: number;
} {
  const { steps, batch, input, hidden, directions, gates } = sizes;
  return { ofInput: steps * batch * directions * gates * hidden * input, ofStep: gates * hidden * hidden };
}

/** ONNX's names, in lower case; others run by reference. Each takes its alpha and beta where it has such. */
const natives: Readonly<
  Record<string, { readonly alpha?: number; readonly beta?: number; readonly kind: Activation["kind"] }>
> = {
  relu: { kind: "relu" },
  tanh: { kind: "tanh" },
  sigmoid: { kind: "sigmoid" },
  leakyrelu: { kind: "leakyRelu", alpha: 0.01 },
  hardsigmoid: { kind: "hardSigmoid", alpha: 0.2, beta: 0.5 },
  elu: { kind: "elu", alpha: 1 },
  softplus: { kind: "softplus" },
};

/** Code, a and b for each activation of each direction, three a direction. */
export function functionWords({ attrs }: RecurrentNode, { functions }: RecurrentGeometry): number[] {
  const words = new Array<number>(18).fill(0);
  let [nextAlpha, nextBeta] = [0, 0];
  attrs.activations.forEach((name, i) => {
    const { kind, alpha, beta } = natives[name.toLowerCase()]!;
    const a = alpha === undefined ? 0 : (attrs.activationAlpha[nextAlpha++] ?? alpha);
    const b = beta === undefined ? 0 : (attrs.activationBeta[nextBeta++] ?? beta);
    const at = (Math.floor(i / functions) * 3 + (i % functions)) * 3;
    words.splice(at, 3, ops.activationCodes[kind], floatBits(a), floatBits(b));
  });
  return words;
}

function activationReason({ attrs }: RecurrentNode): true | string {
  const other = attrs.activations.find((name) => natives[name.toLowerCase()] === undefined);
  return other === undefined || `activation ${other}; expected one of ${Object.keys(natives).join(", ")}`;
}

function lengthsReason(node: RecurrentNode, { steps }: RecurrentGeometry): true | string {
  const lengths = node.inputs[4]!.data?.data as Int32Array | undefined;
  const fits = lengths === undefined || lengths.every((length) => length >= 0 && length <= steps);
  return fits || `a sequence length outside 0 to ${steps}`;
}

/** true, or why no native kernel takes the node. */
export function recurrentReason(node: RecurrentNode, { block }: X86Context): true | string {
  const sizes = recurrentGeometry(node, block);
  const floats = node.inputs.filter((_, i) => i !== 4).find(({ type }) => type.dtype !== "f32");
  const rows = sizes.steps * sizes.batch;
  const weights = roundUp(sizes.hidden, block) * sizes.gates * sizes.directions;
  return firstReason(
    floats === undefined || `"${floats.name}" is ${floats.type.dtype}; expected f32`,
    sizes.steps > 0 || "there are no steps",
    sizes.input > 0 || "steps have no features",
    (rows * sizes.rowFloats <= maxFloats && weights * Math.max(sizes.input, sizes.hidden) <= maxFloats) ||
      "its products have 2^31 elements or more",
    activationReason(node),
    lengthsReason(node, sizes),
  );
}

/** Words of the strides of x's products (step, batch), y (step, direction, batch) and states (direction, batch). */
export function strideWords({ attrs }: RecurrentNode, sizes: RecurrentGeometry): number[] {
  const { steps, batch, hidden, directions, rowFloats } = sizes;
  return attrs.layout === 0
    ? [
        batch * rowFloats,
        rowFloats,
        directions * batch * hidden,
        batch * hidden,
        hidden,
        batch * hidden,
        hidden,
      ]
    : [
        ...[rowFloats, steps * rowFloats, directions * hidden, hidden, steps * directions * hidden],
        ...[hidden, directions * hidden],
      ];
}

/** Whether the value is known to hold zeros only. */
export function isZeros(node: RecurrentNode, index: number): boolean {
  const { data } = node.inputs[index]!;
  return data !== undefined && (data.data as Float32Array).every((value) => value === 0);
}

export const paddedStateBytes = ({ directions, batch, blocks }: RecurrentGeometry, block: number): number =>
  product([directions, batch, blocks, block, 4]);
