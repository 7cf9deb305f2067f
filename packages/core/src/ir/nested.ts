import { ProgramError } from "../errors.ts";
import type { Block, Node } from "./program.ts";

/** Blocks inside blocks beyond this are refused: no real model needs more, and every walk recurses. */
export const maxBlockDepth = 64;

export function isBlock(value: unknown): value is Block {
  if (typeof value !== "object" || value === null) return false;
  const { inputs, outputs, nodes } = value as Partial<Block>;
  return Array.isArray(inputs) && Array.isArray(outputs) && Array.isArray(nodes);
}

function attrEntries(node: Node): [string, unknown][] {
  return typeof node.attrs === "object" && node.attrs !== null ? Object.entries(node.attrs) : [];
}

/** The blocks in a node's attributes, with the attribute's name. */
export function nestedBlocks(node: Node): readonly (readonly [string, Block])[] {
  return attrEntries(node).filter((entry): entry is [string, Block] => isBlock(entry[1]));
}

export function hasNestedBlocks(node: Node): boolean {
  return attrEntries(node).some(([, attr]) => isBlock(attr));
}

/** The node with each of its blocks replaced by `change(block)`; the same node when none differs. */
export function mapNestedBlocks(node: Node, change: (block: Block) => Block): Node {
  if (!hasNestedBlocks(node)) return node;
  let isChanged = false;
  const attrs = attrEntries(node).map(([key, attr]) => {
    if (!isBlock(attr)) return [key, attr];
    const next = change(attr);
    isChanged ||= next !== attr;
    return [key, next];
  });
  return isChanged ? { ...node, attrs: Object.fromEntries(attrs) } : node;
}

/** Throws ProgramError beyond `maxBlockDepth`. */
export function checkDepth(depth: number): void {
  if (depth <= maxBlockDepth) return;
  throw new ProgramError(
    `program: blocks nested ${depth} deep; expected at most ${maxBlockDepth}. Flatten the control flow.`,
  );
}
