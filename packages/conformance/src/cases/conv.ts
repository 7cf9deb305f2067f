import { ops } from "@coracle/core";
import { type CaseEntry, cases, constant, f32, type OpCase, random } from "../case.ts";

type ConvAttrs = ops.ConvAttrs;

const plain: ConvAttrs = {
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  groups: 1,
  autoPad: "none",
};
const padded: ConvAttrs = { ...plain, pads: [1, 1, 1, 1] };

interface Sizes {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly hasBias?: boolean;
  /** The output's shape, when a residual is added. */
  readonly residual?: readonly number[];
}

function conv(
  name: string,
  attrs: ConvAttrs,
  { x, w, hasBias = true, residual }: Sizes,
): CaseEntry<ConvAttrs> {
  const bias = hasBias ? [constant(f32([w[0]!]))] : [];
  const added = residual ? [f32(residual)] : [];
  return { name, attrs, inputs: [f32(x, -1, 1), constant(f32(w, -1, 1)), ...bias, ...added] };
}

const channels = [1, 3, 4, 7, 8, 15, 16, 17, 24, 32, 33, 64, 65];
const maps = [1, 2, 3, 5, 6, 7, 8, 13, 14, 15, 16, 17, 28, 29];

const pointwise = [
  ...channels.map((c) => conv(`1x1 of ${c} channels`, plain, { x: [1, c, 7, 9], w: [19, c, 1, 1] })),
  ...channels.map((c) => conv(`1x1 to ${c} channels`, plain, { x: [2, 18, 5, 14], w: [c, 18, 1, 1] })),
  ...maps.map((s) => conv(`1x1 on ${s}x${s}`, plain, { x: [1, 16, s, s], w: [32, 16, 1, 1] })),
  conv("1x1 without bias", plain, { x: [1, 16, 7, 7], w: [32, 16, 1, 1], hasBias: false }),
  conv("1x1 strided", { ...plain, strides: [2, 2] }, { x: [1, 16, 15, 14], w: [32, 16, 1, 1] }),
  conv("1x1 padded", padded, { x: [1, 16, 6, 6], w: [16, 16, 1, 1] }),
];

const spatial = [
  ...channels.map((c) => conv(`3x3 of ${c} channels`, padded, { x: [1, c, 9, 11], w: [20, c, 3, 3] })),
  ...channels.map((c) => conv(`3x3 to ${c} channels`, padded, { x: [1, 5, 9, 11], w: [c, 5, 3, 3] })),
  ...maps.map((s) => conv(`3x3 on ${s}x${s}`, padded, { x: [1, 16, s, s], w: [16, 16, 3, 3] })),
  ...maps.map((s) =>
    conv(
      `3x3 stride 2 on ${s}x${s}`,
      { ...padded, strides: [2, 2] },
      { x: [1, 16, s, s], w: [16, 16, 3, 3] },
    ),
  ),
  conv("3x3 of a first layer", { ...padded, strides: [2, 2] }, { x: [2, 3, 33, 35], w: [32, 3, 3, 3] }),
  conv(
    "7x7 stride 2",
    { ...plain, strides: [2, 2], pads: [3, 3, 3, 3] },
    { x: [1, 3, 30, 31], w: [16, 3, 7, 7] },
  ),
  conv("5x5", { ...plain, pads: [2, 2, 2, 2] }, { x: [1, 8, 12, 12], w: [17, 8, 5, 5] }),
  conv("1x7", { ...plain, pads: [0, 3, 0, 3] }, { x: [1, 16, 9, 12], w: [16, 16, 1, 7] }),
  conv("7x1", { ...plain, pads: [3, 0, 3, 0] }, { x: [1, 16, 9, 12], w: [16, 16, 7, 1] }),
  conv("2x2", plain, { x: [1, 16, 9, 12], w: [16, 16, 2, 2] }),
  conv("unequal pads", { ...plain, pads: [0, 1, 2, 3] }, { x: [1, 16, 8, 9], w: [16, 16, 3, 3] }),
  conv("unequal strides", { ...padded, strides: [1, 3] }, { x: [1, 16, 8, 13], w: [16, 16, 3, 3] }),
  conv(
    "dilation 2",
    { ...plain, dilations: [2, 2], pads: [2, 2, 2, 2] },
    { x: [1, 16, 11, 12], w: [16, 16, 3, 3] },
  ),
  conv("dilation 2 by 3", { ...plain, dilations: [2, 3] }, { x: [1, 3, 11, 12], w: [8, 3, 3, 3] }),
  conv("a kernel as large as the input", plain, { x: [2, 16, 7, 7], w: [33, 16, 7, 7] }),
  ...(["valid", "sameUpper", "sameLower"] as const).flatMap((autoPad) =>
    [1, 2].map((s) =>
      conv(
        `${autoPad} stride ${s}`,
        { ...plain, autoPad, strides: [s, s] },
        { x: [1, 16, 8, 11], w: [16, 16, 3, 4] },
      ),
    ),
  ),
  conv("batch 0", padded, { x: [0, 16, 7, 7], w: [16, 16, 3, 3] }),
  conv("batch 3", padded, { x: [3, 16, 7, 7], w: [16, 16, 3, 3] }),
  {
    ...conv("of fed weights", padded, { x: [1, 4, 6, 6], w: [8, 4, 3, 3] }),
    inputs: [f32([1, 4, 6, 6]), f32([8, 4, 3, 3])],
  },
];

function depthwise(c: number, kernel: number, stride: number, size: number): CaseEntry<ConvAttrs> {
  const pad = (kernel - 1) / 2;
  const attrs = { ...plain, groups: c, strides: [stride, stride], pads: [pad, pad, pad, pad] };
  return conv(`depthwise ${kernel}x${kernel} stride ${stride} of ${c} channels on ${size}`, attrs, {
    x: [1, c, size, size + 1],
    w: [c, 1, kernel, kernel],
  });
}

const grouped = [
  ...channels.filter((c) => c > 1).map((c) => depthwise(c, 3, 1, 9)),
  ...[1, 2].flatMap((s) => [3, 5, 7].map((k) => depthwise(32, k, s, 14))),
  ...[1, 2, 4, 5, 7, 28].map((size) => depthwise(16, 3, 2, size)),
  conv(
    "depthwise dilated",
    { ...plain, groups: 16, dilations: [2, 2], pads: [2, 2, 2, 2] },
    { x: [1, 16, 9, 9], w: [16, 1, 3, 3] },
  ),
  conv("depthwise with a multiplier", { ...padded, groups: 8 }, { x: [1, 8, 9, 9], w: [16, 1, 3, 3] }),
  conv("2 groups", { ...padded, groups: 2 }, { x: [1, 6, 9, 9], w: [10, 3, 3, 3] }),
  conv("2 groups of whole blocks", { ...padded, groups: 2 }, { x: [1, 32, 9, 9], w: [32, 16, 3, 3] }),
  conv("4 groups 1x1", { ...plain, groups: 4 }, { x: [2, 32, 5, 7], w: [64, 8, 1, 1] }),
  conv(
    "depthwise 1-d",
    { ...plain, strides: [1], dilations: [1], pads: [2, 2], groups: 6 },
    { x: [1, 6, 20], w: [6, 1, 5] },
  ),
];

const activations: readonly NonNullable<ConvAttrs["activation"]>[] = [
  { kind: "relu" },
  { kind: "clip", min: 0, max: 6 },
  { kind: "leakyRelu", alpha: 0.1 },
  { kind: "hardSigmoid", alpha: 0.2, beta: 0.5 },
  { kind: "hardSwish" },
  { kind: "sigmoid" },
  { kind: "tanh" },
  { kind: "swish", alpha: 1 },
  { kind: "gelu", approximate: "none" },
  { kind: "gelu", approximate: "tanh" },
  { kind: "elu", alpha: 0.7 },
  { kind: "softplus" },
  { kind: "mish" },
];

const epilogues = activations.flatMap((activation) => [
  conv(
    `1x1 then ${JSON.stringify(activation)}`,
    { ...plain, activation },
    { x: [1, 8, 6, 7], w: [17, 8, 1, 1] },
  ),
  conv(
    `3x3 plus residual then ${JSON.stringify(activation)}`,
    { ...padded, activation },
    {
      x: [1, 16, 7, 7],
      w: [16, 16, 3, 3],
      residual: [1, 16, 7, 7],
    },
  ),
  conv(
    `depthwise then ${JSON.stringify(activation)}`,
    { ...padded, groups: 16, activation },
    { x: [1, 16, 7, 7], w: [16, 1, 3, 3] },
  ),
]);

const residuals = [
  conv("1x1 plus residual", plain, { x: [1, 16, 7, 7], w: [32, 16, 1, 1], residual: [1, 32, 7, 7] }),
  conv("3x3 plus residual of 17 channels", padded, {
    x: [2, 5, 6, 9],
    w: [17, 5, 3, 3],
    residual: [2, 17, 6, 9],
  }),
];

const line: ConvAttrs = { ...plain, strides: [1], pads: [0, 0], dilations: [1] };
const cube: ConvAttrs = { ...plain, strides: [1, 1, 1], pads: [1, 1, 1, 1, 1, 1], dilations: [1, 1, 1] };

const ranks = [
  conv("1-d", { ...line, pads: [1, 1] }, { x: [2, 5, 17], w: [8, 5, 3] }),
  conv(
    "1-d stride 2 dilation 3",
    { ...line, strides: [2], dilations: [3] },
    { x: [1, 16, 31], w: [16, 16, 3] },
  ),
  conv("1-d sameLower", { ...line, autoPad: "sameLower", strides: [2] }, { x: [1, 3, 10], w: [4, 3, 4] }),
  conv("3-d", cube, { x: [1, 3, 5, 6, 7], w: [8, 3, 3, 3, 3] }),
  conv(
    "3-d strided in groups",
    { ...cube, strides: [2, 1, 2], groups: 2 },
    { x: [1, 4, 5, 6, 7], w: [6, 2, 3, 3, 3] },
  ),
];

const dtypes = (["f64", "f16", "bf16"] as const).map(
  (dtype): CaseEntry<ConvAttrs> => ({
    name: `of ${dtype}`,
    attrs: padded,
    inputs: [
      random(dtype, [1, 5, 6, 7], -1, 1),
      constant(random(dtype, [6, 5, 3, 3], -1, 1)),
      constant(random(dtype, [6], -1, 1)),
    ],
  }),
);

export const convCases: readonly OpCase[] = cases(ops.conv, [
  ...pointwise,
  ...spatial,
  ...grouped,
  ...epilogues,
  ...residuals,
  ...ranks,
  ...dtypes,
]);
