import { hasBytes } from "../ir/dtype.ts";
import { hasNestedBlocks } from "../ir/nested.ts";
import type { Node, Value } from "../ir/program.ts";
import type { Rewrite, RewriteGraph } from "../ir/rewrite.ts";
import { applyRewrites } from "../ir/rewrite.ts";
import { Tensor } from "../ir/tensor.ts";
import type { Pass } from "./pass.ts";

/** Constants up to this size are compared by content, larger ones by identity. */
const contentBytes = 4096;

const keys = new WeakMap<object, string>();
let numLarge = 0;

function contentOf({ data, dtype, byteLength: bytes }: Tensor): string {
  if (bytes > contentBytes || !hasBytes(dtype)) return `#${numLarge++}`;
  const { buffer, byteOffset, byteLength } = data;
  return Buffer.from(buffer, byteOffset, byteLength).toString("latin1");
}

/** A key under which equal things are equal strings, made once: tensors and attributes never change. */
function cached(thing: object, make: () => string): string {
  const known = keys.get(thing) ?? make();
  keys.set(thing, known);
  return known;
}

function tensorKey(tensor: Tensor): string {
  return cached(tensor, () => `${tensor.dtype}[${tensor.shape.join()}]${contentOf(tensor)}`);
}

function attrKey(attr: unknown): string {
  if (attr instanceof Tensor) return tensorKey(attr);
  if (typeof attr === "string") return JSON.stringify(attr);
  if (Array.isArray(attr)) return `[${attr.map(attrKey).join()}]`;
  if (typeof attr !== "object" || attr === null) return `${typeof attr}:${String(attr)}`;
  return `{${Object.entries(attr)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${key}=${attrKey(item)}`)
    .join()}}`;
}

function attrsKey(attrs: unknown): string {
  return typeof attrs === "object" && attrs !== null ? cached(attrs, () => attrKey(attrs)) : attrKey(attrs);
}

/** Each part with its length, so that no two lists read the same. */
function nodeKey(node: Node): string {
  const inputs = node.inputs.map(({ data, id }) => (data ? tensorKey(data) : `%${id}`));
  return [node.op.name, attrsKey(node.attrs), ...inputs].map((part) => `${part.length}:${part}`).join("");
}

function mergeEqualNodes(): Rewrite {
  const seenIn = new WeakMap<RewriteGraph, Map<string, readonly Value[]>>();
  return {
    name: "eliminate-common-subexpressions",
    rewrite(node, graph) {
      if (node.op.accuracy === "random" || hasNestedBlocks(node)) return undefined;
      const seen = seenIn.get(graph) ?? new Map<string, readonly Value[]>();
      seenIn.set(graph, seen);
      const key = nodeKey(node);
      const first = seen.get(key);
      if (!first) seen.set(key, node.outputs);
      return first;
    },
  };
}

/** Computes equal nodes once: same op, attributes and inputs (constants by content). */
export const eliminateCommonSubexpressionsPass: Pass = {
  name: "eliminate-common-subexpressions",
  run: (program) => applyRewrites(program, [mergeEqualNodes()]),
};
