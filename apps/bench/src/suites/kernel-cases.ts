import { type Op, ops, type Program, ProgramBuilder, Tensor, type Value } from "@coracle/core";

/** A node on a shape that networks have. */
export interface KernelCase {
  readonly family: string;
  readonly name: string;
  build(): Program;
}

type Dims = readonly number[];

const goldenRatio = 0.6180339887498949;

/** The same in every run, spread evenly over [-0.5, 0.5). */
function floats(shape: Dims): Tensor {
  const length = shape.reduce((product, size) => product * size, 1);
  return Tensor.from(
    "f32",
    shape,
    Float32Array.from({ length }, (_, i) => ((i * goldenRatio) % 1) - 0.5),
  );
}

interface Given {
  readonly feeds?: readonly Dims[];
  readonly constants?: readonly (Dims | Tensor)[];
  /** Feeds come from convolutions, in the layout that these give. */
  readonly behindConv?: boolean;
}

const plain = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1, autoPad: "none" } as const;

function behindConv(builder: ProgramBuilder, name: string, [n, channels, ...size]: Dims): Value {
  const x = builder.input(name, "f32", [n!, 16, ...size]);
  return builder.one(ops.conv, plain, [x, builder.constant(floats([channels!, 16, 1, 1]), `${name}w`)]);
}

/** Feeds first, then constants. */
function oneNode<A>(op: Op<A>, attrs: A, given: Given): () => Program {
  const { feeds = [], constants = [] } = given;
  return () => {
    const builder = new ProgramBuilder();
    const inputs = feeds.map(
      (shape, i): Value =>
        given.behindConv ? behindConv(builder, `x${i}`, shape) : builder.input(`x${i}`, "f32", [...shape]),
    );
    const fixed = constants.map((given, i) =>
      builder.constant(given instanceof Tensor ? given : floats(given), `w${i}`),
    );
    return builder.build(builder.node(op, attrs, [...inputs, ...fixed], { name: caseNode }));
  };
}

/** The name of the node that is measured. */
export const caseNode = "it";

const square = (size: number): Dims => [size, size];

interface Layer {
  /** Height and width of the input. */
  readonly size: number;
  readonly from: number;
  readonly to: number;
  readonly kernel: Dims;
  readonly stride?: number;
  readonly groups?: number;
}

function convCase(family: string, { size, from, to, kernel, stride = 1, groups = 1 }: Layer): KernelCase {
  const [rows, cols] = kernel.map((taps) => (taps - 1) >> 1) as [number, number];
  const attrs = {
    strides: square(stride),
    pads: [rows, cols, rows, cols],
    dilations: [1, 1],
    groups,
    autoPad: "none",
  } as const;
  const step = stride === 1 ? "" : `, stride ${stride}`;
  const split = groups === 1 || groups === from ? "" : `, ${groups} groups`;
  const channels = groups === from ? `${from}` : `${from} to ${to}`;
  return {
    family,
    name: `${kernel.join("x")}, ${size}x${size}, ${channels}${step}${split}`,
    build: oneNode(ops.conv, attrs, {
      feeds: [[1, from, size, size]],
      constants: [[to, from / groups, ...kernel], [to]],
    }),
  };
}

const points: readonly Dims[] = [
  [112, 32, 64],
  [56, 24, 144],
  [56, 128, 128],
  [28, 256, 256],
  [28, 192, 32],
  [14, 512, 512],
  [14, 96, 576],
  [7, 960, 160],
  [7, 1024, 1024],
  [1, 1280, 1000],
];

const squares: readonly Layer[] = [
  { size: 224, from: 64, to: 64, kernel: [3, 3] },
  { size: 112, from: 128, to: 128, kernel: [3, 3] },
  { size: 56, from: 64, to: 64, kernel: [3, 3] },
  { size: 28, from: 128, to: 128, kernel: [3, 3] },
  { size: 14, from: 256, to: 256, kernel: [3, 3] },
  { size: 7, from: 512, to: 512, kernel: [3, 3] },
  { size: 56, from: 128, to: 128, kernel: [3, 3], stride: 2 },
  { size: 14, from: 512, to: 512, kernel: [3, 3], stride: 2 },
];

const others: readonly Layer[] = [
  { size: 224, from: 3, to: 32, kernel: [3, 3], stride: 2 },
  { size: 224, from: 3, to: 64, kernel: [7, 7], stride: 2 },
  { size: 28, from: 32, to: 96, kernel: [5, 5] },
  { size: 17, from: 192, to: 192, kernel: [1, 7] },
  { size: 17, from: 192, to: 192, kernel: [7, 1] },
  { size: 56, from: 128, to: 128, kernel: [3, 3], groups: 32 },
];

const depthwise: readonly Dims[] = [
  [112, 32, 3, 1],
  [112, 96, 3, 2],
  [56, 144, 3, 1],
  [28, 256, 3, 1],
  [14, 512, 3, 1],
  [7, 1024, 3, 1],
  [28, 120, 5, 1],
  [14, 480, 5, 1],
  [7, 960, 5, 1],
];

const products: readonly Dims[] = [
  [128, 768, 768],
  [128, 768, 3072],
  [128, 3072, 768],
  [512, 512, 512],
  [1024, 1024, 1024],
  [1, 1024, 1000],
  [1, 25088, 4096],
];

function productCase([m, k, n]: Dims): KernelCase {
  return {
    family: m === 1 ? "gemv" : "gemm",
    name: `${m}x${k} * ${k}x${n}`,
    build: oneNode(ops.matMul, {}, { feeds: [[m!, k!]], constants: [[k!, n!], [n!]] }),
  };
}

const heads = {
  scores: oneNode(
    ops.matMul,
    { transB: true },
    {
      feeds: [
        [12, 128, 64],
        [12, 128, 64],
      ],
    },
  ),
  values: oneNode(
    ops.matMul,
    {},
    {
      feeds: [
        [12, 128, 128],
        [12, 128, 64],
      ],
    },
  ),
};

const window = {
  kernel: [3, 3],
  strides: [2, 2],
  pads: [1, 1, 1, 1],
  dilations: [1, 1],
  ceilMode: false,
  autoPad: "none",
} as const;

const transposed = {
  strides: [2, 2],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  groups: 1,
  autoPad: "none",
  outputPadding: [0, 0],
} as const;

const doubled = {
  by: "scales",
  axes: [2, 3],
  mode: "nearest",
  coordinateMode: "halfPixel",
  nearestMode: "roundPreferFloor",
  cubicCoeffA: -0.75,
  excludeOutside: false,
  antialias: false,
  extrapolationValue: 0,
  keepAspectRatio: "stretch",
} as const;

const twice = Tensor.from("f32", [2], [2, 2]);
const lastAxis = Tensor.from("i64", [1], BigInt64Array.of(-1n));
const map: Dims = [1, 96, 56, 56];
const tokens: Dims = [128, 768];

/** What only moves data or takes a pass over it. */
const passes: readonly KernelCase[] = [
  {
    family: "pool",
    name: "max 3x3, 112x112, 64, stride 2",
    build: oneNode(
      ops.maxPool,
      { ...window, storageOrder: 0, withIndices: false },
      { feeds: [[1, 64, 112, 112]], behindConv: true },
    ),
  },
  {
    family: "pool",
    name: "average 3x3, 28x28, 256, stride 2",
    build: oneNode(
      ops.averagePool,
      { ...window, countIncludePad: true },
      { feeds: [[1, 256, 28, 28]], behindConv: true },
    ),
  },
  {
    family: "pool",
    name: "global average, 7x7, 1280",
    build: oneNode(ops.globalAveragePool, {}, { feeds: [[1, 1280, 7, 7]], behindConv: true }),
  },
  { family: "elementwise", name: "add, 56x56, 96", build: oneNode(ops.add, {}, { feeds: [map, map] }) },
  {
    family: "elementwise",
    name: "hardSwish, 56x56, 96",
    build: oneNode(ops.hardSwish, {}, { feeds: [map] }),
  },
  {
    family: "elementwise",
    name: "swish, 56x56, 96",
    build: oneNode(ops.swish, { alpha: 1 }, { feeds: [map] }),
  },
  {
    family: "elementwise",
    name: "gelu, 128x3072",
    build: oneNode(ops.gelu, { approximate: "none" }, { feeds: [[128, 3072]] }),
  },
  {
    family: "norm",
    name: "layerNorm, 128x768",
    build: oneNode(
      ops.layerNorm,
      { axis: -1, epsilon: 1e-5 },
      { feeds: [tokens], constants: [[768], [768]] },
    ),
  },
  {
    family: "softmax",
    name: "12x128 rows of 128",
    build: oneNode(ops.softmax, { axis: -1 }, { feeds: [[12, 128, 128]] }),
  },
  {
    family: "movement",
    name: "transpose 128x12x64 to 12x128x64",
    build: oneNode(ops.transpose, { perm: [1, 0, 2] }, { feeds: [[128, 12, 64]] }),
  },
  {
    family: "movement",
    name: "concat of two, 28x28, 128",
    build: oneNode(
      ops.concat,
      { axis: 1 },
      {
        feeds: [
          [1, 128, 28, 28],
          [1, 128, 28, 28],
        ],
        behindConv: true,
      },
    ),
  },
  {
    family: "resize",
    name: "nearest x2, 26x26, 256",
    build: oneNode(ops.resize, doubled, { feeds: [[1, 256, 26, 26]], constants: [twice], behindConv: true }),
  },
  {
    family: "resize",
    name: "linear x2, 32x32, 256",
    build: oneNode(
      ops.resize,
      { ...doubled, mode: "linear" },
      { feeds: [[1, 256, 32, 32]], constants: [twice], behindConv: true },
    ),
  },
  {
    family: "reduce",
    name: "mean of rows, 128x768",
    build: oneNode(
      ops.reduceMean,
      { keepDims: true, noopWithEmptyAxes: false },
      { feeds: [tokens], constants: [lastAxis] },
    ),
  },
];

export const kernelCases: readonly KernelCase[] = [
  ...points.map(([size, from, to]) =>
    convCase("conv 1x1", { size: size!, from: from!, to: to!, kernel: [1, 1] }),
  ),
  ...squares.map((layer) => convCase("conv 3x3", layer)),
  ...others.map((layer) => convCase("conv, other", layer)),
  {
    family: "conv, other",
    name: "transposed 2x2, 56x56, 128 to 64, stride 2",
    build: oneNode(ops.convTranspose, transposed, {
      feeds: [[1, 128, 56, 56]],
      constants: [[128, 64, 2, 2], [64]],
    }),
  },
  ...depthwise.map(([size, channels, taps, stride]) =>
    convCase("depthwise", {
      size: size!,
      from: channels!,
      to: channels!,
      groups: channels!,
      kernel: square(taps!),
      stride: stride!,
    }),
  ),
  ...products.map(productCase),
  { family: "gemm", name: "12 heads, 128x64 * 64x128", build: heads.scores },
  { family: "gemm", name: "12 heads, 128x128 * 128x64", build: heads.values },
  ...passes,
];
