import { type DType, ops } from "@coracle/core";
import {
  type CaseEntry,
  cases,
  constant,
  f32,
  given,
  type InputSpec,
  type OpCase,
  random,
  scalar,
} from "../case.ts";

const perTensor = { axis: 1, blockSize: 0, saturate: true };
const stored = ["u8", "i8", "u16", "i16"] as const;

function whole(dtype: DType, shape: readonly number[]): InputSpec {
  const least = dtype === "i8" ? -128 : dtype === "i16" ? -32768 : 0;
  const most = { u8: 255, i8: 127, u16: 65535, i16: 32767 }[dtype as "u8"] ?? 1000;
  return random(dtype, shape, least, most);
}

const quantShapes = [[17], [2, 3, 5, 7], [1, 16, 4, 4], [0, 3], []];

interface Params {
  readonly label: string;
  readonly attrs: ops.QuantizeAttrs;
  readonly x: readonly number[];
  readonly scale: readonly number[];
}

const params: readonly Params[] = [
  ...quantShapes.map((x) => ({ label: `[${x}]`, attrs: perTensor, x, scale: [] })),
  { label: "per channel", attrs: perTensor, x: [2, 5, 6], scale: [5] },
  { label: "per last index", attrs: { ...perTensor, axis: -1 }, x: [2, 5, 17], scale: [17] },
  { label: "per first index", attrs: { ...perTensor, axis: 0 }, x: [16, 3, 3, 3], scale: [16] },
  { label: "in blocks", attrs: { ...perTensor, blockSize: 4 }, x: [3, 10, 2], scale: [3, 3, 2] },
];

const scales = (shape: readonly number[]): InputSpec => constant(f32(shape, 0.01, 0.2));

/** A value per channel and one scale, for dtypes that weights are stored as. */
const narrow = [
  ["u4", 3],
  ["i4", -1],
  ["u2", 1],
  ["i2", 0],
  ["f8e4m3fn", 0],
  ["f8e5m2", 0],
  ["f4e2m1", 0],
] as const;

const quantizeNarrow = narrow.map(
  ([dtype, zero]): CaseEntry<ops.QuantizeAttrs> => ({
    name: `to ${dtype}`,
    attrs: perTensor,
    inputs: [f32([2, 5, 6], -9, 9), scales([5]), constant(given(dtype, [5], [zero]))],
  }),
);

const dequantizeNarrow = narrow.map(
  ([dtype, zero]): CaseEntry<ops.DequantizeAttrs> => ({
    name: `from ${dtype}`,
    attrs: { axis: 1, blockSize: 0 },
    inputs: [random(dtype, [2, 5, 6], -2, 1), scales([5]), constant(given(dtype, [5], [zero]))],
  }),
);

const quantize = params.flatMap(({ label, attrs, x, scale }) =>
  stored.map(
    (dtype): CaseEntry<ops.QuantizeAttrs> => ({
      name: `${label} to ${dtype}`,
      attrs,
      inputs: [f32(x, -9, 9), scales(scale), constant(whole(dtype, scale))],
    }),
  ),
);

const dequantize = params.flatMap(({ label, attrs, x, scale }) =>
  stored.map(
    (dtype): CaseEntry<ops.DequantizeAttrs> => ({
      name: `${label} from ${dtype}`,
      attrs: { axis: attrs.axis, blockSize: attrs.blockSize },
      inputs: [whole(dtype, x), scales(scale), constant(whole(dtype, scale))],
    }),
  ),
);

const matrices: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [1, 1],
    [1, 1],
  ],
  [
    [3, 5],
    [5, 4],
  ],
  [
    [7, 64],
    [64, 33],
  ],
  [
    [2, 5, 17],
    [17, 16],
  ],
  [
    [2, 5, 16],
    [2, 16, 15],
  ],
];
const kinds = [
  ["u8", "i8"],
  ["u8", "u8"],
  ["i8", "i8"],
] as const;

const zero = (dtype: DType): InputSpec => constant(whole(dtype, []));

const integerMatMuls = matrices.flatMap(([a, b]) =>
  kinds.flatMap(([left, right]) => [
    { attrs: {}, inputs: [whole(left, a), constant(whole(right, b)), zero(left), zero(right)] },
    {
      name: `${left}[${a}] ${right}[${b}] per column`,
      attrs: {},
      inputs: [
        whole(left, a),
        constant(whole(right, b)),
        zero(left),
        constant(whole(right, b.length === 2 ? [b[1]!] : [b[0]!, 1, b[2]!])),
      ],
    },
  ]),
);

const scaleOf = (low: number, high: number, shape: readonly number[] = []): InputSpec =>
  constant(f32(shape, low, high));

const quantisedMatMuls = matrices.flatMap(([a, b]) =>
  kinds.map(([left, right]) => ({
    name: `${left}[${a}] ${right}[${b}]`,
    attrs: {},
    inputs: [
      whole(left, a),
      scaleOf(0.01, 0.1),
      zero(left),
      constant(whole(right, b)),
      scaleOf(0.01, 0.1),
      zero(right),
      scaleOf(1, 4),
      zero(left),
    ],
  })),
);

const plain: ops.ConvIntegerAttrs = {
  strides: [1, 1],
  pads: [1, 1, 1, 1],
  dilations: [1, 1],
  groups: 1,
  autoPad: "none",
};

const windows: readonly (readonly [string, ops.ConvIntegerAttrs, readonly number[], readonly number[]])[] = [
  ...[1, 3, 4, 15, 16, 17].map((c): (typeof windows)[number] => [
    `3x3 of ${c} channels`,
    plain,
    [1, c, 7, 9],
    [20, c, 3, 3],
  ]),
  ...[1, 15, 16, 17, 33].map((c): (typeof windows)[number] => [
    `1x1 to ${c} channels`,
    { ...plain, pads: [0, 0, 0, 0] },
    [2, 8, 5, 6],
    [c, 8, 1, 1],
  ]),
  ["3x3 stride 2", { ...plain, strides: [2, 2] }, [1, 16, 9, 9], [16, 16, 3, 3]],
  ["depthwise", { ...plain, groups: 16 }, [1, 16, 7, 7], [16, 1, 3, 3]],
  ["depthwise stride 2", { ...plain, groups: 17, strides: [2, 2] }, [1, 17, 8, 8], [17, 1, 3, 3]],
  ["2 groups", { ...plain, groups: 2 }, [1, 8, 7, 7], [6, 4, 3, 3]],
  ["dilated", { ...plain, dilations: [2, 2] }, [1, 4, 8, 8], [5, 4, 3, 3]],
  ["sameUpper", { ...plain, autoPad: "sameUpper", strides: [2, 2] }, [1, 3, 8, 8], [8, 3, 3, 3]],
];

const integerConvs = windows.flatMap(([label, attrs, x, w]) =>
  (["u8", "i8"] as const).map(
    (dtype): CaseEntry<ops.ConvIntegerAttrs> => ({
      name: `${label} of ${dtype} weights`,
      attrs,
      inputs: [whole("u8", x), constant(whole(dtype, w)), zero("u8"), zero(dtype)],
    }),
  ),
);

const quantisedConvs = windows.flatMap(([label, attrs, x, w]) => {
  const [bias] = [constant(random("i32", [w[0]!], -3000, 3000))];
  const own = (wScale: readonly number[], out: "u8" | "i8"): InputSpec[] => [
    whole("u8", x),
    scaleOf(0.01, 0.1),
    zero("u8"),
    constant(whole("i8", w)),
    scaleOf(0.001, 0.02, wScale),
    constant(given("i8", wScale, [0])),
    scaleOf(0.2, 2),
    zero(out),
  ];
  return [
    { name: `${label} per channel with bias`, attrs, inputs: [...own([w[0]!], "u8"), bias!] },
    { name: `${label} to i8`, attrs, inputs: own([], "i8") },
  ];
});

export const quantisedCases: readonly OpCase[] = [
  ...cases(ops.quantizeLinear, [
    ...quantize,
    ...quantizeNarrow,
    {
      name: "of halves",
      attrs: perTensor,
      inputs: [
        given("f32", [12], [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 126.5, 127.5, 300, -300, 0, -0]),
        scalar("f32", 1),
        scalar("i8", 1),
      ],
    },
    {
      name: "of f16",
      attrs: perTensor,
      inputs: [random("f16", [3, 7], -9, 9), scalar("f16", 0.125), scalar("u8", 128)],
    },
  ]),
  ...cases(ops.dequantizeLinear, [
    ...dequantize,
    ...dequantizeNarrow,
    {
      name: "from i32",
      attrs: { axis: 1, blockSize: 0 },
      inputs: [random("i32", [2, 9], -5000, 5000), scalar("f32", 0.25), scalar("i32", 0)],
    },
    {
      name: "to f16",
      attrs: { axis: 1, blockSize: 0 },
      inputs: [random("u8", [2, 9], 0, 255), scalar("f16", 0.25), scalar("u8", 3)],
    },
  ]),
  ...cases(ops.dynamicQuantizeLinear, [
    ...[[1], [17], [3, 33]].map((shape) => ({ attrs: {}, inputs: [f32(shape, -3, 5)] })),
    { name: "of positive numbers", attrs: {}, inputs: [f32([33], 2, 5)] },
    { name: "of negative numbers", attrs: {}, inputs: [f32([33], -5, -2)] },
    { name: "of zeros", attrs: {}, inputs: [given("f32", [9], [0])] },
  ]),
  ...cases(ops.matMulInteger, integerMatMuls),
  ...cases(ops.qlinearMatMul, quantisedMatMuls),
  ...cases(ops.convInteger, integerConvs),
  ...cases(ops.qlinearConv, quantisedConvs),
];
