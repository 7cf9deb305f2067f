import type { Kernel } from "@coracle/core";
import type { X86Context } from "../context.ts";
import { argReduceKernels } from "./arg-reduce.ts";
import { attentionKernels } from "./attention.ts";
import { binaryKernels } from "./binary.ts";
import { castKernels } from "./cast.ts";
import { channelKernels } from "./channels.ts";
import { concatKernels } from "./concat.ts";
import { convKernels } from "./conv.ts";
import { convTransposeKernels } from "./conv-transpose.ts";
import { convWinogradKernels } from "./conv-winograd.ts";
import { depthwiseKernels } from "./depthwise.ts";
import { convStripsKernels } from "./fused-conv-strips.ts";
import { gatherKernels } from "./gather.ts";
import { matMulKernels } from "./matmul.ts";
import { movementKernels } from "./movement.ts";
import { normKernels } from "./norm.ts";
import { padKernels } from "./pad.ts";
import { poolKernels } from "./pool.ts";
import { quantizeKernels } from "./quantize.ts";
import { recurrentKernels } from "./recurrent.ts";
import { reduceKernels } from "./reduce.ts";
import { reorderKernels } from "./reorder.ts";
import { resizeKernels } from "./resize.ts";
import { roiAlignKernels } from "./roi-align.ts";
import { scatterKernels } from "./scatter.ts";
import { softmaxKernels } from "./softmax.ts";
import { topKKernels } from "./top-k.ts";
import { unaryKernels } from "./unary.ts";
import { whereKernels } from "./where.ts";

const families: readonly ((context: X86Context) => Kernel[])[] = [
  argReduceKernels,
  attentionKernels,
  binaryKernels,
  castKernels,
  channelKernels,
  concatKernels,
  convKernels,
  convStripsKernels,
  convTransposeKernels,
  convWinogradKernels,
  depthwiseKernels,
  gatherKernels,
  matMulKernels,
  movementKernels,
  normKernels,
  padKernels,
  poolKernels,
  quantizeKernels,
  recurrentKernels,
  reduceKernels,
  reorderKernels,
  resizeKernels,
  roiAlignKernels,
  scatterKernels,
  softmaxKernels,
  topKKernels,
  unaryKernels,
  whereKernels,
];

/** Every kernel of this backend at one level. */
export function kernelsOf(context: X86Context): readonly Kernel[] {
  return families.flatMap((make) => make(context));
}
