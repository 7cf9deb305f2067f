import { type Node, ops } from "@coracle/core";
import { dataTypeOf } from "../onnx/data-type.ts";
import { type Entry, same, special } from "./elementwise.ts";
import { type Attributes, float, floats, int, ints, tensor, text, texts } from "./messages.ts";

const toEnd = 2 ** 31 - 1;
const axisOf = ({ axis }: { readonly axis: number }): Attributes => ({ axis: int(axis) });

const reductions = [
  [ops.reduceSum, "ReduceSum"],
  [ops.reduceMean, "ReduceMean"],
  [ops.reduceMax, "ReduceMax"],
  [ops.reduceMin, "ReduceMin"],
  [ops.reduceProd, "ReduceProd"],
  [ops.reduceL1, "ReduceL1"],
  [ops.reduceL2, "ReduceL2"],
  [ops.reduceLogSum, "ReduceLogSum"],
  [ops.reduceLogSumExp, "ReduceLogSumExp"],
  [ops.reduceSumSquare, "ReduceSumSquare"],
] as const;

const snake = (name: string): string =>
  name.replace(/NN$/, "_nn").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function argAttributes(attrs: { axis: number; keepDims: boolean; selectLastIndex: boolean }): Attributes {
  return {
    axis: int(attrs.axis),
    keepdims: int(attrs.keepDims),
    select_last_index: int(attrs.selectLastIndex),
  };
}

const scanAttributes = (attrs: { exclusive: boolean; reverse: boolean }): Attributes => ({
  exclusive: int(attrs.exclusive),
  reverse: int(attrs.reverse),
});

interface RecurrentLike {
  readonly direction: string;
  readonly hiddenSize: number;
  readonly activations: readonly string[];
  readonly activationAlpha: readonly number[];
  readonly activationBeta: readonly number[];
  readonly clip?: number;
  readonly layout: 0 | 1;
}

function recurrentAttributes(attrs: RecurrentLike): Attributes {
  return {
    direction: text(attrs.direction),
    hidden_size: int(attrs.hiddenSize),
    activations: texts(attrs.activations),
    activation_alpha: attrs.activationAlpha.length > 0 ? floats(attrs.activationAlpha) : undefined,
    activation_beta: attrs.activationBeta.length > 0 ? floats(attrs.activationBeta) : undefined,
    clip: attrs.clip === undefined ? undefined : float(attrs.clip),
    layout: attrs.layout === 0 ? undefined : int(attrs.layout),
  };
}

/** Axes that say nothing are left out: some readers know only pads of every axis. */
function padsEveryAxis({ inputs }: Node): boolean {
  const axes = inputs[3]?.data?.data;
  const rank = inputs[0]!.type.shape.length;
  return axes?.length === rank && Array.from(axes, Number).every((axis, i) => axis === i);
}

const shape: readonly Entry[] = [
  same(ops.reshape, "Reshape", ({ allowZero }) => ({ allowzero: int(allowZero) })),
  same(ops.flatten, "Flatten", axisOf),
  same(ops.squeeze, "Squeeze"),
  same(ops.unsqueeze, "Unsqueeze"),
  same(ops.transpose, "Transpose", ({ perm }) => ({ perm: ints(perm) })),
  same(ops.concat, "Concat", axisOf),
  same(ops.split, "Split", ({ axis, numOutputs }, node) => ({
    axis: int(axis),
    num_outputs: node.inputs.length > 1 ? undefined : int(numOutputs),
  })),
  same(ops.slice, "Slice"),
  same(ops.expand, "Expand"),
  same(ops.tile, "Tile"),
  special(ops.pad, ({ graph, node, inputs, outputs }, { mode }) => {
    graph.add("Pad", padsEveryAxis(node) ? inputs.slice(0, 3) : inputs, outputs, { mode: text(mode) });
  }),
  same(ops.shapeOf, "Shape", ({ start, end }) => ({
    start: int(start),
    end: end >= toEnd ? undefined : int(end),
  })),
  same(ops.sizeOf, "Size"),
  same(ops.fill, "ConstantOfShape", ({ value }) => ({ value: tensor(value) })),
  same(ops.range, "Range"),
  same(ops.eyeLike, "EyeLike", ({ dtype, k }) => ({ dtype: int(dataTypeOf(dtype)), k: int(k) })),
  same(ops.depthToSpace, "DepthToSpace", ({ blockSize, mode }) => ({
    blocksize: int(blockSize),
    mode: text(mode),
  })),
  same(ops.spaceToDepth, "SpaceToDepth", ({ blockSize }) => ({ blocksize: int(blockSize) })),
  same(ops.reverseSequence, "ReverseSequence", ({ batchAxis, timeAxis }) => ({
    batch_axis: int(batchAxis),
    time_axis: int(timeAxis),
  })),
  same(ops.trilu, "Trilu", ({ upper }) => ({ upper: int(upper) })),
];

const indexing: readonly Entry[] = [
  same(ops.gather, "Gather", axisOf),
  same(ops.gatherElements, "GatherElements", axisOf),
  same(ops.gatherND, "GatherND", ({ batchDims }) => ({ batch_dims: int(batchDims) })),
  same(ops.scatterElements, "ScatterElements", ({ axis, reduction }) => ({
    axis: int(axis),
    reduction: text(reduction),
  })),
  same(ops.scatterND, "ScatterND", ({ reduction }) => ({ reduction: text(reduction) })),
  same(ops.oneHot, "OneHot", axisOf),
  same(ops.nonZero, "NonZero"),
  same(ops.compress, "Compress", ({ axis }) => ({ axis: axis === undefined ? undefined : int(axis) })),
  same(ops.unique, "Unique", ({ axis, sorted }) => ({
    axis: axis === undefined ? undefined : int(axis),
    sorted: int(sorted),
  })),
  same(ops.topK, "TopK", ({ axis, largest, sorted }) => ({
    axis: int(axis),
    largest: int(largest),
    sorted: int(sorted),
  })),
  same(ops.einsum, "Einsum", ({ equation }) => ({ equation: text(equation) })),
  same(ops.nonMaxSuppression, "NonMaxSuppression", ({ centerPointBox }) => ({
    center_point_box: int(centerPointBox),
  })),
];

const sampling: readonly Entry[] = [
  special(ops.resize, ({ graph, node, inputs, outputs }, attrs) => {
    const [x, target, roi = ""] = inputs;
    const isAll =
      attrs.axes.length === node.inputs[0]!.type.shape.length && attrs.axes.every((axis, i) => axis === i);
    const attributes = {
      mode: text(attrs.mode),
      coordinate_transformation_mode: text(snake(attrs.coordinateMode)),
      nearest_mode: text(snake(attrs.nearestMode)),
      cubic_coeff_a: float(attrs.cubicCoeffA),
      exclude_outside: int(attrs.excludeOutside),
      antialias: int(attrs.antialias),
      extrapolation_value: float(attrs.extrapolationValue),
      keep_aspect_ratio_policy: text(snake(attrs.keepAspectRatio)),
      axes: isAll ? undefined : ints(attrs.axes),
    };
    graph.add(
      "Resize",
      attrs.by === "scales" ? [x!, roi, target!] : [x!, roi, "", target!],
      outputs,
      attributes,
    );
  }),
  same(ops.gridSample, "GridSample", ({ mode, paddingMode, alignCorners }) => ({
    mode: text(mode),
    padding_mode: text(paddingMode),
    align_corners: int(alignCorners),
  })),
  same(ops.roiAlign, "RoiAlign", (attrs) => ({
    mode: text(attrs.mode),
    output_height: int(attrs.outputHeight),
    output_width: int(attrs.outputWidth),
    sampling_ratio: int(attrs.samplingRatio),
    spatial_scale: float(attrs.spatialScale),
    coordinate_transformation_mode: text(snake(attrs.coordinateMode)),
  })),
];

export const movement: readonly Entry[] = [
  ...shape,
  ...indexing,
  ...sampling,
  ...reductions.map(([op, name]) =>
    same(op, name, ({ keepDims, noopWithEmptyAxes }) => ({
      keepdims: int(keepDims),
      noop_with_empty_axes: int(noopWithEmptyAxes),
    })),
  ),
  same(ops.argMax, "ArgMax", argAttributes),
  same(ops.argMin, "ArgMin", argAttributes),
  same(ops.cumSum, "CumSum", scanAttributes),
  same(ops.lstm, "LSTM", (attrs) => ({
    ...recurrentAttributes(attrs),
    input_forget: int(attrs.inputForget ?? false),
  })),
  same(ops.gru, "GRU", (attrs) => ({
    ...recurrentAttributes(attrs),
    linear_before_reset: int(attrs.linearBeforeReset ?? false),
  })),
  same(ops.rnn, "RNN", recurrentAttributes),
];
