import { type Op, ops } from "@coracle/core";
import { cases, f32, given, type OpCase, random } from "../case.ts";

const shapes: readonly (readonly [readonly number[], number])[] = [
  [[1], 0],
  [[1000], -1],
  [[3, 7], -1],
  [[3, 7], 0],
  [[2, 5, 33], 1],
  [[2, 5, 33], 2],
  [[2, 3, 15], -1],
  [[2, 3, 16], -1],
  [[2, 3, 17], -1],
  [[12, 9, 197], -1],
  [[1, 21, 5, 6], 1],
  [[1, 16, 5, 6], 1],
  [[0, 4], -1],
  [[2, 1, 4], 1],
];

function sweepLanes(op: Op<ops.AxisAttrs>): readonly OpCase[] {
  return cases(op, [
    ...shapes.map(([shape, axis]) => ({
      name: `[${shape}] along ${axis}`,
      attrs: { axis },
      inputs: [f32(shape, -8, 8)],
    })),
    { name: "of large numbers", attrs: { axis: -1 }, inputs: [f32([3, 9], -1000, 1000)] },
    {
      name: "of masked numbers",
      attrs: { axis: -1 },
      inputs: [given("f32", [2, 6], [-Infinity, 1, 2, -Infinity, 3, 1])],
    },
    { name: "of equal numbers", attrs: { axis: -1 }, inputs: [given("f32", [2, 6], [1])] },
    ...(["f64", "f16", "bf16"] as const).map((dtype) => ({
      attrs: { axis: -1 },
      inputs: [random(dtype, [3, 11])],
    })),
  ]);
}

export const softmaxCases: readonly OpCase[] = [
  ...sweepLanes(ops.softmax),
  ...sweepLanes(ops.logSoftmax),
  ...sweepLanes(ops.hardmax),
];
