import type { Rewrite } from "../ir/rewrite.ts";
import { batchNorm } from "../ops/index.ts";
import { foldAffine } from "./affine.ts";
import { type Pass, rewritePass } from "./pass.ts";

const foldBatchNorm: Rewrite = {
  name: "fold-batch-norm",
  anchors: [batchNorm],
  rewrite(node, graph) {
    const folded = foldAffine(node, graph);
    return folded && [folded];
  },
};

/** Moves batch normalisation with constant statistics into the weights and bias of the layer before it. */
export const foldBatchNormPass: Pass = rewritePass("fold-batch-norm", [foldBatchNorm]);
