import { ops, type Value } from "@coracle/core";
import { scalarTensor } from "../../onnx/context.ts";
import type { Convert, PaddleContext, Results } from "../context.ts";
import { alignedTo, concat, rankOf, repeated, requireChannelsFirst, reshapeTo, sliceAxis } from "./common.ts";
import { floatOperand, floatWeights, stored, withFused } from "./lite.ts";

interface Padding {
  readonly pads: readonly number[];
  readonly autoPad: "none" | "valid" | "sameUpper";
}

/** Paddings per axis, or before and after each axis -> all befores, then all afters. */
function paddingOf(c: PaddleContext, rank: number): Padding {
  const algorithm = c.string("padding_algorithm", "EXPLICIT");
  if (algorithm === "SAME") return { pads: repeated(0, 2 * rank), autoPad: "sameUpper" };
  if (algorithm === "VALID") return { pads: repeated(0, 2 * rank), autoPad: "valid" };
  const given = c.ints("paddings") ?? repeated(0, rank);
  if (given.length === rank) return { pads: [...given, ...given], autoPad: "none" };
  if (given.length !== 2 * rank) c.fail(`${given.length} paddings`, `${rank} or ${2 * rank}`);
  const before = given.filter((_, i) => i % 2 === 0);
  return { pads: [...before, ...given.filter((_, i) => i % 2 === 1)], autoPad: "none" };
}

interface ConvAttrs extends Padding {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
}

/** SAME takes no dilation, whatever the attribute says. */
function convAttrs(c: PaddleContext, rank: number): ConvAttrs {
  requireChannelsFirst(c);
  const padding = paddingOf(c, rank);
  const dilations = padding.autoPad === "sameUpper" ? repeated(1, rank) : c.ints("dilations");
  return {
    ...padding,
    strides: c.ints("strides") ?? repeated(1, rank),
    dilations: dilations ?? repeated(1, rank),
    groups: c.int("groups", 1),
  };
}

/** The optional bias as the catalogue takes it, [channels]. */
function biasOf(c: PaddleContext): readonly Value[] {
  const bias = c.optional("Bias");
  if (!bias) return [];
  return [rankOf(bias) === 1 ? bias : reshapeTo(c, bias, [-1])];
}

const conv: Convert = (c) => {
  const [x, w] = [floatOperand(c, "Input"), floatWeights(c, "Filter", 0)];
  const made = c.emit(ops.conv, convAttrs(c, rankOf(x) - 2), [x, w, ...biasOf(c)]);
  return { Output: stored(c, withFused(c, made), "Output") };
};

const convTranspose: Convert = (c) => {
  const [x, w] = [floatOperand(c, "Input"), floatWeights(c, "Filter", 1)];
  const rank = rankOf(x) - 2;
  const sizes = c.ints("output_size") ?? [];
  const padding = c.ints("output_padding") ?? [];
  const attrs = {
    ...convAttrs(c, rank),
    outputPadding: padding.length === rank ? padding : repeated(0, rank),
  };
  const full = c.emit(ops.convTranspose, attrs, [x, w, ...biasOf(c)]);
  const made = withFused(c, sizes.length === rank ? grownTo(c, full, sizes) : full);
  return { Output: stored(c, made, "Output") };
};

/** `output_size` asks for rows and columns after the last ones that the kernel reaches: they are zeros. */
function grownTo(c: PaddleContext, x: Value, sizes: readonly number[]): Value {
  const extra = sizes.map((size, i) => size - Number(x.type.shape[2 + i]));
  if (extra.every((count) => count === 0)) return x;
  if (extra.some((count) => !(count >= 0)))
    c.fail(`output_size [${sizes.join()}]`, "at least the sizes that the kernel reaches");
  const axes = c.indices(sizes.map((_, i) => 2 + i));
  const amounts = c.indices([...repeated(0, sizes.length), ...extra]);
  return c.emit(ops.pad, { mode: "constant" }, [x, amounts, c.scalarLike(x, 0), axes]);
}

const pool2d: Convert = (c) => {
  requireChannelsFirst(c);
  const x = c.input("X");
  const isMax = c.string("pooling_type", "max") === "max";
  const size = c.ints("ksize") ?? [];
  if (c.bool("global_pooling", false)) return { Out: globalPool(c, x, isMax) };
  if (c.bool("adaptive", false)) return { Out: adaptivePool(c, x, isMax, size) };
  const rank = rankOf(x) - 2;
  const strides = c.ints("strides") ?? repeated(1, rank);
  const window = {
    ...fitted(x, paddingOf(c, rank), size, strides),
    kernel: size,
    strides,
    dilations: repeated(1, rank),
    ceilMode: c.bool("ceil_mode", false),
  };
  if (isMax) return { Out: c.emit(ops.maxPool, { ...window, storageOrder: 0, withIndices: false }, [x]) };
  return { Out: c.emit(ops.averagePool, { ...window, countIncludePad: !c.bool("exclusive", true) }, [x]) };
};

/** A window that is larger than its axis by less than a stride still gives one element, of what it covers. */
function fitted(x: Value, padding: Padding, size: readonly number[], strides: readonly number[]): Padding {
  const rank = size.length;
  const missing = size.map((kernel, i) => {
    const length = x.type.shape[2 + i];
    const room = Number(length) + padding.pads[i]! + padding.pads[rank + i]!;
    return typeof length === "number" && kernel > room && kernel - room < strides[i]! ? kernel - room : 0;
  });
  return { ...padding, pads: padding.pads.map((pad, i) => (i < rank ? pad : pad + missing[i - rank]!)) };
}

function globalPool(c: PaddleContext, x: Value, isMax: boolean): Value {
  return c.emit(isMax ? ops.globalMaxPool : ops.globalAveragePool, {}, [x]);
}

/** `size` is the output's; bin i of n reaches from floor(i in / n) to ceil((i + 1) in / n). */
function adaptivePool(c: PaddleContext, x: Value, isMax: boolean, size: readonly number[]): Value {
  if (size.every((count) => count === 1)) return globalPool(c, x, isMax);
  const reduce = isMax ? ops.reduceMax : ops.reduceMean;
  return size.reduce((value, count, i) => {
    const axis = 2 + i;
    const length = value.type.shape[axis];
    if (typeof length !== "number")
      return c.fail(`adaptive pooling of an open size`, "a size that the file tells");
    if (length === count) return value;
    const bins = Array.from({ length: count }, (_, bin) => {
      const part = sliceAxis(c, value, axis, [
        Math.floor((bin * length) / count),
        Math.ceil(((bin + 1) * length) / count),
      ]);
      return c.emit(reduce, { keepDims: true, noopWithEmptyAxes: false }, [part, c.indices([axis])]);
    });
    return concat(c, bins, axis);
  }, x);
}

const batchNorm: Convert = (c) => {
  requireChannelsFirst(c, "data_layout");
  const statistics = [c.input("Scale"), c.input("Bias"), c.input("Mean"), c.input("Variance")];
  const y = c.emit(ops.batchNorm, { epsilon: c.float("epsilon", 1e-5) }, [c.input("X"), ...statistics]);
  return { Y: c.bool("fuse_with_relu", false) ? c.emit(ops.relu, {}, [y]) : y };
};

function channelsOf(c: PaddleContext, x: Value): number {
  const channels = x.type.shape[1];
  return typeof channels === "number"
    ? channels
    : c.fail("an open number of channels", "one that the file tells");
}

const filled = (c: PaddleContext, x: Value, count: number, value: number): Value =>
  c.constant(scalarTensor(x.type.dtype, value, [count]));

const instanceNorm: Convert = (c) => {
  const x = c.input("X");
  const channels = channelsOf(c, x);
  const scale = c.optional("Scale") ?? filled(c, x, channels, 1);
  const bias = c.optional("Bias") ?? filled(c, x, channels, 0);
  return { Y: c.emit(ops.instanceNorm, { epsilon: c.float("epsilon", 1e-5) }, [x, scale, bias]) };
};

const groupNorm: Convert = (c) => {
  requireChannelsFirst(c, "data_layout");
  const x = c.input("X");
  const channels = channelsOf(c, x);
  const scale = c.optional("Scale") ?? filled(c, x, channels, 1);
  const bias = c.optional("Bias") ?? filled(c, x, channels, 0);
  const attrs = { groups: c.int("groups", 1), epsilon: c.float("epsilon", 1e-5) };
  return { Y: c.emit(ops.groupNorm, attrs, [x, scale, bias]) };
};

const layerNorm: Convert = (c) => {
  const x = c.input("X");
  const axis = c.int("begin_norm_axis", 1);
  const sizes = x.type.shape.slice(axis);
  const rest = sizes.map((dim) =>
    typeof dim === "number" ? dim : c.fail("open normalised sizes", "sizes that the file tells"),
  );
  const count = rest.reduce((product, dim) => product * dim, 1);
  const shaped = (value: Value): Value =>
    rest.length === 1 ? value : c.emit(ops.reshape, { allowZero: false }, [value, c.indices(rest)]);
  const scale = shaped(c.optional("Scale") ?? filled(c, x, count, 1));
  const bias = shaped(c.optional("Bias") ?? filled(c, x, count, 0));
  return { Y: c.emit(ops.layerNorm, { axis, epsilon: c.float("epsilon", 1e-5) }, [x, scale, bias]) };
};

/** x (k + alpha sum x^2)^-beta; the catalogue's alpha is divided by the size of the window. */
const lrn: Convert = (c) => {
  const size = c.int("n", 5);
  const attrs = {
    size,
    alpha: c.float("alpha", 1e-4) * size,
    beta: c.float("beta", 0.75),
    bias: c.float("k", 1),
  };
  return { Out: c.emit(ops.lrn, attrs, [c.input("X")]) };
};

/** X / sqrt(sum of squares + epsilon). */
const norm: Convert = (c): Results => {
  const x = c.input("X");
  const squares = c.emit(ops.mul, {}, [x, x]);
  const axes = c.indices([c.int("axis", -1)]);
  const sum = c.emit(ops.reduceSum, { keepDims: true, noopWithEmptyAxes: false }, [squares, axes]);
  const length = c.emit(ops.sqrt, {}, [
    c.emit(ops.add, {}, [sum, c.scalarLike(x, c.float("epsilon", 1e-10))]),
  ]);
  return { Out: c.emit(ops.div, {}, [x, length]), Norm: length };
};

const affineChannel: Convert = (c) => {
  const x = c.input("X");
  const scaled = c.emit(ops.mul, {}, [x, alignedTo(c, x, c.input("Scale"), 1)]);
  return { Out: c.emit(ops.add, {}, [scaled, alignedTo(c, x, c.input("Bias"), 1)]) };
};

/** At inference: the identity, or for the older form the mean of what training saw. */
const dropout: Convert = (c) => {
  const x = c.input("X");
  if (c.string("dropout_implementation", "downgrade_in_infer") === "upscale_in_train") return { Out: x };
  return { Out: c.emit(ops.mul, {}, [x, c.scalarLike(x, 1 - c.float("dropout_prob", 0.5))]) };
};

const pixelShuffle: Convert = (c) => {
  requireChannelsFirst(c);
  return {
    Out: c.emit(ops.depthToSpace, { blockSize: c.int("upscale_factor", 1), mode: "CRD" }, [c.input("X")]),
  };
};

export const nn: Readonly<Record<string, Convert>> = {
  conv2d: conv,
  conv3d: conv,
  depthwise_conv2d: conv,
  conv2d_transpose: convTranspose,
  depthwise_conv2d_transpose: convTranspose,
  pool2d,
  batch_norm: batchNorm,
  sync_batch_norm: batchNorm,
  instance_norm: instanceNorm,
  group_norm: groupNorm,
  layer_norm: layerNorm,
  lrn,
  norm,
  affine_channel: affineChannel,
  dropout,
  pixel_shuffle: pixelShuffle,
};
