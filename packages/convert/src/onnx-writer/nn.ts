import { type Node, ops } from "@coracle/core";
import type { AutoPad } from "../onnx/ops/nn.ts";
import { type Entry, same, special, withActivation } from "./elementwise.ts";
import type { NodeWriter } from "./graph-writer.ts";
import { type Attributes, float, int, ints, text } from "./messages.ts";

const autoPads: Readonly<Record<AutoPad, string>> = {
  none: "NOTSET",
  valid: "VALID",
  sameUpper: "SAME_UPPER",
  sameLower: "SAME_LOWER",
};

function padding(pads: readonly number[], autoPad: AutoPad): Attributes {
  return autoPad === "none" ? { pads: ints(pads) } : { auto_pad: text(autoPads[autoPad]) };
}

interface ConvLike {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
  readonly autoPad: AutoPad;
}

function convAttributes({ strides, pads, dilations, groups, autoPad }: ConvLike): Attributes {
  return {
    strides: ints(strides),
    dilations: ints(dilations),
    group: int(groups),
    ...padding(pads, autoPad),
  };
}

function writeConv(writer: NodeWriter, attrs: Parameters<typeof ops.conv.infer>[1]): void {
  const { graph, inputs } = writer;
  const [x, w, bias = "", residual] = inputs;
  withActivation(writer, attrs.activation, (output) => {
    if (!residual) return graph.add("Conv", [x!, w!, bias], [output], convAttributes(attrs));
    const sum = graph.emit("Conv", [x!, w!, bias], convAttributes(attrs));
    return graph.add("Add", [sum, residual], [output]);
  });
}

function lastTwoSwapped(rank: number): readonly number[] {
  const perm = Array.from({ length: rank }, (_, i) => i);
  return [...perm.slice(0, -2), rank - 1, rank - 2];
}

function transposed(
  { graph, node, inputs }: NodeWriter,
  index: number,
  isTransposed: boolean | undefined,
): string {
  const rank = node.inputs[index]!.type.shape.length;
  if (!isTransposed || rank < 2) return inputs[index]!;
  return graph.emit("Transpose", [inputs[index]!], { perm: ints(lastTwoSwapped(rank)) });
}

function isGemm(node: Node, { transA, transB, alpha = 1 }: Parameters<typeof ops.matMul.infer>[1]): boolean {
  const isFlat = node.inputs
    .slice(0, 2)
    .every(({ type }) => type.shape.length === 2 && type.dtype.startsWith("f"));
  return isFlat && (transA === true || transB === true || alpha !== 1 || node.inputs.length > 2);
}

function writeMatMul(writer: NodeWriter, attrs: Parameters<typeof ops.matMul.infer>[1]): void {
  const { graph, node, inputs } = writer;
  const { transA = false, transB = false, alpha = 1, activation } = attrs;
  const [bias, residual] = inputs.slice(2);
  withActivation(writer, activation, (output) => {
    const attributes = { transA: int(transA), transB: int(transB), alpha: float(alpha) };
    if (isGemm(node, attrs)) {
      if (!residual) return graph.add("Gemm", inputs, [output], attributes);
      return graph.add("Add", [graph.emit("Gemm", inputs.slice(0, 3), attributes), residual], [output]);
    }
    let y = graph.emit("MatMul", [transposed(writer, 0, transA), transposed(writer, 1, transB)]);
    if (alpha !== 1) y = graph.emit("Mul", [y, graph.scalar(node.inputs[0]!.type.dtype, alpha)]);
    if (bias && residual) return graph.add("Add", [graph.emit("Add", [y, bias]), residual], [output]);
    return bias ? graph.add("Add", [y, bias], [output]) : graph.add("Identity", [y], [output]);
  });
}

/** [B,S,H*D] as [B,H,S,D], rows and columns turned for keys. */
function headsApart({ graph }: NodeWriter, rows: string, heads: number, areKeys: boolean): string {
  const apart = graph.emit("Reshape", [rows, graph.ints([0, 0, heads, -1])]);
  return graph.emit("Transpose", [apart], { perm: ints(areKeys ? [0, 2, 3, 1] : [0, 2, 1, 3]) });
}

function writeAttention(writer: NodeWriter, attrs: Parameters<typeof ops.attention.infer>[1]): void {
  const { graph, node, inputs, outputs } = writer;
  const { heads, scale } = attrs;
  const isJoined = heads !== undefined;
  const [q, v] = [inputs[0]!, inputs[2]!].map((x) => (isJoined ? headsApart(writer, x, heads, false) : x));
  const k = isJoined ? headsApart(writer, inputs[1]!, heads, true) : transposed(writer, 1, true);
  const product = graph.emit("MatMul", [q!, k]);
  const scaled = graph.emit("Mul", [product, graph.scalar(node.inputs[0]!.type.dtype, scale)]);
  const scores = inputs[3] ? graph.emit("Add", [scaled, inputs[3]]) : scaled;
  const weights = graph.emit("Softmax", [scores], { axis: int(-1) });
  if (isJoined) {
    const turned = graph.emit("Transpose", [graph.emit("MatMul", [weights, v!])], {
      perm: ints([0, 2, 1, 3]),
    });
    graph.add("Reshape", [turned, graph.ints([0, 0, -1])], outputs);
  } else graph.add("MatMul", [weights, v!], outputs);
}

interface PoolLike {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly ceilMode: boolean;
  readonly autoPad: AutoPad;
}

function poolAttributes({ kernel, strides, pads, dilations, ceilMode, autoPad }: PoolLike): Attributes {
  return {
    kernel_shape: ints(kernel),
    strides: ints(strides),
    dilations: ints(dilations),
    ceil_mode: int(ceilMode),
    ...padding(pads, autoPad),
  };
}

const epsilon = (attrs: { readonly epsilon: number }): Attributes => ({ epsilon: float(attrs.epsilon) });

export const nn: readonly Entry[] = [
  special(ops.conv, writeConv),
  special(ops.matMul, writeMatMul),
  special(ops.attention, writeAttention),
  special(ops.convTranspose, (writer, attrs) => {
    const outputShape = attrs.outputShape ? ints(attrs.outputShape) : undefined;
    const attributes = {
      ...convAttributes(attrs),
      output_padding: ints(attrs.outputPadding),
      output_shape: outputShape,
    };
    withActivation(writer, attrs.activation, (output) =>
      writer.graph.add("ConvTranspose", writer.inputs, [output], attributes),
    );
  }),
  same(ops.convInteger, "ConvInteger", convAttributes),
  same(ops.qlinearConv, "QLinearConv", convAttributes),
  same(ops.qlinearMatMul, "QLinearMatMul"),
  same(ops.matMulInteger, "MatMulInteger"),
  same(ops.maxPool, "MaxPool", (attrs) => ({
    ...poolAttributes(attrs),
    storage_order: int(attrs.storageOrder),
  })),
  same(ops.averagePool, "AveragePool", (attrs) => ({
    ...poolAttributes(attrs),
    count_include_pad: int(attrs.countIncludePad),
  })),
  same(ops.lpPool, "LpPool", (attrs) => ({ ...poolAttributes(attrs), p: int(attrs.p) })),
  same(ops.maxUnpool, "MaxUnpool", ({ kernel, strides, pads }) => ({
    kernel_shape: ints(kernel),
    strides: ints(strides),
    pads: ints(pads),
  })),
  same(ops.globalAveragePool, "GlobalAveragePool"),
  same(ops.globalMaxPool, "GlobalMaxPool"),
  same(ops.globalLpPool, "GlobalLpPool", ({ p }) => ({ p: int(p) })),
  same(ops.batchNorm, "BatchNormalization", epsilon),
  same(ops.instanceNorm, "InstanceNormalization", epsilon),
  same(ops.groupNorm, "GroupNormalization", (attrs) => ({
    ...epsilon(attrs),
    num_groups: int(attrs.groups),
  })),
  same(ops.layerNorm, "LayerNormalization", (attrs) => ({ ...epsilon(attrs), axis: int(attrs.axis) })),
  same(ops.rmsNorm, "RMSNormalization", (attrs) => ({ ...epsilon(attrs), axis: int(attrs.axis) })),
  same(ops.lpNorm, "LpNormalization", ({ axis, p }) => ({ axis: int(axis), p: int(p) })),
  same(ops.lrn, "LRN", ({ size, alpha, beta, bias }) => ({
    size: int(size),
    alpha: float(alpha),
    beta: float(beta),
    bias: float(bias),
  })),
  same(ops.softmax, "Softmax", ({ axis }) => ({ axis: int(axis) })),
  same(ops.logSoftmax, "LogSoftmax", ({ axis }) => ({ axis: int(axis) })),
  same(ops.hardmax, "Hardmax", ({ axis }) => ({ axis: int(axis) })),
  same(ops.quantizeLinear, "QuantizeLinear", ({ axis, blockSize, saturate }) => ({
    axis: int(axis),
    block_size: blockSize === 0 ? undefined : int(blockSize),
    saturate: int(saturate),
  })),
  same(ops.dequantizeLinear, "DequantizeLinear", ({ axis, blockSize }) => ({
    axis: int(axis),
    block_size: blockSize === 0 ? undefined : int(blockSize),
  })),
  same(ops.dynamicQuantizeLinear, "DynamicQuantizeLinear"),
];
