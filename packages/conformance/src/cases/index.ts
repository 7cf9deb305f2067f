import type { OpCase } from "../case.ts";
import { activationCases } from "./activations.ts";
import { algebraCases } from "./algebra.ts";
import { attentionCases } from "./attention.ts";
import { binaryCases } from "./binary.ts";
import { castCases } from "./cast.ts";
import { controlCases } from "./control.ts";
import { convCases } from "./conv.ts";
import { convChainCases } from "./conv-chain.ts";
import { convTransposeCases } from "./conv-transpose.ts";
import { detectionCases } from "./detection.ts";
import { gatherCases } from "./gather.ts";
import { generateCases } from "./generate.ts";
import { matMulCases } from "./mat-mul.ts";
import { movementCases } from "./movement.ts";
import { normCases } from "./norm.ts";
import { poolCases } from "./pool.ts";
import { quantisedCases } from "./quantised.ts";
import { recurrentCases } from "./recurrent.ts";
import { reduceCases } from "./reduce.ts";
import { reshapeCases } from "./reshape.ts";
import { resizeCases } from "./resize.ts";
import { samplingCases } from "./sampling.ts";
import { signalCases } from "./signal.ts";
import { softmaxCases } from "./softmax.ts";
import { unaryCases } from "./unary.ts";
import { whereCases } from "./where.ts";

/** All cases: one line for each file here. */
export const opCases: readonly OpCase[] = [
  ...activationCases,
  ...algebraCases,
  ...attentionCases,
  ...binaryCases,
  ...castCases,
  ...gatherCases,
  ...generateCases,
  ...movementCases,
  ...reduceCases,
  ...reshapeCases,
  ...unaryCases,
  ...whereCases,
  ...controlCases,
  ...convCases,
  ...convChainCases,
  ...convTransposeCases,
  ...detectionCases,
  ...matMulCases,
  ...normCases,
  ...poolCases,
  ...quantisedCases,
  ...recurrentCases,
  ...resizeCases,
  ...samplingCases,
  ...signalCases,
  ...softmaxCases,
];
