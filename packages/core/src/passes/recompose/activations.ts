import type { Value } from "../../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../../ir/rewrite.ts";
import * as ops from "../../ops/index.ts";
import { isClose, scalarOf } from "../floats.ts";
import { clipOf, factorsOf, pairs, plusNumber, quotient } from "./factors.ts";

/** y where value = -y */
function negated(value: Value, graph: RewriteGraph): Value | undefined {
  const { factor, values } = factorsOf(value, graph);
  return factor === -1 && values.length === 1 ? values[0] : undefined;
}

/** 1 / (1 + exp(-x)) and x / (1 + exp(-x)) */
const sigmoid: Rewrite = {
  name: "sigmoid",
  anchors: [ops.div, ops.reciprocal],
  rewrite(node, graph) {
    const found = quotient(node.outputs[0]!, graph);
    const sum = found && plusNumber(found.denominator, graph);
    const exponential = sum?.number === 1 ? graph.producer(sum.x) : undefined;
    const x = isOp(exponential, ops.exp) ? negated(exponential.inputs[0]!, graph) : undefined;
    if (!x || !found) return undefined;
    if (!found.numerator) return [graph.one(ops.sigmoid, {}, [x])];
    return found.numerator === x ? [graph.one(ops.swish, { alpha: 1 }, [x])] : undefined;
  },
};

/** log(1 + exp(x)) */
const softplus: Rewrite = {
  name: "softplus",
  anchors: [ops.log],
  rewrite(node, graph) {
    const sum = plusNumber(node.inputs[0]!, graph);
    const exponential = sum?.number === 1 ? graph.producer(sum.x) : undefined;
    return isOp(exponential, ops.exp) ? [graph.one(ops.softplus, {}, [exponential.inputs[0]!])] : undefined;
  },
};

/** x * sigmoid(alpha * x) */
const swish: Rewrite = {
  name: "swish",
  anchors: [ops.mul],
  rewrite(node, graph) {
    const { factor, values } = factorsOf(node.outputs[0]!, graph);
    if (factor !== 1) return undefined;
    for (const [x, gate] of pairs(values)) {
      const producer = graph.producer(gate);
      if (!isOp(producer, ops.sigmoid)) continue;
      if (producer.inputs[0] === x) return [graph.one(ops.swish, { alpha: 1 }, [x])];
      const inner = factorsOf(producer.inputs[0]!, graph);
      const isScaled = inner.values.length === 1 && inner.values[0] === x;
      if (isScaled) return [graph.one(ops.swish, { alpha: inner.factor }, [x])];
    }
    return undefined;
  },
};

/** x * tanh(softplus(x)) */
const mish: Rewrite = {
  name: "mish",
  anchors: [ops.mul],
  rewrite(node, graph) {
    const { factor, values } = factorsOf(node.outputs[0]!, graph);
    if (factor !== 1) return undefined;
    for (const [x, gate] of pairs(values)) {
      const outer = graph.producer(gate);
      const inner = isOp(outer, ops.tanh) ? graph.producer(outer.inputs[0]!) : undefined;
      if (isOp(inner, ops.softplus) && inner.inputs[0] === x) return [graph.one(ops.mish, {}, [x])];
    }
    return undefined;
  },
};

/** factor * clip(x + shift, 0, top) with factor * top = 1 */
const hardSigmoid: Rewrite = {
  name: "hard-sigmoid",
  anchors: [ops.mul, ops.div, ops.clip],
  rewrite(node, graph) {
    const { factor, values } = factorsOf(node.outputs[0]!, graph);
    const clipped = values.length === 1 ? clipOf(values[0]!, graph) : undefined;
    const sum =
      clipped?.min === 0 && isClose(clipped.max * factor, 1) ? plusNumber(clipped.x, graph) : undefined;
    if (!sum) return undefined;
    const inner = factorsOf(sum.x, graph, false);
    const isScaled = inner.values.length === 1;
    const [scale, x] = isScaled ? [inner.factor, inner.values[0]!] : [1, sum.x];
    return [graph.one(ops.hardSigmoid, { alpha: factor * scale, beta: factor * sum.number }, [x])];
  },
};

/** A slope that is one number makes prelu a leakyRelu. */
const preluToLeakyRelu: Rewrite = {
  name: "prelu-to-leaky-relu",
  anchors: [ops.prelu],
  rewrite(node, graph) {
    const alpha = scalarOf(node.inputs[1], graph);
    return alpha === undefined ? undefined : [graph.one(ops.leakyRelu, { alpha }, [node.inputs[0]!])];
  },
};

function isHardSwishGate(gate: Value, x: Value, factor: number, graph: RewriteGraph): boolean {
  const producer = graph.producer(gate);
  if (isOp(producer, ops.hardSigmoid)) {
    const { alpha, beta } = producer.attrs;
    return producer.inputs[0] === x && factor === 1 && isClose(alpha, 1 / 6) && isClose(beta, 0.5);
  }
  const clipped = clipOf(gate, graph);
  if (clipped?.min !== 0 || clipped.max !== 6 || !isClose(factor, 1 / 6)) return false;
  const sum = plusNumber(clipped.x, graph);
  return sum?.number === 3 && sum.x === x;
}

/** x * hardSigmoid(x) with its usual slope, and x * clip(x + 3, 0, 6) / 6 */
const hardSwish: Rewrite = {
  name: "hard-swish",
  anchors: [ops.mul, ops.div],
  rewrite(node, graph) {
    const { factor, values } = factorsOf(node.outputs[0]!, graph);
    const pair = pairs(values).find(([x, gate]) => isHardSwishGate(gate, x, factor, graph));
    return pair && [graph.one(ops.hardSwish, {}, [pair[0]])];
  },
};

export const activationRewrites: readonly Rewrite[] = [
  sigmoid,
  softplus,
  swish,
  mish,
  hardSigmoid,
  hardSwish,
  preluToLeakyRelu,
];
