import type { Node, Value } from "../../ir/program.ts";
import { isOp, type RewriteGraph } from "../../ir/rewrite.ts";
import { add, clip, div, mul, neg, pow, reciprocal, relu } from "../../ops/index.ts";
import { scalarOf } from "../floats.ts";

/** A product: a number times values. */
export interface Factors {
  readonly factor: number;
  readonly values: readonly Value[];
}

const maxFactors = 6;
const maxDepth = 8;

/** The operand that is one number, and the other. */
function splitScalar(node: Node, graph: RewriteGraph): { scalar: number; other: Value } | undefined {
  const [a, b] = node.inputs as [Value, Value];
  const first = scalarOf(a, graph);
  if (first !== undefined) return { scalar: first, other: b };
  const second = scalarOf(b, graph);
  return second === undefined ? undefined : { scalar: second, other: a };
}

function expand(value: Value, graph: RewriteGraph): Factors | undefined {
  const node = graph.producer(value);
  if (isOp(node, neg)) return { factor: -1, values: [node.inputs[0]!] };
  if (isOp(node, mul) && !node.attrs.activation) {
    const split = splitScalar(node, graph);
    return split ? { factor: split.scalar, values: [split.other] } : { factor: 1, values: node.inputs };
  }
  if (isOp(node, div) && !node.attrs.activation) {
    const divisor = scalarOf(node.inputs[1], graph);
    return divisor === undefined ? undefined : { factor: 1 / divisor, values: [node.inputs[0]!] };
  }
  if (isOp(node, pow)) {
    const exponent = scalarOf(node.inputs[1], graph);
    const isSmall = exponent === 2 || exponent === 3;
    return isSmall ? { factor: 1, values: new Array<Value>(exponent).fill(node.inputs[0]!) } : undefined;
  }
  return undefined;
}

/** The product that `value` is, through multiplications and divisions by numbers that only it reads. */
export function factorsOf(value: Value, graph: RewriteGraph, isRoot = true, depth = 0): Factors {
  const isOwn = isRoot || graph.uses(value) === 1;
  const expanded = isOwn && depth < maxDepth ? expand(value, graph) : undefined;
  if (!expanded || expanded.values.length > maxFactors) return { factor: 1, values: [value] };
  let { factor } = expanded;
  const values: Value[] = [];
  for (const part of expanded.values) {
    const inner = factorsOf(part, graph, false, depth + 1);
    factor *= inner.factor;
    values.push(...inner.values);
  }
  return values.length > maxFactors
    ? { factor: expanded.factor, values: expanded.values }
    : { factor, values };
}

/** value = x + number */
export function plusNumber(
  value: Value,
  graph: RewriteGraph,
): { readonly x: Value; readonly number: number } | undefined {
  const node = graph.producer(value);
  if (!isOp(node, add) || node.attrs.activation) return undefined;
  const split = splitScalar(node, graph);
  return split && { x: split.other, number: split.scalar };
}

/** value = numerator / denominator; 1/x has no numerator. */
export function quotient(
  value: Value,
  graph: RewriteGraph,
): { readonly numerator?: Value; readonly denominator: Value } | undefined {
  const node = graph.producer(value);
  if (isOp(node, reciprocal)) return { denominator: node.inputs[0]! };
  if (!isOp(node, div) || node.attrs.activation) return undefined;
  const [numerator, denominator] = node.inputs as [Value, Value];
  return scalarOf(numerator, graph) === 1 ? { denominator } : { numerator, denominator };
}

/** value = clip(x, min, max), relu included. */
export function clipOf(
  value: Value,
  graph: RewriteGraph,
): { readonly x: Value; readonly min: number; readonly max: number } | undefined {
  const node = graph.producer(value);
  if (isOp(node, relu)) return { x: node.inputs[0]!, min: 0, max: Infinity };
  return isOp(node, clip) ? { x: node.inputs[0]!, min: node.attrs.min, max: node.attrs.max } : undefined;
}

/** The two factors of a product, each as "this one" and "the other one". */
export function pairs(values: readonly Value[]): readonly (readonly [Value, Value])[] {
  if (values.length !== 2) return [];
  const [a, b] = values as [Value, Value];
  return [
    [a, b],
    [b, a],
  ];
}
