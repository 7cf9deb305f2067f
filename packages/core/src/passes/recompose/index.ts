import { keepingType, type Pass, rewritePass } from "../pass.ts";
import { activationRewrites } from "./activations.ts";
import { clipRewrites } from "./clips.ts";
import { geluRewrite } from "./gelu.ts";
import { normRewrites } from "./norms.ts";

/** Puts together what exporters break apart: gelu, swish, hardSwish, mish, clips, layerNorm, rmsNorm. */
export const recomposePass: Pass = rewritePass(
  "recompose",
  [...clipRewrites, ...activationRewrites, geluRewrite, ...normRewrites].map(keepingType),
);
