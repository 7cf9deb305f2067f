/**
 * Which function reads an operator: those given by the caller before those known here.
 * Knows names and functions only.
 */
import type { Op, Value } from "@coracle/core";
import type { Convert, OnnxContext } from "./context.ts";
import { findOperator } from "./ops/index.ts";

/** By name, of other domains than ONNX's own with the domain in front: "com.example.Scale". */
export type Operators = Readonly<Record<string, Convert>>;

export interface OperatorTable {
  /** The caller's own function, if any. */
  given(domain: string, name: string): Convert | undefined;
  /** The caller's or the known function. */
  find(domain: string, name: string): Convert | undefined;
}

export function operatorTable(operators: Operators): OperatorTable {
  const given = (domain: string, name: string): Convert | undefined => {
    const key = domain === "" ? name : `${domain}.${name}`;
    return Object.hasOwn(operators, key) ? operators[key] : undefined;
  };
  return { given, find: (domain, name) => given(domain, name) ?? findOperator(domain, name) };
}

/**
 * Reads an operator as one node of `op` over all its inputs, with the attributes that `attrsOf` makes of the source's.
 * Inputs that a node leaves out must be the last ones.
 */
export function readAs<A>(op: Op<A>, attrsOf: (context: OnnxContext) => A): Convert {
  return (context): readonly Value[] => {
    const last = context.inputs.findLastIndex((input) => input !== undefined);
    const inputs = context.inputs.slice(0, last + 1).map((_, i) => context.input(i));
    return context.emitAll(op, attrsOf(context), inputs);
  };
}
