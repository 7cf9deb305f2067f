import type { AveragePoolAttrs, ConvAttrs, ConvTransposeAttrs } from "../../ops/index.ts";

/** 2-d, stride 1, no padding. */
export const plainConv: ConvAttrs = {
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  groups: 1,
  autoPad: "none",
};

export const plainConvTranspose: ConvTransposeAttrs = { ...plainConv, outputPadding: [0, 0] };

export const plainAveragePool: AveragePoolAttrs = {
  kernel: [2, 2],
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  ceilMode: false,
  autoPad: "none",
  countIncludePad: false,
};
