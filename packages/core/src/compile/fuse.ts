import type { Program } from "../ir/program.ts";
import { applyRewrites, type Rewrite } from "../ir/rewrite.ts";
import { padIntoConv } from "../passes/merge-pads.ts";
import { activationIntoHost } from "./fusions/activation.ts";
import { attentionFusions } from "./fusions/attention.ts";
import { biasIntoHost } from "./fusions/bias.ts";
import { channelFusions } from "./fusions/channels.ts";
import { convChainFusions } from "./fusions/conv-chain.ts";
import { type Accepts, whenAccepted } from "./fusions/fusion.ts";
import { residualFusions } from "./fusions/residual.ts";
import { transposeFusions } from "./fusions/transpose.ts";

/** What feeds a node first, then what follows it in the order in which kernels apply it. */
const fusions: readonly Rewrite[] = [
  padIntoConv,
  ...attentionFusions,
  ...transposeFusions,
  ...channelFusions,
  biasIntoHost,
  ...residualFusions,
  activationIntoHost,
];

/** What joins nodes that already have all that belongs to them. */
const lateFusions: readonly Rewrite[] = convChainFusions;

/**
 * Joins nodes wherever `accepts` takes the joined node. Only values that one node reads and that are no program
 * outputs disappear.
 */
export function fuse(program: Program, accepts: Accepts): Program {
  const asked = (rewrites: readonly Rewrite[]): readonly Rewrite[] =>
    rewrites.map((rewrite) => whenAccepted(rewrite, accepts));
  return applyRewrites(applyRewrites(program, asked(fusions)), asked(lateFusions));
}
