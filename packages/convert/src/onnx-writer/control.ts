import { type Block, ops } from "@coracle/core";
import { type Entry, special } from "./elementwise.ts";
import type { GraphWriter, NodeWriter } from "./graph-writer.ts";
import { graph as graphAttribute, int, ints, type Message, valueInfo } from "./messages.ts";
import { writeNodes } from "./write-nodes.ts";

/** The block as a graph: its first `declared` inputs are the graph's, the rest are outer values by name. */
export function blockMessage(
  writer: NodeWriter,
  block: Block,
  declared: number,
  captures: readonly string[],
): Message {
  const inner: GraphWriter = writer.graph.nested();
  block.inputs.slice(declared).forEach((value, i) => {
    inner.bind(value, captures[i]!);
  });
  const inputs = block.inputs.slice(0, declared).map((value) => valueInfo(inner.declare(value), value.type));
  for (const node of block.nodes) for (const output of node.outputs) inner.declare(output);
  writeNodes(inner, block.nodes);
  const named = namedOutputs(inner, block);
  return inner.message(inner.fresh("graph"), inputs, named);
}

/** A graph's output must be made in it: values from outside, inputs and repeated ones go through an identity. */
function namedOutputs(inner: GraphWriter, block: Block): Block {
  const made = new Set(block.nodes.flatMap((node) => node.outputs));
  const seen = new Set<unknown>();
  const outputs = block.outputs.map((value) => {
    if (made.has(value) && !seen.has(value)) {
      seen.add(value);
      return value;
    }
    const copy = { ...value, id: value.id };
    const source = inner.nameOf(value);
    const name = inner.fresh(`${value.name}.out`);
    inner.bind(copy, name);
    inner.add("Identity", [source], [name]);
    return copy;
  });
  return { ...block, outputs };
}

export const control: readonly Entry[] = [
  special(ops.ifElse, (writer, attrs) => {
    const captures = writer.inputs.slice(1);
    writer.graph.add("If", writer.inputs.slice(0, 1), writer.outputs, {
      then_branch: graphAttribute(blockMessage(writer, attrs.then, 0, captures)),
      else_branch: graphAttribute(blockMessage(writer, attrs.else, 0, captures)),
    });
  }),
  special(ops.loop, (writer, { body, numCarried }) => {
    const declared = 2 + numCarried;
    const message = blockMessage(writer, body, declared, writer.inputs.slice(declared));
    writer.graph.add("Loop", writer.inputs.slice(0, declared), writer.outputs, {
      body: graphAttribute(message),
    });
  }),
  special(ops.scan, (writer, attrs) => {
    const declared = attrs.numStates + attrs.numScanInputs;
    const message = blockMessage(writer, attrs.body, declared, writer.inputs.slice(declared));
    writer.graph.add("Scan", writer.inputs.slice(0, declared), writer.outputs, {
      body: graphAttribute(message),
      num_scan_inputs: int(attrs.numScanInputs),
      scan_input_axes: ints(attrs.scanInputAxes),
      scan_input_directions: ints(attrs.scanInputDirections),
      scan_output_axes: ints(attrs.scanOutputAxes),
      scan_output_directions: ints(attrs.scanOutputDirections),
    });
  }),
];
