import type { Rewrite } from "../ir/rewrite.ts";
import { add, div, mul, sub } from "../ops/index.ts";
import { foldAffine } from "./affine.ts";
import { affineIntoNextConv } from "./fold-input-affine.ts";
import { type Pass, rewritePass } from "./pass.ts";

const foldAffineRewrite: Rewrite = {
  name: "fold-affine",
  anchors: [mul, div, add, sub],
  rewrite(node, graph) {
    const folded = foldAffine(node, graph);
    return folded && [folded];
  },
};

/** Moves arithmetic with per-channel constants into the weights and bias of the layer before or the conv after it. */
export const foldAffinePass: Pass = rewritePass("fold-affine", [foldAffineRewrite, affineIntoNextConv]);
