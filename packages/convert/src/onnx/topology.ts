import { ConvertError } from "@coracle/core";
import type { GraphProto, NodeProto } from "./proto.ts";

/** Graphs inside graphs beyond this are refused. */
export const maxGraphDepth = 32;

/** Names a node reads: its inputs and what its subgraphs take from outside. */
export function readsOf(node: NodeProto, depth = 0): Set<string> {
  const reads = new Set(node.input.filter((name) => name !== ""));
  for (const graph of subgraphsOf(node)) for (const name of freeNames(graph, depth + 1)) reads.add(name);
  return reads;
}

export function subgraphsOf(node: NodeProto): readonly GraphProto[] {
  return node.attribute.flatMap(({ g, graphs }) => [...(g ? [g] : []), ...graphs]);
}

function freeNames(graph: GraphProto, depth: number): Set<string> {
  if (depth > maxGraphDepth) {
    throw new ConvertError(
      `onnx: graphs nested over ${maxGraphDepth} deep; expected fewer. Flatten the control flow.`,
    );
  }
  const made = new Set<string>();
  for (const { name } of graph.input) made.add(name);
  for (const { name } of graph.initializer) made.add(name);
  for (const { values } of graph.sparseInitializer) made.add(values?.name ?? "");
  for (const node of graph.node) for (const name of node.output) made.add(name);
  const free = new Set<string>();
  const add = (name: string): void => {
    if (!made.has(name)) free.add(name);
  };
  for (const node of graph.node) for (const name of readsOf(node, depth)) add(name);
  for (const { name } of graph.output) add(name);
  return free;
}

export function nodeLabel(node: NodeProto): string {
  return `${node.opType} "${node.name || node.output.find((name) => name !== "") || ""}"`;
}

function makersOf(nodes: readonly NodeProto[]): Map<string, number> {
  const makers = new Map<string, number>();
  nodes.forEach((node, i) => {
    for (const name of node.output) {
      if (name === "") continue;
      if (makers.has(name)) {
        throw new ConvertError(
          `onnx: ${nodeLabel(node)} makes "${name}", which another node makes; expected unique names.`,
        );
      }
      makers.set(name, i);
    }
  });
  return makers;
}

/** The nodes with each after those it reads; the given order where it already is so. Throws ConvertError on a cycle. */
export function sortNodes(nodes: readonly NodeProto[]): readonly NodeProto[] {
  const makers = makersOf(nodes);
  const needs = nodes.map((node) => {
    const before = [...readsOf(node)].map((name) => makers.get(name)).filter((i) => i !== undefined);
    return [...new Set(before)];
  });
  if (needs.every((before, i) => before.every((j) => j < i))) return nodes;
  const waiting = needs.map((before) => before.length);
  const readers: number[][] = nodes.map(() => []);
  needs.forEach((before, i) => {
    for (const j of before) readers[j]!.push(i);
  });
  const ready = nodes.map((_, i) => i).filter((i) => waiting[i] === 0);
  for (let at = 0; at < ready.length; at++) {
    for (const reader of readers[ready[at]!]!) if (--waiting[reader]! === 0) ready.push(reader);
  }
  if (ready.length < nodes.length) {
    const stuck = nodes[waiting.findIndex((count) => count > 0)]!;
    throw new ConvertError(`onnx: ${nodeLabel(stuck)} reads its own result through a cycle; expected none.`);
  }
  return ready.map((i) => nodes[i]!);
}
