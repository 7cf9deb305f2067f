import { ConvertError } from "@coracle/core";
import type { OperatorTable } from "./operators.ts";
import { unsupportedReason } from "./ops/unsupported.ts";
import { type FunctionProto, type GraphProto, type NodeProto, toNumber } from "./proto.ts";
import { maxGraphDepth, subgraphsOf } from "./topology.ts";

export type Opsets = ReadonlyMap<string, number>;

/** Local functions by domain, name and overload. */
export type Functions = ReadonlyMap<string, FunctionProto>;

export function normalDomain(domain: string): string {
  return domain === "ai.onnx" ? "" : domain;
}

export function functionKey(domain: string, name: string, overload: string): string {
  return `${normalDomain(domain)}\n${name}\n${overload}`;
}

export function functionOf(node: NodeProto, functions: Functions): FunctionProto | undefined {
  return functions.get(functionKey(node.domain, node.opType, node.overload));
}

interface Missing {
  readonly opset: number | undefined;
  readonly nodes: string[];
}

/** More nodes than any real model has. */
export const maxNodes = 200_000;

/** Counts nodes as they will be once functions are expanded: functions that call each other grow without bound. */
class Size {
  readonly #functions: Functions;
  readonly #known = new Map<FunctionProto, number>();
  readonly #open = new Set<FunctionProto>();

  constructor(functions: Functions) {
    this.#functions = functions;
  }

  of(nodes: readonly NodeProto[]): number {
    let count = 0;
    for (const node of nodes) {
      const called = functionOf(node, this.#functions);
      count += called ? this.#ofFunction(called) : 1;
      for (const graph of subgraphsOf(node)) count += this.of(graph.node);
    }
    return count;
  }

  #ofFunction(proto: FunctionProto): number {
    const known = this.#known.get(proto);
    if (known !== undefined) return known;
    if (this.#open.has(proto)) {
      throw new ConvertError(`onnx: function "${proto.name}" calls itself; expected no recursion.`);
    }
    this.#open.add(proto);
    const count = this.of(proto.node);
    this.#open.delete(proto);
    this.#known.set(proto, count);
    return count;
  }
}

class Survey {
  readonly missing: Map<string, Missing> = new Map();
  readonly #functions: Functions;
  readonly #operators: OperatorTable;
  readonly #seen = new Set<FunctionProto>();

  constructor(functions: Functions, operators: OperatorTable) {
    this.#functions = functions;
    this.#operators = operators;
  }

  nodes(nodes: readonly NodeProto[], opsets: Opsets, depth: number): void {
    if (depth > maxGraphDepth) {
      throw new ConvertError(
        `onnx: graphs nested over ${maxGraphDepth} deep; expected fewer. Flatten the control flow.`,
      );
    }
    for (const node of nodes) {
      this.#node(node, opsets, depth);
      for (const graph of subgraphsOf(node)) this.nodes(graph.node, opsets, depth + 1);
    }
  }

  #node(node: NodeProto, opsets: Opsets, depth: number): void {
    const domain = normalDomain(node.domain);
    if (this.#operators.given(domain, node.opType)) return;
    const called = functionOf(node, this.#functions);
    if (called) {
      if (this.#seen.has(called)) return;
      this.#seen.add(called);
      this.nodes(called.node, opsetsOf(called.opsetImport, opsets), depth + 1);
      return;
    }
    if (this.#operators.find(domain, node.opType)) return;
    const name = domain === "" ? node.opType : `${domain}.${node.opType}`;
    const entry = this.missing.get(name) ?? { opset: opsets.get(domain), nodes: [] };
    entry.nodes.push(node.name || node.output[0] || "");
    this.missing.set(name, entry);
  }
}

export function opsetsOf(imports: FunctionProto["opsetImport"], otherwise?: Opsets): Opsets {
  const opsets = new Map(otherwise ?? []);
  for (const { domain, version } of imports) opsets.set(normalDomain(domain), toNumber(version));
  return opsets;
}

/** Names printed per operator. */
const namesShown = 5;

function describe([name, { opset, nodes }]: [string, Missing]): string {
  const shown = nodes.slice(0, namesShown).map((node) => `"${node}"`);
  const more = nodes.length > namesShown ? `, and ${nodes.length - namesShown} more` : "";
  const reason = unsupportedReason(name);
  const because = reason === undefined ? "" : `; ${reason}`;
  return `${name} (${nodes.length}, opset ${opset ?? "not imported"}: ${shown.join(", ")}${more}${because})`;
}

const advice =
  "Give each a meaning by the option operators, or export the model with operators of the standard in their place.";

export function tooManyNodes(): ConvertError {
  return new ConvertError(`onnx: over ${maxNodes} nodes after its functions are expanded; expected fewer.`);
}

/** Throws one ConvertError that lists every operator without a converter, with counts and node names. */
export function checkSupport(
  graph: GraphProto,
  functions: Functions,
  opsets: Opsets,
  operators: OperatorTable,
): void {
  const survey = new Survey(functions, operators);
  survey.nodes(graph.node, opsets, 0);
  const count = new Size(functions).of(graph.node);
  if (count > maxNodes) throw tooManyNodes();
  const missing = [...survey.missing];
  if (missing.length === 0) return;
  const are = missing.length === 1 ? "1 operator is" : `${missing.length} operators are`;
  throw new ConvertError(`onnx: ${are} not supported: ${missing.map(describe).join(", ")}. ${advice}`);
}
