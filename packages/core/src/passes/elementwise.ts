import type { Op } from "../ir/op.ts";
import type { Node } from "../ir/program.ts";
import * as ops from "../ops/index.ts";

/** One input; element i of the output depends on element i of the input only. */
const unary: ReadonlySet<Op> = new Set<Op>([
  ops.abs,
  ops.cast,
  ops.ceil,
  ops.clip,
  ops.elu,
  ops.erf,
  ops.exp,
  ops.floor,
  ops.gelu,
  ops.hardSigmoid,
  ops.hardSwish,
  ops.identity,
  ops.leakyRelu,
  ops.log,
  ops.mish,
  ops.neg,
  ops.not,
  ops.reciprocal,
  ops.relu,
  ops.round,
  ops.sigmoid,
  ops.sign,
  ops.softplus,
  ops.sqrt,
  ops.swish,
  ops.tanh,
]);

/** Inputs broadcast against each other. */
const broadcasting: ReadonlySet<Op> = new Set<Op>([
  ops.add,
  ops.and,
  ops.div,
  ops.equal,
  ops.greater,
  ops.greaterOrEqual,
  ops.less,
  ops.lessOrEqual,
  ops.max,
  ops.min,
  ops.mul,
  ops.or,
  ops.pow,
  ops.prelu,
  ops.sub,
  ops.where,
]);

export function isUnary(node: Node): boolean {
  return unary.has(node.op);
}

export function isBroadcasting(node: Node): boolean {
  return broadcasting.has(node.op);
}
