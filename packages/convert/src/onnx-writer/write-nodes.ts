import type { Node } from "@coracle/core";
import type { GraphWriter } from "./graph-writer.ts";

/** Adds each node's ONNX nodes. Every op must have a writer. */
export function writeNodes(graph: GraphWriter, nodes: readonly Node[]): void {
  for (const node of nodes) {
    const inputs = node.inputs.map((value) => graph.nameOf(value));
    const outputs = node.outputs.map((value) => graph.nameOf(value));
    graph.writers.get(node.op)!({ graph, node, inputs, outputs });
  }
}
