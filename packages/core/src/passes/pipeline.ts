import type { Program } from "../ir/program.ts";
import { verify } from "../ir/verify.ts";
import { eliminateCommonSubexpressionsPass } from "./eliminate-common-subexpressions.ts";
import { foldAffinePass } from "./fold-affine.ts";
import { foldBatchNormPass } from "./fold-batch-norm.ts";
import { foldConstantsPass } from "./fold-constants.ts";
import { foldSequencesPass } from "./fold-sequences.ts";
import { inlineBranchesPass } from "./inline-branches.ts";
import { mergePadsPass } from "./merge-pads.ts";
import { mergeTransposesPass } from "./merge-transposes.ts";
import { type Pass, runPasses } from "./pass.ts";
import { recomposePass } from "./recompose/index.ts";
import { removeDeadCodePass } from "./remove-dead-code.ts";
import { removeIdentityPass } from "./remove-identity.ts";
import { simplifyReshapesPass } from "./simplify-reshapes.ts";
import { sinkConstantsPass } from "./sink-constants.ts";

/**
 * Dead code first, so that nothing works for it; constants make conditions and shapes known, which branches, blocks,
 * identities, reshapes and transposes need; equal nodes become one before patterns compare operands; patterns go before affine folding,
 * which would swallow their factors; batch norms go before affines, which then reach the same weights.
 */
export const optimizePasses: readonly Pass[] = [
  removeDeadCodePass,
  foldConstantsPass,
  inlineBranchesPass,
  sinkConstantsPass,
  foldSequencesPass,
  removeIdentityPass,
  simplifyReshapesPass,
  mergeTransposesPass,
  eliminateCommonSubexpressionsPass,
  recomposePass,
  foldBatchNormPass,
  foldAffinePass,
  mergePadsPass,
];

/** The same program, smaller and quicker on every machine. Throws ProgramError when it was broken, PassError. */
export function optimize(program: Program): Program {
  verify(program);
  return runPasses(program, optimizePasses);
}
