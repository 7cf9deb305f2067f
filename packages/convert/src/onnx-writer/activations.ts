import type { Activation, DType } from "@coracle/core";
import type { GraphWriter } from "./graph-writer.ts";
import { type Attributes, float, text } from "./messages.ts";

export interface SwishOptions {
  readonly alpha: number;
  readonly dtype: DType;
}

/** x * sigmoid(alpha * x), which only the newest operator sets have as one operator. */
export function writeSwish(
  graph: GraphWriter,
  x: string,
  output: string,
  { alpha, dtype }: SwishOptions,
): void {
  const scaled = alpha === 1 ? x : graph.emit("Mul", [x, graph.scalar(dtype, alpha)]);
  graph.add("Mul", [x, graph.emit("Sigmoid", [scaled])], [output]);
}

/** The input of Clip for a bound: none where it is infinite. */
export function bound(graph: GraphWriter, dtype: DType, value: number): string {
  return Number.isFinite(value) ? graph.scalar(dtype, value) : "";
}

type Simple = Exclude<Activation, { kind: "swish" | "clip" }>;

const operators: Readonly<Record<Simple["kind"], string>> = {
  relu: "Relu",
  leakyRelu: "LeakyRelu",
  hardSigmoid: "HardSigmoid",
  hardSwish: "HardSwish",
  sigmoid: "Sigmoid",
  tanh: "Tanh",
  gelu: "Gelu",
  elu: "Elu",
  softplus: "Softplus",
  mish: "Mish",
};

function attributesOf(activation: Simple): Attributes {
  return {
    alpha: "alpha" in activation ? float(activation.alpha) : undefined,
    beta: "beta" in activation ? float(activation.beta) : undefined,
    approximate: "approximate" in activation ? text(activation.approximate) : undefined,
  };
}

export interface ActivationIo {
  readonly x: string;
  readonly output: string;
  readonly dtype: DType;
}

/** An activation of `x` as a node of its own that makes `output`. */
export function writeActivation(
  graph: GraphWriter,
  activation: Activation,
  { x, output, dtype }: ActivationIo,
): void {
  if (activation.kind === "swish") {
    writeSwish(graph, x, output, { alpha: activation.alpha, dtype });
  } else if (activation.kind === "clip") {
    const bounds = [activation.min, activation.max].map((value) => bound(graph, dtype, value));
    graph.add("Clip", [x, ...bounds], [output]);
  } else {
    graph.add(operators[activation.kind], [x], [output], attributesOf(activation));
  }
}
