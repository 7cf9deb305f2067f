/**
 * Program -> the bytes of an ONNX file, in one operator set.
 * Knows the op catalogue and the wire format; what has no ONNX form is refused, all at once.
 */
import { type Block, ConvertError, type Node, type Op, type Program } from "@coracle/core";
import { encodeModel } from "../onnx/proto.ts";
import { control } from "./control.ts";
import { elementwise } from "./elementwise.ts";
import { GraphWriter, type WriteNode } from "./graph-writer.ts";
import { valueInfo } from "./messages.ts";
import { movement } from "./movement.ts";
import { nn } from "./nn.ts";
import { writeNodes } from "./write-nodes.ts";

const opset = 23;
const irVersion = 10;

const writers: ReadonlyMap<Op, WriteNode> = new Map([...elementwise, ...nn, ...movement, ...control]);

/** Names of the ops that `toOnnx` can write. */
export function writableOps(): ReadonlySet<string> {
  return new Set([...writers.keys()].map(({ name }) => name));
}

function blocksOf(node: Node): readonly Block[] {
  if (typeof node.attrs !== "object" || node.attrs === null) return [];
  return Object.values(node.attrs).filter(
    (attr): attr is Block => typeof attr === "object" && attr !== null && "nodes" in attr,
  );
}

function countMissing(block: Block, missing: Map<string, number>): void {
  for (const node of block.nodes) {
    if (!writers.has(node.op)) missing.set(node.op.name, (missing.get(node.op.name) ?? 0) + 1);
    for (const inner of blocksOf(node)) countMissing(inner, missing);
  }
}

function checkWritable(program: Program): void {
  if (program.states.length > 0) {
    throw new ConvertError(
      `onnx: the program has ${program.states.length} states; expected none. Freeze it first.`,
    );
  }
  const missing = new Map<string, number>();
  countMissing(program, missing);
  if (missing.size === 0) return;
  const list = [...missing].map(([name, count]) => `${name} (${count})`).join(", ");
  const count = missing.size === 1 ? "1 op" : `${missing.size} ops`;
  throw new ConvertError(`onnx: ${count} cannot be written: ${list}.`);
}

/** A fused activation becomes a node after its own. Throws ConvertError that lists every op without an ONNX form. */
export function toOnnx(program: Program): Uint8Array {
  checkWritable(program);
  const graph = new GraphWriter(writers);
  const inputs = program.inputs.map((value) => valueInfo(graph.declare(value), value.type));
  for (const output of program.outputs) if (!program.inputs.includes(output)) graph.nameOf(output);
  writeNodes(graph, program.nodes);
  return encodeModel({
    irVersion,
    opsetImport: [{ domain: "", version: opset }],
    producerName: "coracle",
    docString: program.meta["doc"] ?? "",
    graph: graph.message(program.meta["name"] ?? "program", inputs, program),
  });
}
