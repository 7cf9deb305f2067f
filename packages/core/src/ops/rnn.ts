import { defineOp, type Op } from "../ir/op.ts";
import { type Cell, multiplyRows, runRecurrent, type Step } from "./shared/recurrent.ts";
import {
  type CellShape,
  type RecurrentAttrs,
  recurrentFlops,
  recurrentTypes,
} from "./shared/recurrent-type.ts";

const shape: CellShape = { gates: 1, functions: 1, states: 1 };

function step({ weights, hidden, input, h, clip }: Step): void {
  const [f] = weights.functions as [(x: number) => number];
  const rows = { first: 0, count: hidden, cols: hidden };
  const sums = multiplyRows(weights.r, h, rows, weights.b.subarray(hidden));
  for (let j = 0; j < hidden; j++) h[j] = f(clip(input[j]! + sums[j]!));
}

/**
 * x [steps,batch,input], w [D,hidden,input], r [D,hidden,hidden], b [D,2 hidden], seqLens [batch] i32, h0
 * [D,batch,hidden] -> y [steps,D,batch,hidden], yh [D,batch,hidden]; batch first with layout 1. Floats.
 * Throws ShapeError; DataError for a length outside.
 */
export const rnn: Op<RecurrentAttrs> = defineOp<RecurrentAttrs>({
  name: "rnn",
  accuracy: "rounding",
  infer: (inputs, attrs) => recurrentTypes(inputs, attrs, shape),
  reference: (inputs, attrs) => runRecurrent(inputs, attrs, { ...shape, step } satisfies Cell),
  flops: (inputs, _, attrs) => recurrentFlops(inputs, attrs),
});
