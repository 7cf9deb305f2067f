import { ops } from "@coracle/core";
import { type CaseEntry, cases, constant, f32, given, ints, type OpCase, random } from "../case.ts";

type Attrs = ops.ResizeAttrs;

const base: Attrs = {
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
};

const modes = ["nearest", "linear", "cubic"] as const;
const coordinateModes = [
  "halfPixel",
  "asymmetric",
  "alignCorners",
  "pytorchHalfPixel",
  "halfPixelSymmetric",
  "tfHalfPixelForNN",
] as const;
const nearestModes = ["roundPreferFloor", "roundPreferCeil", "floor", "ceil"] as const;
const scalePairs = [
  [2, 2],
  [0.5, 0.5],
  [1.5, 0.75],
  [1, 3],
  [4, 4],
] as const;

function scaled(
  name: string,
  attrs: Attrs,
  x: readonly number[],
  scales: readonly number[],
): CaseEntry<Attrs> {
  return { name, attrs, inputs: [f32(x), constant(given("f32", [scales.length], scales))] };
}

function sized(name: string, attrs: Attrs, x: readonly number[], sizes: readonly number[]): CaseEntry<Attrs> {
  return { name, attrs: { ...attrs, by: "sizes" }, inputs: [f32(x), ints(...sizes)] };
}

const everyMode = modes.flatMap((mode) =>
  coordinateModes.flatMap((coordinateMode) =>
    scalePairs.map((scales) =>
      scaled(
        `${mode} ${coordinateMode} by ${scales}`,
        { ...base, mode, coordinateMode },
        [1, 3, 6, 8],
        scales,
      ),
    ),
  ),
);

const rounding = nearestModes.flatMap((nearestMode) =>
  (["asymmetric", "halfPixel"] as const).map((coordinateMode) =>
    scaled(
      `nearest ${nearestMode} ${coordinateMode}`,
      { ...base, nearestMode, coordinateMode },
      [1, 2, 7, 5],
      [1.5, 2.5],
    ),
  ),
);

const shapes = modes.flatMap((mode) => [
  ...[1, 15, 16, 17, 32].map((c) =>
    scaled(`${mode} of ${c} channels`, { ...base, mode }, [2, c, 5, 7], [2, 2]),
  ),
  sized(`${mode} to 1x1`, { ...base, mode }, [1, 3, 5, 6], [1, 1]),
  sized(`${mode} from 1x1`, { ...base, mode }, [1, 3, 1, 1], [4, 5]),
  sized(`${mode} to odd sizes`, { ...base, mode }, [1, 16, 7, 9], [13, 5]),
  scaled(`${mode} along every axis`, { ...base, mode, axes: [0, 1, 2, 3] }, [1, 4, 5, 6], [1, 1, 2, 2]),
  scaled(`${mode} along the last axis`, { ...base, mode, axes: [2] }, [2, 3, 9], [2]),
  scaled(`${mode} in 3 dimensions`, { ...base, mode, axes: [2, 3, 4] }, [1, 2, 3, 4, 5], [2, 1.5, 2]),
  scaled(`${mode} of channels last`, { ...base, mode, axes: [1, 2] }, [1, 5, 6, 16], [2, 2]),
  sized(`${mode} of batch 0`, { ...base, mode }, [0, 3, 4, 4], [8, 8]),
]);

const policies = (["notLarger", "notSmaller"] as const).map((keepAspectRatio) =>
  sized(`linear ${keepAspectRatio}`, { ...base, mode: "linear", keepAspectRatio }, [1, 3, 6, 9], [10, 10]),
);

const filters = (["linear", "cubic"] as const).flatMap((mode) => [
  scaled(`${mode} antialiased`, { ...base, mode, antialias: true }, [1, 3, 12, 16], [0.5, 0.4]),
  scaled(
    `${mode} antialiased, excluding the outside`,
    { ...base, mode, antialias: true, excludeOutside: true },
    [1, 3, 12, 16],
    [0.5, 0.4],
  ),
  scaled(`${mode} antialiased upwards`, { ...base, mode, antialias: true }, [1, 3, 5, 5], [2, 2]),
]);

const crops = modes.map(
  (mode): CaseEntry<Attrs> => ({
    name: `${mode} cropped`,
    attrs: { ...base, by: "sizes", mode, coordinateMode: "tfCropAndResize", extrapolationValue: 9 },
    inputs: [f32([1, 2, 6, 7]), ints(4, 5), constant(given("f32", [4], [0.1, -0.2, 0.8, 1.1]))],
  }),
);

const dtypes = modes.flatMap((mode) =>
  (["f64", "f16", "bf16", "u8", "i8", "i32"] as const).map(
    (dtype): CaseEntry<Attrs> => ({
      name: `${mode} of ${dtype}`,
      attrs: { ...base, mode },
      inputs: [random(dtype, [1, 3, 4, 5], -100, 100), constant(given("f32", [2], [2, 2]))],
    }),
  ),
);

export const resizeCases: readonly OpCase[] = cases(ops.resize, [
  ...everyMode,
  ...rounding,
  ...shapes,
  ...policies,
  ...filters,
  ...crops,
  ...dtypes,
  scaled("cubic of A -0.5", { ...base, mode: "cubic", cubicCoeffA: -0.5 }, [1, 3, 5, 6], [2, 2]),
  scaled(
    "cubic excluding the outside",
    { ...base, mode: "cubic", excludeOutside: true },
    [1, 3, 5, 6],
    [2, 2],
  ),
]);
