import {
  type Layout,
  type LayoutChoice,
  layoutBlock,
  type Node,
  rowMajorStrides,
  type Value,
} from "@coracle/core";
import type { X86Context } from "../context.ts";
import { dims } from "./values.ts";

/** [N, ceil(C/b), spatial..., b]: the shape that a blocked value has in memory. */
export function storedDims(shape: readonly number[], layout: Layout | undefined): readonly number[] {
  if (layout === undefined) return shape;
  const block = layoutBlock(layout);
  const [n, c, ...spatial] = shape;
  return [n!, Math.ceil(c! / block), ...spatial, block];
}

export function isBlockable(value: Value): boolean {
  return value.type.dtype === "f32" && value.type.shape.length === 4;
}

const rowMajorChoice = (node: Node<unknown>): LayoutChoice => ({
  inputs: node.inputs.map(() => undefined),
  outputs: node.outputs.map(() => undefined),
});

/** Element by element over stored elements: any layout passes, the same for the first input and output. */
export function passThrough(context: X86Context, node: Node<unknown>): readonly LayoutChoice[] {
  const plain = rowMajorChoice(node);
  if (!isBlockable(node.inputs[0]!) || !isBlockable(node.outputs[0]!)) return [plain];
  const { layout } = context;
  return [
    { inputs: [layout, ...plain.inputs.slice(1)], outputs: [layout, ...plain.outputs.slice(1)] },
    plain,
  ];
}

/** How an operand can stand beside a blocked output: blocked, row-major, packed to whole blocks, or not at all. */
export type Standing = "blocked" | "rowMajor" | "packed" | undefined;

export function standing(value: Value, out: readonly number[], block: number): Standing {
  const shape = dims(value);
  const aligned = [...new Array<number>(4 - shape.length).fill(1), ...shape];
  const [n, c, h, w] = aligned as [number, number, number, number];
  if (c === 1) return "rowMajor";
  const isVector = h === 1 && w === 1;
  if (value.data && isVector && n === 1) return "packed";
  if (shape.length === 4) return "blocked";
  return isVector && out[1]! % block === 0 ? "rowMajor" : undefined;
}

/** The choices of a broadcasting node: blocked where an operand is as large as the output, else row-major. */
export function broadcastChoices(context: X86Context, node: Node<unknown>): readonly LayoutChoice[] {
  const plain = rowMajorChoice(node);
  const out = node.outputs[0]!;
  const sizes = dims(out);
  if (!isBlockable(out) || sizes[1]! === 1 || node.inputs.some((value) => value.type.dtype !== "f32"))
    return [plain];
  const standings = node.inputs.map((value) => standing(value, sizes, context.block));
  if (standings.includes(undefined) || !standings.includes("blocked")) return [plain];
  const inputs = standings.map((kind) => (kind === "blocked" ? context.layout : undefined));
  return [{ inputs, outputs: [context.layout] }, plain];
}

/** Strides through an operand for each stored dim of a blocked output. */
export function blockedStrides(value: Value, stored: readonly number[]): number[] {
  const shape = dims(value);
  const lead = 4 - shape.length;
  const aligned = [...new Array<number>(lead).fill(1), ...shape];
  const block = stored.at(-1)!;
  const own = storedDims(aligned, value.type.layout);
  if (value.type.layout !== undefined) {
    const strides = rowMajorStrides(own);
    return stored.map((_, i) => (own[i] === 1 && i < 4 ? 0 : strides[i]!));
  }
  const plain = rowMajorStrides(aligned);
  const step = (i: number): number => (aligned[i] === 1 ? 0 : plain[i]!);
  const hasChannels = aligned[1] !== 1;
  return [step(0), hasChannels ? block * plain[1]! : 0, step(2), step(3), hasChannels ? plain[1]! : 0];
}
