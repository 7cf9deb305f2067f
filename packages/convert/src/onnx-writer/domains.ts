import { ConvertError, type Node, ops } from "@coracle/core";
import { dataTypeOf } from "../onnx/data-type.ts";
import { type Entry, same, special } from "./elementwise.ts";
import type { NodeWriter } from "./graph-writer.ts";
import { type Attributes, float, int, ints, type Message, tensor, text } from "./messages.ts";
import { writeTrees } from "./trees.ts";

/** An absent seed is drawn anew in every run. */
const seed = (attrs: { readonly seed?: number }): Attributes => ({
  seed: attrs.seed === undefined ? undefined : float(attrs.seed),
});

function randomShape(writer: NodeWriter, opType: string, attributes: Attributes): void {
  const { graph, inputs, outputs, node } = writer;
  const zero = graph.scalar(node.outputs[0]!.type.dtype, 0);
  graph.add(`${opType}Like`, [graph.emit("Expand", [zero, inputs[0]!])], outputs, attributes);
}

const random: readonly Entry[] = [
  special(ops.randomNormal, (writer, attrs) => {
    const { mean, scale, dtype } = attrs;
    const attributes = {
      mean: float(mean),
      scale: float(scale),
      dtype: int(dataTypeOf(dtype)),
      ...seed(attrs),
    };
    randomShape(writer, "RandomNormal", attributes);
  }),
  special(ops.randomUniform, (writer, attrs) => {
    const { low, high, dtype } = attrs;
    const attributes = { low: float(low), high: float(high), dtype: int(dataTypeOf(dtype)), ...seed(attrs) };
    randomShape(writer, "RandomUniform", attributes);
  }),
  same(ops.bernoulli, "Bernoulli", (attrs) => ({ dtype: int(dataTypeOf(attrs.dtype)), ...seed(attrs) })),
  same(ops.multinomial, "Multinomial", (attrs) => ({
    dtype: int(dataTypeOf(attrs.dtype)),
    sample_size: int(attrs.sampleSize),
    ...seed(attrs),
  })),
];

const signal: readonly Entry[] = [
  same(ops.dft, "DFT", ({ inverse, onesided }) => ({ inverse: int(inverse), onesided: int(onesided) })),
  same(ops.stft, "STFT", ({ onesided }) => ({ onesided: int(onesided) })),
  same(ops.melWeights, "MelWeightMatrix", ({ dtype }) => ({ output_datatype: int(dataTypeOf(dtype)) })),
];

const pixelFormats = { rgb: "RGB", bgr: "BGR", grayscale: "Grayscale" } as const;

const images: readonly Entry[] = [
  same(ops.decodeImage, "ImageDecoder", ({ format }) => ({ pixel_format: text(pixelFormats[format]) })),
  same(ops.col2Im, "Col2Im", ({ strides, pads, dilations }) => ({
    strides: ints(strides),
    pads: ints(pads),
    dilations: ints(dilations),
  })),
  same(ops.deformConv, "DeformConv", ({ strides, pads, dilations, groups, offsetGroups }) => ({
    strides: ints(strides),
    pads: ints(pads),
    dilations: ints(dilations),
    group: int(groups),
    offset_group: int(offsetGroups),
  })),
  same(ops.maxRoiPool, "MaxRoiPool", ({ pooledHeight, pooledWidth, spatialScale }) => ({
    pooled_shape: ints([pooledHeight, pooledWidth]),
    spatial_scale: float(spatialScale),
  })),
  special(ops.cropAndResize, ({ graph, inputs, outputs }, { mode, extrapolationValue }) => {
    const narrow = inputs.slice(2).map((name) => graph.emit("Cast", [name], { to: int(dataTypeOf("i32")) }));
    graph.add("com.microsoft.CropAndResize", [...inputs.slice(0, 2), ...narrow], outputs, {
      mode: text(mode === "linear" ? "bilinear" : mode),
      extrapolation_value: float(extrapolationValue),
    });
  }),
];

/** Values times their rate, which the operator knows only where it is of the delta rule. */
function ratedValues({ graph, inputs }: NodeWriter, heads: number): string {
  const apart = graph.emit("Reshape", [inputs[2]!, graph.ints([0, 0, heads, -1])]);
  const rates = graph.emit("Unsqueeze", [inputs[5]!, graph.ints([3])]);
  return graph.emit("Reshape", [graph.emit("Mul", [apart, rates]), graph.ints([0, 0, -1])]);
}

function writeLinearAttention(writer: NodeWriter, attrs: ops.LinearAttentionAttrs): void {
  const { graph, inputs, outputs } = writer;
  const [q, k, v, past, decay, beta] = inputs as [string, string, string, string, string, string];
  const attributes = {
    q_num_heads: int(attrs.queryHeads),
    kv_num_heads: int(attrs.heads),
    scale: float(attrs.scale),
    update_rule: text(attrs.isDelta ? "gated_delta" : "gated"),
  };
  const given = attrs.isDelta
    ? [q, k, v, past, decay, beta]
    : [q, k, ratedValues(writer, attrs.heads), past, decay];
  graph.add("com.microsoft.LinearAttention", given, outputs, attributes);
}

const isSingle = (node: Node): boolean => node.inputs[0]!.type.dtype === "i64";

const others: readonly Entry[] = [
  same(ops.det, "Det"),
  same(ops.bitCast, "BitCast", ({ to }) => ({ to: int(dataTypeOf(to)) })),
  same(ops.cumProd, "CumProd", ({ exclusive, reverse }) => ({
    exclusive: int(exclusive),
    reverse: int(reverse),
  })),
  same(ops.tensorScatter, "TensorScatter", ({ axis, mode }) => ({ axis: int(axis), mode: text(mode) })),
  same(ops.inverse, "com.microsoft.Inverse"),
  special(ops.linearAttention, writeLinearAttention),
  special(ops.blockRepeated, ({ graph, node, inputs, outputs }, { size }) => {
    const tokens = isSingle(node)
      ? inputs[0]!
      : graph.emit("Cast", [inputs[0]!], { to: int(dataTypeOf("i64")) });
    graph.add("com.microsoft.NGramRepeatBlock", [tokens, inputs[1]!], outputs, { ngram_size: int(size) });
  }),
  same(ops.lookup, "ai.onnx.ml.LabelEncoder", ({ keys, values, otherwise }) => ({
    keys_tensor: tensor(keys),
    values_tensor: tensor(values),
    default_tensor: tensor(otherwise),
  })),
  special(ops.treeEnsemble, writeTrees),
];

/** Ops that are written into other domains than ONNX's own, and those that draw or transform. */
export const domains: readonly Entry[] = [...random, ...signal, ...images, ...others];

const older = "ai.onnx.ml.TreeEnsembleRegressor";
const newer = "ai.onnx.ml.TreeEnsemble";

/** The versions of the domains of these operators. Throws ConvertError where no version has them all. */
export function domainVersions(operators: ReadonlySet<string>): readonly Message[] {
  if (operators.has(older) && operators.has(newer)) {
    throw new ConvertError(
      "onnx: trees with and without membership; expected one kind. Write them to two files.",
    );
  }
  const versions: Readonly<Record<string, number>> = {
    "com.microsoft": 1,
    "ai.onnx.ml": operators.has(newer) ? 5 : 4,
  };
  const domains = new Set([...operators].map((name) => name.slice(0, name.lastIndexOf("."))));
  return [...domains].map((domain) => ({ domain, version: versions[domain] ?? 1 }));
}
