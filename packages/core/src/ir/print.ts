import { isContainer } from "./dtype.ts";
import { formatNested } from "./element.ts";
import { checkDepth, isBlock } from "./nested.ts";
import type { Block, Node, Program, Value } from "./program.ts";
import { numElements } from "./shape.ts";
import { numbers, Tensor, type TensorType } from "./tensor.ts";

/** Constants of up to this many elements print with their elements. */
const inlineElements = 8;

/** `f32[1,3,n]` or `sequence<f32[n]>`, with the layout when it is not row-major. */
export function formatType(type: TensorType): string {
  const layout = type.layout === undefined ? "" : `:${type.layout}`;
  return `${formatNested(type.dtype, type.shape, type.element)}${layout}`;
}

function formatNumber(value: number): string {
  if (Object.is(value, -0)) return "-0";
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(7)));
}

function formatTensor(tensor: Tensor): string {
  const type = formatType(tensor.type);
  if (isContainer(tensor.dtype) || numElements(tensor.shape) > inlineElements) return type;
  if (tensor.dtype === "string")
    return `${type}{${tensor.strings.map((text) => JSON.stringify(text)).join(", ")}}`;
  return `${type}{${Array.from(numbers(tensor), formatNumber).join(", ")}}`;
}

function formatAttr(attr: unknown, indent: string, depth: number): string {
  if (attr instanceof Tensor) return formatTensor(attr);
  if (isBlock(attr)) return formatBlock(attr, indent, depth + 1);
  if (Array.isArray(attr)) return `[${attr.map((item) => formatAttr(item, indent, depth)).join(",")}]`;
  if (typeof attr === "number") return formatNumber(attr);
  if (typeof attr === "bigint") return `${attr}n`;
  if (typeof attr === "object" && attr !== null) return `{${formatAttrs(attr, indent, depth).join(", ")}}`;
  return String(attr);
}

/** `key=value` of each attribute that is there, as `print` writes it. */
export function formatAttrs(attrs: unknown, indent: string, depth: number): string[] {
  if (typeof attrs !== "object" || attrs === null) return [];
  return Object.entries(attrs)
    .filter(([, attr]) => attr !== undefined)
    .map(([key, attr]) => `${key}=${formatAttr(attr, indent, depth)}`);
}

function formatUse(value: Value): string {
  return value.data === undefined ? value.name : `${value.name}=${formatTensor(value.data)}`;
}

function formatDefinition(value: Value): string {
  return `${value.name}: ${formatType(value.type)}`;
}

function formatNode(node: Node, indent: string, depth: number): string {
  const outputs = node.outputs.map(formatDefinition).join(", ");
  const attrs = formatAttrs(node.attrs, indent, depth).map((attr) => ` ${attr}`);
  return `${outputs} = ${node.op.name} "${node.name}" (${node.inputs.map(formatUse).join(", ")})${attrs.join("")}`;
}

function formatBlock(block: Block, indent: string, depth: number, extra: readonly string[] = []): string {
  checkDepth(depth);
  const inner = `${indent}  `;
  const lines = [
    ...block.nodes.map((node) => formatNode(node, inner, depth)),
    ...extra,
    `return ${block.outputs.map(formatUse).join(", ")}`,
  ].map((line) => `${inner}${line}\n`);
  return `(${block.inputs.map(formatDefinition).join(", ")}) {\n${lines.join("")}${indent}}`;
}

/**
 * The program as text, the same for equal programs: values by name, types, attributes; constants as dtype[shape],
 * small ones with their elements. For people, errors and tests; not read back.
 */
export function print(program: Program | Block): string {
  const states = "states" in program ? program.states : [];
  const updates = states.map(({ variable, next }) => `state ${formatDefinition(variable)} <- ${next.name}`);
  return formatBlock(program, "", 0, updates);
}
