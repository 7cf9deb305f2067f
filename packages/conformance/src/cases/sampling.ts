import { ops } from "@coracle/core";
import { type CaseEntry, cases, f32, given, ints, type OpCase } from "../case.ts";

const gridModes = ["linear", "nearest", "cubic"] as const;
const paddingModes = ["zeros", "border", "reflection"] as const;

const grids = gridModes.flatMap((mode) =>
  paddingModes.flatMap((paddingMode) =>
    [true, false].flatMap((alignCorners): CaseEntry<ops.GridSampleAttrs>[] => {
      const attrs = { mode, paddingMode, alignCorners };
      const name = `${mode} ${paddingMode}${alignCorners ? " aligned" : ""}`;
      return [
        { name, attrs, inputs: [f32([2, 3, 5, 6]), f32([2, 4, 7, 2], -1.6, 1.6)] },
        {
          name: `${name} in 3 dimensions`,
          attrs,
          inputs: [f32([1, 2, 3, 4, 5]), f32([1, 2, 3, 4, 3], -1.6, 1.6)],
        },
      ];
    }),
  ),
);

const rois = given("f32", [4, 4], [0, 0, 4, 4, 1.5, 2, 6.5, 5, -1, -1, 3, 2, 2, 2, 2.2, 2.1]);

const roiCases = (["avg", "max"] as const).flatMap((mode) =>
  (["halfPixel", "outputHalfPixel"] as const).flatMap((coordinateMode) =>
    [0, 2].map(
      (samplingRatio): CaseEntry<ops.RoiAlignAttrs> => ({
        name: `${mode} ${coordinateMode} of ${samplingRatio} samples`,
        attrs: { mode, coordinateMode, samplingRatio, spatialScale: 0.75, outputHeight: 3, outputWidth: 2 },
        inputs: [f32([2, 3, 7, 8]), rois, ints(0, 1, 1, 0)],
      }),
    ),
  ),
);

const manyRois = given(
  "f32",
  [13, 4],
  Array.from({ length: 52 }, (_, i) => ((i * 7919) % 61) / 2 + (i % 4 > 1 ? 20 : -2)),
);

const largeRois = (["avg", "max"] as const).flatMap((mode) =>
  [0, 2].map(
    (samplingRatio): CaseEntry<ops.RoiAlignAttrs> => ({
      name: `${mode} of 13 regions, 37 channels and ${samplingRatio} samples`,
      attrs: {
        ...{ mode, samplingRatio, coordinateMode: "outputHalfPixel" },
        ...{ spatialScale: 0.5, outputHeight: 7, outputWidth: 7 },
      },
      inputs: [f32([1, 37, 19, 26]), manyRois, ints(...new Array<number>(13).fill(0))],
    }),
  ),
);

export const samplingCases: readonly OpCase[] = [
  ...cases(ops.gridSample, grids),
  ...cases(ops.roiAlign, [...roiCases, ...largeRois]),
];
