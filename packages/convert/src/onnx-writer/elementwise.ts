import { type Activation, isNarrow, type Node, type Op, ops } from "@coracle/core";
import { dataTypeOf } from "../onnx/data-type.ts";
import { bound, writeActivation, writeSwish } from "./activations.ts";
import type { NodeWriter, WriteNode } from "./graph-writer.ts";
import { type Attributes, float, int, text } from "./messages.ts";

export type Entry = readonly [Op, WriteNode];

/** An op whose inputs and outputs are those of an ONNX operator. */
export function same<A>(
  op: Op<A>,
  opType: string,
  attributes?: (attrs: A, node: Node<A>) => Attributes,
): Entry {
  return [
    op as Op,
    ({ graph, node, inputs, outputs }) => {
      const typed = node as Node<A>;
      graph.add(opType, inputs, outputs, attributes?.(typed.attrs, typed));
    },
  ];
}

/** An op with a writer of its own. */
export function special<A>(op: Op<A>, write: (writer: NodeWriter, attrs: A) => void): Entry {
  return [op as Op, (writer) => write(writer, writer.node.attrs as A)];
}

/** Writes what makes the node's output, then its activation, if any. */
export function withActivation(
  { graph, node, outputs }: NodeWriter,
  activation: Activation | undefined,
  write: (output: string) => void,
): void {
  const output = outputs[0]!;
  if (activation) {
    const before = graph.fresh(`${output}.linear`);
    write(before);
    writeActivation(graph, activation, { x: before, output, dtype: node.outputs[0]!.type.dtype });
  } else {
    write(output);
  }
}

const unaryNames = [
  [ops.abs, "Abs"],
  [ops.neg, "Neg"],
  [ops.sign, "Sign"],
  [ops.ceil, "Ceil"],
  [ops.floor, "Floor"],
  [ops.round, "Round"],
  [ops.sqrt, "Sqrt"],
  [ops.reciprocal, "Reciprocal"],
  [ops.exp, "Exp"],
  [ops.log, "Log"],
  [ops.sin, "Sin"],
  [ops.cos, "Cos"],
  [ops.tan, "Tan"],
  [ops.asin, "Asin"],
  [ops.acos, "Acos"],
  [ops.atan, "Atan"],
  [ops.sinh, "Sinh"],
  [ops.cosh, "Cosh"],
  [ops.tanh, "Tanh"],
  [ops.asinh, "Asinh"],
  [ops.acosh, "Acosh"],
  [ops.atanh, "Atanh"],
  [ops.erf, "Erf"],
  [ops.sigmoid, "Sigmoid"],
  [ops.softsign, "Softsign"],
  [ops.softplus, "Softplus"],
  [ops.mish, "Mish"],
  [ops.hardSwish, "HardSwish"],
  [ops.relu, "Relu"],
  [ops.not, "Not"],
  [ops.bitwiseNot, "BitwiseNot"],
  [ops.isNaN, "IsNaN"],
  [ops.identity, "Identity"],
] as const;

const binaryNames = [
  [ops.pow, "Pow"],
  [ops.min, "Min"],
  [ops.max, "Max"],
  [ops.and, "And"],
  [ops.or, "Or"],
  [ops.xor, "Xor"],
  [ops.bitwiseAnd, "BitwiseAnd"],
  [ops.bitwiseOr, "BitwiseOr"],
  [ops.bitwiseXor, "BitwiseXor"],
  [ops.equal, "Equal"],
  [ops.less, "Less"],
  [ops.lessOrEqual, "LessOrEqual"],
  [ops.greater, "Greater"],
  [ops.greaterOrEqual, "GreaterOrEqual"],
  [ops.prelu, "PRelu"],
  [ops.where, "Where"],
] as const;

function fused(op: typeof ops.add, opType: string): Entry {
  return special(op, (writer, { activation }) => {
    withActivation(writer, activation, (output) => writer.graph.add(opType, writer.inputs, [output]));
  });
}

export const elementwise: readonly Entry[] = [
  ...unaryNames.map(([op, name]) => same(op, name)),
  ...binaryNames.map(([op, name]) => same(op, name)),
  fused(ops.add, "Add"),
  fused(ops.sub, "Sub"),
  fused(ops.mul, "Mul"),
  fused(ops.div, "Div"),
  same(ops.mod, "Mod", ({ fmod }) => ({ fmod: int(fmod) })),
  same(ops.bitShift, "BitShift", ({ direction }) => ({ direction: text(direction.toUpperCase()) })),
  same(ops.isInf, "IsInf", ({ detectNegative, detectPositive }) => ({
    detect_negative: int(detectNegative),
    detect_positive: int(detectPositive),
  })),
  same(ops.leakyRelu, "LeakyRelu", ({ alpha }) => ({ alpha: float(alpha) })),
  same(ops.elu, "Elu", ({ alpha }) => ({ alpha: float(alpha) })),
  same(ops.celu, "Celu", ({ alpha }) => ({ alpha: float(alpha) })),
  same(ops.thresholdedRelu, "ThresholdedRelu", ({ alpha }) => ({ alpha: float(alpha) })),
  same(ops.selu, "Selu", ({ alpha, gamma }) => ({ alpha: float(alpha), gamma: float(gamma) })),
  same(ops.hardSigmoid, "HardSigmoid", ({ alpha, beta }) => ({ alpha: float(alpha), beta: float(beta) })),
  same(ops.gelu, "Gelu", ({ approximate }) => ({ approximate: text(approximate) })),
  same(ops.shrink, "Shrink", ({ lambd, bias }) => ({ lambd: float(lambd), bias: float(bias) })),
  same(ops.cast, "Cast", ({ to, saturate, roundMode }) => ({
    to: int(dataTypeOf(to)),
    saturate: isNarrow(to) && saturate !== undefined ? int(saturate) : undefined,
    round_mode: to === "f8e8m0" && roundMode ? text(roundMode) : undefined,
  })),
  special(ops.swish, ({ graph, node, inputs, outputs }, { alpha }) => {
    writeSwish(graph, inputs[0]!, outputs[0]!, { alpha, dtype: node.inputs[0]!.type.dtype });
  }),
  special(ops.clip, ({ graph, node, inputs, outputs }, { min, max }) => {
    const { dtype } = node.inputs[0]!.type;
    graph.add("Clip", [inputs[0]!, bound(graph, dtype, min), bound(graph, dtype, max)], outputs);
  }),
];
