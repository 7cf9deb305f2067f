import { Tensor } from "@coracle/core";
import { describe, test } from "vitest";
import { float, floats, int, ints, text } from "../../onnx-writer/messages.ts";
import { expectAsOrt, type NodeCheck, RandomTensors } from "../../testing/onnxruntime.ts";

const r = new RandomTensors(5);
const scalar = (dtype: "f32" | "u8" | "i8", value: number): Tensor => Tensor.scalar(dtype, value);

type Named = Omit<NodeCheck, "op"> & { readonly name?: string };

function checks(op: string, list: readonly Named[]): void {
  describe(op, () => {
    test.each(list.map((check, i) => [check.name ?? `#${i}`, check] as const))("%s", async (_, check) => {
      await expectAsOrt({ op, ...check });
    });
  });
}

const x = r.f32([2, 3, 8], -3, 3);
const conv = { kernel_shape: ints([3, 3]), pads: ints([1, 1, 1, 1]) };
const image = r.f32([1, 4, 5, 6]);
const kernel = r.f32([6, 4, 3, 3]);

checks("FusedConv", [
  { inputs: [image, kernel, r.f32([6])], attributes: { ...conv, activation: text("Relu") } },
  {
    name: "a sum, leaky",
    inputs: [image, kernel, r.f32([6]), r.f32([1, 6, 5, 6])],
    attributes: { ...conv, activation: text("LeakyRelu"), activation_params: floats([0.3]) },
  },
  {
    name: "hard sigmoid without bias",
    inputs: [image, kernel],
    attributes: { ...conv, activation: text("HardSigmoid"), activation_params: floats([0.3, 0.4]) },
  },
]);

checks("FusedGemm", [
  {
    inputs: [r.f32([3, 4]), r.f32([5, 4]), r.f32([5])],
    attributes: {
      transB: int(1),
      alpha: float(0.5),
      beta: float(2),
      activation: text("LeakyRelu"),
      activation_alpha: float(0.2),
    },
  },
  { name: "no sum", inputs: [r.f32([3, 4]), r.f32([4, 5])], attributes: { activation: text("Tanh") } },
]);

checks("FusedMatMul", [
  { inputs: [r.f32([2, 3, 4]), r.f32([2, 5, 4])], attributes: { transB: int(1), alpha: float(0.25) } },
  { name: "transBatch", inputs: [r.f32([3, 2, 4]), r.f32([2, 4, 5])], attributes: { transBatchA: int(1) } },
]);

checks("Gelu", [{ inputs: [x] }]);
checks("BiasGelu", [{ inputs: [x, r.f32([8])] }]);
checks("FastGelu", [{ inputs: [x] }, { name: "bias", inputs: [x, r.f32([8])] }]);
checks("QuickGelu", [{ inputs: [x] }, { name: "alpha", inputs: [x], attributes: { alpha: float(1) } }]);

const [gamma, beta, skip] = [r.f32([8]), r.f32([8]), r.f32([2, 3, 8])];
checks("SkipLayerNormalization", [
  { inputs: [x, skip, gamma] },
  {
    name: "beta, bias, sum",
    inputs: [x, skip, gamma, beta, r.f32([8])],
    outputs: [true, false, false, true],
  },
  { name: "a skip of one row", inputs: [x, r.f32([1, 3, 8]), gamma, beta] },
]);
checks("SkipSimplifiedLayerNormalization", [
  { inputs: [x, skip, gamma], attributes: { epsilon: float(1e-5) } },
  { name: "bias, sum", inputs: [x, skip, gamma, r.f32([8])], outputs: [true, false, false, true] },
]);
checks("SimplifiedLayerNormalization", [
  { domain: "", inputs: [x, gamma], attributes: { axis: int(-1), stash_type: int(1) } },
  {
    name: "1/rms",
    domain: "",
    inputs: [x, gamma],
    attributes: { axis: int(-1), stash_type: int(1) },
    outputs: 2,
  },
]);

const ids = r.ints("i32", [2, 3], 0, 9);
const segments = r.ints("i32", [2, 3], 0, 1);
const [words, places, parts] = [r.f32([10, 8]), r.f32([6, 8]), r.f32([2, 8])];
const mask = Tensor.from("i32", [2, 3], [1, 1, 1, 1, 1, 0]);
checks("EmbedLayerNormalization", [
  { inputs: [ids, segments, words, places, parts, gamma, beta], outputs: 2 },
  { name: "mask, sum", inputs: [ids, segments, words, places, parts, gamma, beta, mask], outputs: 3 },
  {
    name: "no segments, positions",
    inputs: [
      ids,
      undefined,
      words,
      places,
      undefined,
      gamma,
      beta,
      mask,
      Tensor.from("i32", [1, 3], [2, 0, 1]),
    ],
    outputs: 2,
  },
]);

const hidden = r.f32([2, 5, 12]);
const [weights, bias] = [r.f32([12, 24]), r.f32([24])];
const two = { num_heads: int(2) };
const lengths = Tensor.from("i32", [2], [5, 3]);
checks("Attention", [
  { inputs: [hidden, weights, bias], attributes: two },
  { name: "scale", inputs: [hidden, weights, bias], attributes: { ...two, scale: float(0.3) } },
  { name: "lengths", inputs: [hidden, weights, bias, lengths], attributes: two },
  {
    name: "ends and starts",
    inputs: [hidden, weights, bias, Tensor.from("i32", [4], [5, 4, 0, 2])],
    attributes: two,
  },
  {
    name: "mask [B,T]",
    inputs: [hidden, weights, bias, Tensor.from("i32", [2, 5], [1, 0, 1, 1, 0, 0, 1, 0, 0, 1])],
    attributes: two,
  },
  {
    name: "mask [B,S,T], filter value",
    inputs: [hidden, weights, bias, r.ints("i32", [2, 5, 5], 0, 1)],
    attributes: { ...two, mask_filter_value: float(-3) },
  },
  { name: "unidirectional", inputs: [hidden, weights, bias], attributes: { ...two, unidirectional: int(1) } },
  {
    name: "past, present",
    inputs: [hidden, weights, bias, undefined, r.f32([2, 2, 2, 3, 4])],
    attributes: { ...two, unidirectional: int(1) },
    outputs: 2,
  },
  { name: "present", inputs: [hidden, weights, bias, lengths], attributes: two, outputs: 2 },
  {
    name: "attention bias",
    inputs: [hidden, weights, bias, undefined, undefined, r.f32([1, 2, 5, 5])],
    attributes: two,
  },
  {
    name: "values of another size",
    inputs: [hidden, r.f32([12, 28]), r.f32([28])],
    attributes: { ...two, qkv_hidden_sizes: ints([8, 8, 12]) },
  },
]);

const [query, key, value] = [r.f32([2, 3, 8]), r.f32([2, 4, 8]), r.f32([2, 4, 12])];
checks("MultiHeadAttention", [
  { inputs: [query, key, value], attributes: two },
  { name: "bias", inputs: [query, key, value, r.f32([28])], attributes: two },
  {
    name: "key padding [B]",
    inputs: [query, key, value, undefined, Tensor.from("i32", [2], [4, 2])],
    attributes: two,
  },
  {
    name: "key padding [B,T]",
    inputs: [query, key, value, undefined, Tensor.from("i32", [2, 4], [1, 0, 1, 1, 0, 0, 1, 0])],
    attributes: two,
  },
  {
    name: "attention bias",
    inputs: [query, key, value, undefined, undefined, r.f32([1, 1, 3, 4])],
    attributes: { ...two, scale: float(0.2) },
  },
  {
    name: "past, present, unidirectional",
    inputs: [
      query,
      r.f32([2, 3, 8]),
      r.f32([2, 3, 8]),
      undefined,
      undefined,
      undefined,
      r.f32([2, 2, 2, 4]),
      r.f32([2, 2, 2, 4]),
    ],
    attributes: { ...two, unidirectional: int(1) },
    outputs: 3,
  },
  { name: "keys of a past", inputs: [query, r.f32([2, 2, 4, 4]), r.f32([2, 2, 4, 4])], attributes: two },
  { name: "scores", inputs: [query, key, value], attributes: two, outputs: [true, false, false, true] },
  {
    name: "scores, padding",
    inputs: [query, key, value, undefined, Tensor.from("i32", [2], [4, 2])],
    attributes: two,
    outputs: [true, false, false, true],
  },
]);

const caches = [r.f32([16, 4]), r.f32([16, 4])] as const;
checks("RotaryEmbedding", [
  { inputs: [r.f32([2, 3, 16]), Tensor.from("i64", [2, 3], [0, 1, 2, 4, 5, 6]), ...caches] },
  { name: "a start", inputs: [r.f32([2, 3, 16]), Tensor.from("i64", [1], [3]), ...caches] },
  {
    name: "interleaved",
    inputs: [r.f32([2, 3, 16]), Tensor.from("i64", [1], [3]), ...caches],
    attributes: { interleaved: int(1) },
  },
  { name: "[B,H,S,D]", inputs: [r.f32([2, 2, 3, 8]), Tensor.from("i64", [1], [1]), ...caches] },
  {
    name: "part of a head",
    inputs: [r.f32([2, 3, 16]), Tensor.from("i64", [1], [0]), r.f32([16, 2]), r.f32([16, 2])],
    attributes: { num_heads: int(2), rotary_embedding_dim: int(4) },
  },
]);

const wide = [r.f32([16, 8]), r.f32([16, 8])] as const;
const group = { num_heads: int(4), kv_num_heads: int(2) };
const i32 = (shape: readonly number[], values: readonly number[]): Tensor =>
  Tensor.from("i32", shape, [...values]);
const prompt = { inputs: [r.f32([2, 3, 64]), r.f32([2, 3, 32]), r.f32([2, 3, 32])] };
const past = [r.f32([2, 2, 5, 16]), r.f32([2, 2, 5, 16])] as const;
const token = [r.f32([2, 1, 64]), r.f32([2, 1, 32]), r.f32([2, 1, 32])] as const;
checks("GroupQueryAttention", [
  {
    name: "prompt",
    inputs: [...prompt.inputs, undefined, undefined, i32([2], [2, 2]), i32([], [3])],
    attributes: group,
    outputs: 3,
  },
  {
    name: "prompt, rotary, packed",
    inputs: [
      r.f32([2, 3, 128]),
      undefined,
      undefined,
      undefined,
      undefined,
      i32([2], [2, 2]),
      i32([], [3]),
      ...wide,
    ],
    attributes: { ...group, do_rotary: int(1) },
    outputs: 3,
  },
  {
    name: "a token after a past",
    inputs: [...token, ...past, i32([2], [5, 5]), i32([], [6]), ...wide],
    attributes: { ...group, do_rotary: int(1), rotary_interleaved: int(1) },
    outputs: 3,
  },
  {
    name: "three tokens after a past, in a buffer with room",
    inputs: [
      r.f32([1, 3, 64]),
      r.f32([1, 3, 32]),
      r.f32([1, 3, 32]),
      r.f32([1, 2, 9, 16]),
      r.f32([1, 2, 9, 16]),
      i32([1], [5]),
      i32([], [6]),
      ...wide,
    ],
    attributes: { ...group, do_rotary: int(1) },
    outputs: 3,
    compared: 1,
  },
  {
    name: "rows of other lengths",
    inputs: [...token, ...past, i32([2], [5, 3]), i32([], [6])],
    attributes: group,
    outputs: 3,
    compared: 1,
  },
  {
    name: "window, softcap, scale",
    inputs: [...token, ...past, i32([2], [5, 5]), i32([], [6])],
    attributes: { ...group, local_window_size: int(3), softcap: float(2), scale: float(0.5) },
    outputs: 3,
  },
  {
    name: "smooth softmax",
    inputs: [...token, ...past, i32([2], [5, 5]), i32([], [6])],
    attributes: { ...group, smooth_softmax: int(1) },
    outputs: 3,
  },
  {
    name: "bias, sink",
    inputs: [
      ...token,
      ...past,
      i32([2], [5, 5]),
      i32([], [6]),
      undefined,
      undefined,
      undefined,
      r.f32([1, 4, 1, 6]),
      r.f32([4]),
    ],
    attributes: group,
    outputs: 3,
  },
]);

const bytes = (shape: readonly number[]): Tensor => r.ints("u8", shape, 0, 255);
const params = [scalar("f32", 0.05), scalar("u8", 120)] as const;
const output = [scalar("f32", 0.08), scalar("u8", 100)] as const;
for (const op of ["QLinearAdd", "QLinearMul"]) {
  checks(op, [
    { inputs: [bytes([2, 3, 4]), ...params, bytes([4]), ...params, ...output], steps: 1 },
    {
      name: "signed",
      inputs: [
        r.ints("i8", [2, 4], -128, 127),
        scalar("f32", 0.1),
        scalar("i8", -5),
        r.ints("i8", [2, 4], -128, 127),
        scalar("f32", 0.2),
        scalar("i8", 9),
        scalar("f32", 0.3),
        scalar("i8", 3),
      ],
      steps: 1,
    },
  ]);
}
checks("QLinearConcat", [
  {
    inputs: [...output, bytes([2, 3]), ...params, bytes([2, 2]), scalar("f32", 0.02), scalar("u8", 3)],
    attributes: { axis: int(1) },
    constants: [0, 1, 3, 4, 6, 7],
    steps: 1,
  },
]);
for (const op of ["QLinearSigmoid", "QLinearLeakyRelu"]) {
  checks(op, [
    {
      inputs: [bytes([2, 9]), ...params, scalar("f32", 1 / 256), scalar("u8", 0)],
      constants: [1, 2, 3, 4],
      steps: 1,
    },
  ]);
}
checks("QLinearSoftmax", [
  {
    inputs: [bytes([2, 3, 4]), ...params, scalar("f32", 1 / 256), scalar("u8", 0)],
    constants: [1, 2, 3, 4],
    attributes: { axis: int(-1), opset: int(13) },
    steps: 1,
  },
  {
    name: "inner axis",
    inputs: [bytes([2, 3, 4]), ...params, scalar("f32", 1 / 256), scalar("u8", 0)],
    constants: [1, 2, 3, 4],
    attributes: { axis: int(1), opset: int(13) },
    steps: 1,
  },
]);
checks("QLinearGlobalAveragePool", [
  { inputs: [bytes([2, 3, 4, 5]), ...params, ...output], steps: 1 },
  {
    name: "channels last",
    inputs: [bytes([2, 4, 5, 3]), ...params, ...output],
    attributes: { channels_last: int(1) },
    steps: 1,
  },
]);
checks("QLinearAveragePool", [
  {
    inputs: [bytes([1, 3, 6, 6]), ...params, ...output],
    attributes: { kernel_shape: ints([3, 3]), strides: ints([2, 2]), pads: ints([1, 1, 1, 1]) },
    steps: 1,
  },
  {
    name: "channels last, ceil",
    inputs: [bytes([1, 6, 6, 3]), ...params, ...output],
    attributes: {
      kernel_shape: ints([3, 3]),
      strides: ints([2, 2]),
      ceil_mode: int(1),
      channels_last: int(1),
    },
    steps: 1,
  },
]);
checks("QLinearWhere", [
  {
    inputs: [r.ints("bool", [2, 3], 0, 1), bytes([2, 3]), ...params, bytes([3]), ...params, ...output],
    constants: [2, 3, 5, 6, 7, 8],
    steps: 1,
  },
]);

checks("DynamicQuantizeMatMul", [
  {
    inputs: [r.f32([3, 8]), r.ints("i8", [8, 5], -127, 127), scalar("f32", 0.01), scalar("i8", 0)],
    tolerance: 1e-4,
  },
  {
    name: "per column, bias",
    inputs: [r.f32([3, 8]), bytes([8, 5]), r.f32([5], 0.01, 0.02), bytes([5]), r.f32([5])],
    tolerance: 1e-4,
  },
]);
checks("MatMulIntegerToFloat", [
  {
    inputs: [
      bytes([3, 8]),
      r.ints("i8", [8, 5], -127, 127),
      scalar("f32", 0.02),
      r.f32([5], 0.01, 0.02),
      scalar("u8", 128),
      undefined,
      r.f32([5]),
    ],
    tolerance: 1e-4,
  },
]);
checks("QGemm", [
  {
    inputs: [
      bytes([3, 8]),
      scalar("f32", 0.02),
      scalar("u8", 120),
      r.ints("i8", [5, 8], -127, 127),
      r.f32([5], 0.01, 0.02),
      r.ints("i8", [5], 0, 0),
      r.ints("i32", [5], -500, 500),
      ...output,
    ],
    attributes: { transB: int(1), alpha: float(0.5) },
    steps: 1,
  },
  {
    name: "real",
    inputs: [
      bytes([3, 8]),
      scalar("f32", 0.02),
      scalar("u8", 120),
      bytes([8, 5]),
      scalar("f32", 0.01),
      scalar("u8", 100),
    ],
    tolerance: 1e-4,
  },
]);
checks("QAttention", [
  {
    inputs: [
      bytes([2, 5, 12]),
      r.ints("i8", [12, 24], -127, 127),
      bias,
      scalar("f32", 0.01),
      scalar("f32", 0.01),
      undefined,
      scalar("u8", 128),
      scalar("i8", 0),
    ],
    attributes: two,
    tolerance: 1e-4,
  },
  {
    name: "mask, unidirectional",
    inputs: [
      bytes([2, 5, 12]),
      bytes([12, 24]),
      bias,
      scalar("f32", 0.01),
      scalar("f32", 0.01),
      lengths,
      scalar("u8", 128),
      scalar("u8", 127),
    ],
    attributes: { ...two, unidirectional: int(1) },
    tolerance: 1e-4,
  },
]);
checks("DynamicQuantizeLSTM", [
  {
    inputs: [
      r.f32([4, 2, 6]),
      r.ints("i8", [1, 6, 12], -127, 127),
      r.ints("i8", [1, 3, 12], -127, 127),
      r.f32([1, 24]),
      undefined,
      undefined,
      undefined,
      undefined,
      r.f32([1], 0.004, 0.006),
      r.ints("i8", [1], 0, 0),
      r.f32([1], 0.004, 0.006),
      r.ints("i8", [1], 0, 0),
    ],
    constants: [1, 2, 3, 8, 9, 10, 11],
    attributes: { hidden_size: int(3) },
    outputs: 3,
    tolerance: 0.02,
  },
]);
checks("NhwcMaxPool", [
  {
    inputs: [bytes([1, 6, 5, 3])],
    attributes: { kernel_shape: ints([3, 3]), pads: ints([1, 1, 0, 0]), strides: ints([2, 1]) },
  },
]);
checks("QLinearConv", [
  {
    inputs: [
      bytes([1, 5, 6, 4]),
      ...params,
      r.ints("i8", [6, 4, 3, 3], -127, 127),
      scalar("f32", 0.01),
      scalar("i8", 0),
      ...output,
    ],
    constants: [3],
    attributes: { channels_last: int(1), pads: ints([1, 1, 1, 1]) },
    steps: 1,
  },
]);
checks("QuantizeLinear", [
  { inputs: [x, scalar("f32", 0.001), Tensor.scalar("u16", 30000)] },
  {
    name: "per axis",
    inputs: [x, r.f32([8], 0.01, 0.02), r.ints("i8", [8], -9, 9)],
    attributes: { axis: int(2) },
  },
]);
checks("DequantizeLinear", [
  { inputs: [r.ints("i16", [3, 4], -30000, 30000), scalar("f32", 0.001), Tensor.scalar("i16", 7)] },
  { name: "i32", inputs: [r.ints("i32", [3, 4], -30000, 30000), scalar("f32", 0.001)] },
]);
checks("MatMulInteger16", [{ inputs: [r.ints("i16", [3, 4], -9, 9), r.ints("i16", [4, 5], -9, 9)] }]);

const packed = (n: number, blocks: number, blockBytes: number): Tensor => bytes([n, blocks, blockBytes]);
const nbits = (k: number, bits: number): NodeCheck["attributes"] & object => ({
  N: int(6),
  K: int(k),
  bits: int(bits),
  block_size: int(16),
});
checks("MatMulNBits", [
  {
    inputs: [r.f32([2, 3, 32]), packed(6, 2, 8), r.f32([12], 0.01, 0.1)],
    attributes: nbits(32, 4),
    constants: [1, 2],
    tolerance: 1e-4,
  },
  {
    name: "zero points, K not a multiple",
    inputs: [r.f32([3, 40]), packed(6, 3, 8), r.f32([18], 0.01, 0.1), bytes([12])],
    attributes: nbits(40, 4),
    constants: [1, 2, 3],
    tolerance: 1e-4,
  },
  {
    name: "real zero points",
    inputs: [r.f32([3, 32]), packed(6, 2, 8), r.f32([12], 0.01, 0.1), r.f32([6, 2], 0, 15)],
    attributes: nbits(32, 4),
    constants: [1, 2, 3],
    tolerance: 1e-4,
  },
  {
    name: "bias",
    inputs: [r.f32([3, 32]), packed(6, 2, 8), r.f32([12], 0.01, 0.1), undefined, undefined, r.f32([6])],
    attributes: nbits(32, 4),
    constants: [1, 2, 5],
    tolerance: 1e-4,
  },
  {
    name: "8 bits",
    inputs: [r.f32([3, 32]), packed(6, 2, 16), r.f32([12], 0.001, 0.01)],
    attributes: nbits(32, 8),
    constants: [1, 2],
    tolerance: 1e-4,
  },
]);

checks("ExpandDims", [{ inputs: [x, Tensor.scalar("i32", 1)], constants: [1] }]);
checks("Trilu", [
  { inputs: [x] },
  { name: "lower, k", inputs: [x, Tensor.scalar("i64", -1)], attributes: { upper: int(0) } },
]);
checks("Unique", [{ inputs: [Tensor.from("f32", [6], [2, 1, 1, 3, 4, 3])], outputs: 3 }]);
checks("Inverse", [{ inputs: [r.f32([2, 3, 3])], tolerance: 1e-4 }]);
checks("GridSample", [
  {
    inputs: [r.f32([1, 2, 4, 5]), r.f32([1, 3, 3, 2], -1.2, 1.2)],
    attributes: { mode: text("bilinear"), padding_mode: text("border"), align_corners: int(1) },
  },
  {
    name: "bicubic",
    inputs: [r.f32([1, 2, 4, 5]), r.f32([1, 3, 3, 2], -1.2, 1.2)],
    attributes: { mode: text("bicubic") },
  },
]);
const boxes = Tensor.from("f32", [2, 4], [0.1, 0.2, 0.9, 0.8, -0.2, 0, 1.1, 0.7]);
checks("CropAndResize", [
  {
    inputs: [r.f32([2, 3, 6, 7]), boxes, i32([2], [1, 0]), i32([2], [4, 3])],
    attributes: { extrapolation_value: float(9) },
  },
  {
    name: "nearest",
    inputs: [r.f32([2, 3, 6, 7]), boxes, i32([2], [1, 0]), i32([2], [4, 3])],
    attributes: { mode: text("nearest") },
  },
]);
checks("NGramRepeatBlock", [
  {
    inputs: [Tensor.from("i64", [2, 5], [1, 2, 3, 1, 2, 0, 0, 0, 0, 0]), r.f32([2, 6])],
    attributes: { ngram_size: int(3) },
  },
]);
checks("MaxpoolWithMask", [
  {
    inputs: [
      r.f32([1, 2, 4, 6]),
      Tensor.from(
        "i32",
        [1, 2, 4, 6],
        Array.from({ length: 48 }, (_, i) => (i % 6 < 4 ? 1 : 0)),
      ),
    ],
    attributes: { kernel_shape: ints([2, 3]), pads: ints([0, 1, 0, 1]) },
  },
]);
checks("ConvTransposeWithDynamicPads", [
  {
    inputs: [r.f32([1, 3, 4, 4]), r.f32([3, 2, 3, 3]), Tensor.ints([1, 1, 1, 1]), r.f32([2])],
    constants: [2],
    attributes: { strides: ints([2, 2]) },
  },
]);
checks("CDist", [
  { inputs: [r.f32([3, 4]), r.f32([5, 4])], attributes: { metric: text("euclidean") } },
  { name: "squared", inputs: [r.f32([3, 4]), r.f32([5, 4])], attributes: { metric: text("sqeuclidean") } },
]);
checks("Pad", [{ inputs: [r.f32([2, 3]), Tensor.ints([0, 1, 1, 0]), scalar("f32", 4)] }]);
checks("Range", [
  { inputs: [scalar("f32", 1), scalar("f32", 4)] },
  { name: "delta", inputs: [scalar("f32", 4), scalar("f32", 1), scalar("f32", -0.5)] },
]);
checks("UnfoldTensor", [
  { inputs: [r.f32([2, 9, 3])], attributes: { dim: int(1), size: int(3), step: int(2) } },
]);
checks("MaxRoiPool", [
  {
    domain: "",
    inputs: [
      r.f32([2, 2, 6, 7]),
      Tensor.from("f32", [3, 5], [0, 0, 0, 8, 9, 1, 3, 2, 11, 6, 0, 12, 12, 13, 13]),
    ],
    attributes: { pooled_shape: ints([2, 3]), spatial_scale: float(0.5) },
  },
]);

const table = { gather_axis: int(0), quantize_axis: int(1), block_size: int(16) };
checks("GatherBlockQuantized", [
  {
    name: "packed",
    inputs: [bytes([6, 16]), Tensor.from("i64", [2, 2], [5, 0, 3, 3]), r.f32([6, 2], 0.01, 0.1)],
    constants: [0, 2],
    attributes: table,
  },
  {
    name: "packed, zero points",
    inputs: [bytes([6, 16]), Tensor.from("i64", [3], [5, 0, 3]), r.f32([6, 2], 0.01, 0.1), bytes([6, 1])],
    constants: [0, 2, 3],
    attributes: table,
  },
  {
    name: "8 bits",
    inputs: [bytes([6, 32]), Tensor.from("i64", [3], [5, 0, 3]), r.f32([6, 2], 0.01, 0.1)],
    constants: [0, 2],
    attributes: { ...table, bits: int(8) },
  },
]);
