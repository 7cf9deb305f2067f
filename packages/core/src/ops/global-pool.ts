import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { isStatic, numElements } from "../ir/shape.ts";
import type { TensorType } from "../ir/tensor.ts";
import { checkPower } from "./lp-pool.ts";
import { checkFloat, checkInputs, checkRank } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";
import type { NoAttrs } from "./unary.ts";

interface GlobalSpec<A> {
  readonly name: string;
  readonly accuracy: "exact" | "rounding";
  check?(attrs: A): void;
  /** One plane of `values`, from `start` to `end`. */
  reduce(values: Float64Array, start: number, end: number, attrs: A): number;
}

/** x [N,C,spatial...] -> y [N,C,1...], of floats. Throws ShapeError. */
function defineGlobalPool<A>(spec: GlobalSpec<A>): Op<A> {
  return defineOp<A>({
    name: spec.name,
    accuracy: spec.accuracy,
    infer(inputs, attrs) {
      checkInputs(inputs, 1);
      const [x] = inputs as [TensorType];
      checkFloat(x, "input");
      checkRank(x, 3, Number.POSITIVE_INFINITY, "input");
      spec.check?.(attrs);
      return [{ dtype: x.dtype, shape: x.shape.map((dim, i) => (i < 2 ? dim : 1)) }];
    },
    reference([x], attrs) {
      const shape = x!.shape.map((dim, i) => (i < 2 ? dim : 1));
      const plane = numElements(x!.shape.slice(2));
      const values = toDoubles(x!);
      const out = doubles(shape);
      for (let i = 0; i < out.length; i++) out[i] = spec.reduce(values, i * plane, (i + 1) * plane, attrs);
      return [fromNumbers(x!.dtype, shape, out)];
    },
    flops: ([x]) => (isStatic(x!.shape) ? numElements(x!.shape) : 0),
  });
}

export const globalAveragePool: Op<NoAttrs> = defineGlobalPool<NoAttrs>({
  name: "globalAveragePool",
  accuracy: "rounding",
  reduce(values, start, end) {
    let sum = 0;
    for (let i = start; i < end; i++) sum += values[i]!;
    return sum / (end - start);
  },
});

export const globalMaxPool: Op<NoAttrs> = defineGlobalPool<NoAttrs>({
  name: "globalMaxPool",
  accuracy: "exact",
  reduce(values, start, end) {
    let best = Number.NEGATIVE_INFINITY;
    for (let i = start; i < end; i++) if (values[i]! > best) best = values[i]!;
    return best;
  },
});

export interface GlobalLpPoolAttrs {
  readonly p: number;
}

export const globalLpPool: Op<GlobalLpPoolAttrs> = defineGlobalPool<GlobalLpPoolAttrs>({
  name: "globalLpPool",
  accuracy: "rounding",
  check: ({ p }) => checkPower(p),
  reduce(values, start, end, { p }) {
    let sum = 0;
    for (let i = start; i < end; i++) sum += Math.abs(values[i]!) ** p;
    return sum ** (1 / p);
  },
});
