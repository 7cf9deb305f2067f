import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { isStatic, normalizeAxis, numElements } from "../ir/shape.ts";
import { checkPower } from "./lp-pool.ts";
import { checkFloat, checkInputs } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";
import { forEachLane, lanesOf } from "./shared/lanes.ts";

export interface LpNormAttrs {
  readonly axis: number;
  readonly p: number;
}

/** x -> x divided by its p-norm along the axis; 0 where that is 0. Floats. Throws ShapeError. */
export const lpNorm: Op<LpNormAttrs> = defineOp<LpNormAttrs>({
  name: "lpNorm",
  accuracy: "rounding",
  infer(inputs, { axis, p }) {
    checkInputs(inputs, 1);
    const { dtype, shape } = inputs[0]!;
    checkFloat(inputs[0]!, "input");
    normalizeAxis(axis, shape.length);
    checkPower(p);
    return [{ dtype, shape }];
  },
  reference([x], { axis, p }) {
    const lanes = lanesOf(x!.shape, normalizeAxis(axis, x!.shape.length));
    const values = toDoubles(x!);
    const out = doubles(x!.shape);
    forEachLane(lanes, (start) => {
      const end = start + lanes.length * lanes.inner;
      let sum = 0;
      for (let i = start; i < end; i += lanes.inner) sum += Math.abs(values[i]!) ** p;
      const norm = sum ** (1 / p);
      for (let i = start; i < end; i += lanes.inner) out[i] = norm === 0 ? 0 : values[i]! / norm;
    });
    return [fromNumbers(x!.dtype, x!.shape, out)];
  },
  flops: ([x]) => (isStatic(x!.shape) ? 3 * numElements(x!.shape) : 0),
});
