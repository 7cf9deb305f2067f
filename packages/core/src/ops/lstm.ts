import { defineOp, type Op } from "../ir/op.ts";
import { type Cell, multiplyRows, runRecurrent, type Step } from "./shared/recurrent.ts";
import {
  type CellShape,
  type RecurrentAttrs,
  recurrentFlops,
  recurrentTypes,
} from "./shared/recurrent-type.ts";

export interface LstmAttrs extends RecurrentAttrs {
  /** The forget gate is 1 - the input gate. */
  readonly inputForget?: boolean;
}

const shape: CellShape = { gates: 4, functions: 3, states: 2 };

/** Gates i, o, f, c; peepholes i, o, f. */
function step({ weights, hidden, input, h, c, clip }: Step, inputForget: boolean): void {
  const [f, g, last] = weights.functions as [
    (x: number) => number,
    (x: number) => number,
    (x: number) => number,
  ];
  const { r, b, peepholes: p } = weights;
  const rows = { first: 0, count: 4 * hidden, cols: hidden };
  const sums = multiplyRows(r, h, rows, b.subarray(4 * hidden));
  for (let j = 0; j < sums.length; j++) sums[j]! += input[j]!;
  for (let j = 0; j < hidden; j++) {
    const before = c[j]!;
    const i = f(clip(sums[j]! + p[j]! * before));
    const forget = inputForget ? 1 - i : f(clip(sums[2 * hidden + j]! + p[2 * hidden + j]! * before));
    c[j] = forget * before + i * g(clip(sums[3 * hidden + j]!));
    const o = f(clip(sums[hidden + j]! + p[hidden + j]! * c[j]!));
    h[j] = o * last(c[j]!);
  }
}

/**
 * x [steps,batch,input], w [D,4 hidden,input], r [D,4 hidden,hidden], b [D,8 hidden], seqLens [batch] i32, h0 and c0
 * [D,batch,hidden], p [D,3 hidden] -> y [steps,D,batch,hidden], yh, yc [D,batch,hidden]; batch first with layout 1.
 * D is 2 when bidirectional. Floats. Throws ShapeError; DataError for a length outside.
 */
export const lstm: Op<LstmAttrs> = defineOp<LstmAttrs>({
  name: "lstm",
  accuracy: "rounding",
  infer: (inputs, attrs) => recurrentTypes(inputs, attrs, shape),
  reference(inputs, attrs) {
    const cell: Cell = { ...shape, step: (at) => step(at, attrs.inputForget ?? false) };
    return runRecurrent(inputs, attrs, cell);
  },
  flops: (inputs, _, attrs) => recurrentFlops(inputs, attrs),
});
