import { defineOp, type Op } from "../ir/op.ts";
import { type Cell, multiplyRows, runRecurrent, type Step } from "./shared/recurrent.ts";
import {
  type CellShape,
  type RecurrentAttrs,
  recurrentFlops,
  recurrentTypes,
} from "./shared/recurrent-type.ts";

export interface GruAttrs extends RecurrentAttrs {
  /** The reset gate multiplies r h + bias instead of h. */
  readonly linearBeforeReset?: boolean;
}

const shape: CellShape = { gates: 3, functions: 2, states: 1 };

/** Gates z, r, h. */
function step({ weights, hidden, input, h, clip }: Step, linearBeforeReset: boolean): void {
  const [f, g] = weights.functions as [(x: number) => number, (x: number) => number];
  const { r, b } = weights;
  const bias = b.subarray(3 * hidden);
  const sums = multiplyRows(r, h, { first: 0, count: 2 * hidden, cols: hidden }, bias);
  const reset = new Float64Array(hidden);
  for (let j = 0; j < hidden; j++) reset[j] = f(clip(input[hidden + j]! + sums[hidden + j]!));
  const kept = linearBeforeReset ? h : h.map((value, j) => value * reset[j]!);
  const rows = { first: 2 * hidden, count: hidden, cols: hidden };
  const candidate = multiplyRows(r, kept, rows, bias.subarray(2 * hidden));
  for (let j = 0; j < hidden; j++) {
    const z = f(clip(input[j]! + sums[j]!));
    const recurrent = linearBeforeReset ? reset[j]! * candidate[j]! : candidate[j]!;
    const next = g(clip(input[2 * hidden + j]! + recurrent));
    h[j] = (1 - z) * next + z * h[j]!;
  }
}

/**
 * x [steps,batch,input], w [D,3 hidden,input], r [D,3 hidden,hidden], b [D,6 hidden], seqLens [batch] i32, h0
 * [D,batch,hidden] -> y [steps,D,batch,hidden], yh [D,batch,hidden]; batch first with layout 1. Floats.
 * Throws ShapeError; DataError for a length outside.
 */
export const gru: Op<GruAttrs> = defineOp<GruAttrs>({
  name: "gru",
  accuracy: "rounding",
  infer: (inputs, attrs) => recurrentTypes(inputs, attrs, shape),
  reference(inputs, attrs) {
    const cell: Cell = { ...shape, step: (at) => step(at, attrs.linearBeforeReset ?? false) };
    return runRecurrent(inputs, attrs, cell);
  },
  flops: (inputs, _, attrs) => recurrentFlops(inputs, attrs),
});
