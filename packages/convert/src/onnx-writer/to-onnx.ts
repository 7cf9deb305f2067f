/**
 * Program -> the bytes of an ONNX file, in one operator set.
 * Knows the op catalogue and the wire format; what has no ONNX form is refused, all at once.
 */
import { type Block, ConvertError, type DType, type Node, type Op, type Program } from "@coracle/core";
import { encodeModel } from "../onnx/proto.ts";
import { control } from "./control.ts";
import { domains, domainVersions } from "./domains.ts";
import { elementwise } from "./elementwise.ts";
import { GraphWriter, type WriteNode } from "./graph-writer.ts";
import { valueInfo } from "./messages.ts";
import { movement } from "./movement.ts";
import { nn } from "./nn.ts";
import { objects } from "./objects.ts";
import { writeNodes } from "./write-nodes.ts";

interface Version {
  readonly opset: number;
  readonly irVersion: number;
}

const version: Version = { opset: 23, irVersion: 10 };
/** Two-bit integers and scales that are powers of two came last. */
const latestVersion: Version = { opset: 25, irVersion: 13 };
const latestDTypes: readonly DType[] = ["i2", "u2", "f8e8m0"];

/** Operators that came after the version written otherwise. */
const newerOps: ReadonlyMap<string, number> = new Map([
  ["tensorScatter", 24],
  ["cumProd", 26],
  ["bitCast", 26],
]);

/** onnxruntime has these only as they were before version 22, which changed nothing but added types. */
const olderOps: ReadonlySet<string> = new Set(["globalLpPool", "roiAlign"]);
const olderOpset = 21;

const writers: ReadonlyMap<Op, WriteNode> = new Map([
  ...elementwise,
  ...nn,
  ...movement,
  ...control,
  ...objects,
  ...domains,
]);

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

function dtypesOf(block: Block): readonly DType[] {
  const values = [...block.inputs, ...block.nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs])];
  const nested = block.nodes.flatMap((node) => blocksOf(node).flatMap(dtypesOf));
  return [...values.flatMap(({ type }) => [type.dtype, type.element?.dtype ?? type.dtype]), ...nested];
}

function opsOf(block: Block): readonly string[] {
  return block.nodes.flatMap((node) => [node.op.name, ...blocksOf(node).flatMap(opsOf)]);
}

function versionFor(program: Program): Version {
  const { opset, irVersion } = dtypesOf(program).some((dtype) => latestDTypes.includes(dtype))
    ? latestVersion
    : version;
  const names = opsOf(program);
  const canBeOlder = opset === version.opset && !names.includes("rmsNorm");
  const wanted = Math.max(opset, ...names.map((name) => newerOps.get(name) ?? 0));
  if (wanted === opset && canBeOlder && names.some((name) => olderOps.has(name))) {
    return { opset: olderOpset, irVersion };
  }
  return wanted > opset ? { opset: wanted, irVersion: latestVersion.irVersion } : { opset, irVersion };
}

/** A fused activation becomes a node after its own. Throws ConvertError that lists every op without an ONNX form. */
export function toOnnx(program: Program): Uint8Array {
  checkWritable(program);
  const graph = new GraphWriter(writers);
  const inputs = program.inputs.map((value) => valueInfo(graph.declare(value), value.type));
  for (const output of program.outputs) if (!program.inputs.includes(output)) graph.nameOf(output);
  writeNodes(graph, program.nodes);
  const { opset, irVersion } = versionFor(program);
  return encodeModel({
    irVersion,
    opsetImport: [{ domain: "", version: opset }, ...domainVersions(graph.foreign)],
    producerName: "coracle",
    docString: program.meta["doc"] ?? "",
    graph: graph.message(program.meta["name"] ?? "program", inputs, program),
  });
}
