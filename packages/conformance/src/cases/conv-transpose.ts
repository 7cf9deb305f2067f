import { ops } from "@coracle/core";
import { type CaseEntry, cases, constant, f32, type OpCase, random } from "../case.ts";

type Attrs = ops.ConvTransposeAttrs;

const plain: Attrs = {
  strides: [2, 2],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  groups: 1,
  autoPad: "none",
  outputPadding: [0, 0],
};

function entry(name: string, attrs: Attrs, x: readonly number[], w: readonly number[]): CaseEntry<Attrs> {
  return {
    name,
    attrs,
    inputs: [f32(x, -1, 1), constant(f32(w, -1, 1)), constant(f32([w[1]! * attrs.groups]))],
  };
}

const one: Attrs = { ...plain, strides: [1, 1] };
const line: Attrs = { ...plain, strides: [2], pads: [1, 1], dilations: [1], outputPadding: [1] };
const cube: Attrs = {
  ...plain,
  strides: [2, 1, 2],
  pads: [0, 1, 1, 0, 1, 1],
  dilations: [1, 1, 1],
  outputPadding: [0, 0, 1],
};

export const convTransposeCases: readonly OpCase[] = cases(ops.convTranspose, [
  ...[1, 3, 8, 15, 16, 17, 32].map((c) =>
    entry(`2x2 stride 2 of ${c} channels`, plain, [1, c, 5, 6], [c, 18, 2, 2]),
  ),
  ...[1, 3, 8, 15, 16, 17, 32].map((c) =>
    entry(`2x2 stride 2 to ${c} channels`, plain, [2, 16, 5, 6], [16, c, 2, 2]),
  ),
  ...[1, 2, 7, 14].map((s) =>
    entry(`4x4 stride 2 on ${s}`, { ...plain, pads: [1, 1, 1, 1] }, [1, 16, s, s], [16, 16, 4, 4]),
  ),
  entry("3x3 stride 1", { ...one, pads: [1, 1, 1, 1] }, [1, 5, 6, 7], [5, 7, 3, 3]),
  entry(
    "3x3 stride 2 with output padding",
    { ...plain, pads: [1, 1, 1, 1], outputPadding: [1, 1] },
    [1, 8, 5, 6],
    [8, 9, 3, 3],
  ),
  entry("a stride beyond the kernel", { ...plain, strides: [3, 3] }, [1, 4, 4, 5], [4, 4, 2, 2]),
  entry("dilated", { ...plain, dilations: [2, 3] }, [1, 4, 4, 5], [4, 5, 3, 2]),
  entry("unequal pads", { ...plain, pads: [0, 1, 2, 1] }, [1, 4, 5, 5], [4, 4, 4, 3]),
  entry("sameUpper", { ...plain, autoPad: "sameUpper" }, [1, 4, 5, 4], [4, 4, 3, 3]),
  entry("sameLower", { ...plain, autoPad: "sameLower" }, [1, 4, 5, 4], [4, 4, 3, 3]),
  entry("valid", { ...plain, autoPad: "valid" }, [1, 4, 5, 4], [4, 4, 3, 3]),
  entry("of a given output shape", { ...plain, outputShape: [9, 8] }, [1, 4, 5, 4], [4, 4, 3, 3]),
  entry("2 groups", { ...plain, groups: 2, pads: [1, 1, 1, 1] }, [1, 6, 5, 5], [6, 4, 4, 4]),
  entry("depthwise", { ...plain, groups: 16, pads: [1, 1, 1, 1] }, [1, 16, 5, 5], [16, 1, 4, 4]),
  entry("then relu", { ...plain, activation: { kind: "relu" } }, [1, 16, 5, 5], [16, 16, 2, 2]),
  entry("then sigmoid", { ...plain, activation: { kind: "sigmoid" } }, [1, 24, 7, 7], [24, 1, 2, 2]),
  entry("batch 0", plain, [0, 4, 5, 5], [4, 4, 2, 2]),
  entry("1-d", line, [1, 3, 9], [3, 4, 4]),
  entry("3-d", cube, [1, 3, 3, 4, 3], [3, 4, 2, 3, 3]),
  { name: "without bias", attrs: plain, inputs: [f32([1, 4, 5, 5]), constant(f32([4, 4, 2, 2]))] },
  ...(["f64", "f16", "bf16"] as const).map((dtype) => ({
    name: `of ${dtype}`,
    attrs: plain,
    inputs: [random(dtype, [1, 4, 4, 5], -1, 1), constant(random(dtype, [4, 4, 2, 2], -1, 1))],
  })),
]);
