import type { Value } from "../../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../../ir/rewrite.ts";
import { add, div, erf, gelu, mul, tanh } from "../../ops/index.ts";
import { isClose } from "../floats.ts";
import { factorsOf, pairs, plusNumber } from "./factors.ts";

const cubicFactor = 0.044715;

function isPower(value: Value, x: Value, exponent: number, graph: RewriteGraph): boolean {
  const { factor, values } = factorsOf(value, graph);
  return isClose(factor, cubicFactor) && values.length === exponent && values.every((part) => part === x);
}

/** value = sqrt(2/pi) * (x + 0.044715 x^3), the cube also as x * (1 + 0.044715 x^2) */
function isTanhArgument(value: Value, x: Value, graph: RewriteGraph): boolean {
  const { factor, values } = factorsOf(value, graph);
  if (!isClose(factor, Math.sqrt(2 / Math.PI))) return false;
  const inner = values.length === 1 ? graph.producer(values[0]!) : undefined;
  if (isOp(inner, add)) return pairs(inner.inputs).some(([a, b]) => a === x && isPower(b, x, 3, graph));
  return pairs(values).some(([a, b]) => {
    const sum = a === x ? plusNumber(b, graph) : undefined;
    return sum?.number === 1 && isPower(sum.x, x, 2, graph);
  });
}

/** gate = 1 + erf(x / sqrt(2)), or its tanh approximation */
function gateKind(gate: Value, x: Value, graph: RewriteGraph): "none" | "tanh" | undefined {
  const sum = plusNumber(gate, graph);
  const inner = sum?.number === 1 ? graph.producer(sum.x) : undefined;
  if (isOp(inner, tanh)) return isTanhArgument(inner.inputs[0]!, x, graph) ? "tanh" : undefined;
  if (!isOp(inner, erf)) return undefined;
  const { factor, values } = factorsOf(inner.inputs[0]!, graph);
  return isClose(factor, Math.SQRT1_2) && values.length === 1 && values[0] === x ? "none" : undefined;
}

/** 0.5 * x * (1 + erf(x / sqrt(2))) and 0.5 * x * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))), in any order. */
export const geluRewrite: Rewrite = {
  name: "gelu",
  anchors: [mul, div],
  rewrite(node, graph) {
    const { factor, values } = factorsOf(node.outputs[0]!, graph);
    if (!isClose(factor, 0.5)) return undefined;
    for (const [x, gate] of pairs(values)) {
      const approximate = gateKind(gate, x, graph);
      if (approximate) return [graph.one(gelu, { approximate }, [x])];
    }
    return undefined;
  },
};
