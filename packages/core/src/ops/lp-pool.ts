import { ShapeError } from "../errors.ts";
import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { poolFlops } from "./average-pool.ts";
import { checkFloat } from "./shared/check.ts";
import { toDoubles } from "./shared/doubles.ts";
import { type PoolAttrs, poolGeometry, poolShape, windowSums } from "./shared/pool.ts";

export interface LpPoolAttrs extends PoolAttrs {
  readonly p: number;
}

export function checkPower(p: number): void {
  if (!(p > 0 && Number.isFinite(p))) throw new ShapeError(`p ${p}; expected a positive number.`);
}

/** x [N,C,spatial...] -> y [N,C,spatial...], of floats: the p-norm over each window. Throws ShapeError. */
export const lpPool: Op<LpPoolAttrs> = defineOp<LpPoolAttrs>({
  name: "lpPool",
  accuracy: "rounding",
  infer(inputs, attrs) {
    const shape = poolShape(inputs, attrs);
    checkFloat(inputs[0]!, "input");
    checkPower(attrs.p);
    return [{ dtype: inputs[0]!.dtype, shape }];
  },
  reference([x], attrs) {
    const geometry = poolGeometry(x!.shape, attrs);
    const sums = windowSums(
      toDoubles(x!).map((v) => Math.abs(v) ** attrs.p),
      geometry,
    );
    return [
      fromNumbers(
        x!.dtype,
        geometry.shape,
        sums.map((sum) => sum ** (1 / attrs.p)),
      ),
    ];
  },
  flops: (_, [y], { kernel }) => 2 * poolFlops(y!, kernel),
});
