import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { isStatic, normalizeAxis, numElements } from "../ir/shape.ts";
import type { AxisAttrs } from "./concat.ts";
import { checkFloat, checkInputs } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";
import { forEachLane, lanesOf } from "./shared/lanes.ts";

interface Lane {
  readonly values: Float64Array;
  readonly out: Float64Array;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

function maximum({ values, start, end, step }: Lane): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let i = start; i < end; i += step) best = Math.max(best, values[i]!);
  return best;
}

/** An op over each lane along the axis. x any shape of floats -> y as x. Throws ShapeError. */
function defineLanes(
  name: string,
  accuracy: "exact" | "rounding",
  apply: (lane: Lane) => void,
): Op<AxisAttrs> {
  return defineOp<AxisAttrs>({
    name,
    accuracy,
    infer(inputs, { axis }) {
      checkInputs(inputs, 1);
      checkFloat(inputs[0]!, "input");
      normalizeAxis(axis, inputs[0]!.shape.length);
      return [{ dtype: inputs[0]!.dtype, shape: inputs[0]!.shape }];
    },
    reference([x], { axis }) {
      const lanes = lanesOf(x!.shape, normalizeAxis(axis, x!.shape.length));
      const [values, out, step] = [toDoubles(x!), doubles(x!.shape), lanes.inner];
      forEachLane(lanes, (start) => apply({ values, out, start, end: start + lanes.length * step, step }));
      return [fromNumbers(x!.dtype, x!.shape, out)];
    },
    flops: ([x]) => (isStatic(x!.shape) ? 5 * numElements(x!.shape) : 0),
  });
}

export const softmax: Op<AxisAttrs> = defineLanes("softmax", "rounding", (lane) => {
  const { values, out, start, end, step } = lane;
  const top = maximum(lane);
  let sum = 0;
  for (let i = start; i < end; i += step) {
    out[i] = Math.exp(values[i]! - top);
    sum += out[i]!;
  }
  for (let i = start; i < end; i += step) out[i]! /= sum;
});

export const logSoftmax: Op<AxisAttrs> = defineLanes("logSoftmax", "rounding", (lane) => {
  const { values, out, start, end, step } = lane;
  const top = maximum(lane);
  let sum = 0;
  for (let i = start; i < end; i += step) sum += Math.exp(values[i]! - top);
  const shift = Math.log(sum);
  for (let i = start; i < end; i += step) out[i] = values[i]! - top - shift;
});

/** 1 at the first maximum along the axis, 0 elsewhere. */
export const hardmax: Op<AxisAttrs> = defineLanes("hardmax", "exact", ({ values, out, start, end, step }) => {
  let best = start;
  for (let i = start; i < end; i += step) if (values[i]! > values[best]!) best = i;
  if (start < end) out[best] = 1;
});
