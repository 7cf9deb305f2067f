import { isBigInt } from "../ir/dtype.ts";
import { fromNumbers, toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { normalizeAxis } from "../ir/shape.ts";
import { ints, Tensor } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { checkInputs } from "./shared/check.ts";
import { forEachLane, type Lanes, lanesOf } from "./shared/lanes.ts";

export interface CumulativeAttrs {
  /** Element i leaves x[i] itself out. */
  readonly exclusive: boolean;
  /** From the end to the front. */
  readonly reverse: boolean;
}

interface Scan<T> {
  readonly start: T;
  step(sum: T, x: T): T;
}

function scan<T>(
  data: ArrayLike<T>,
  out: { [index: number]: T },
  lanes: Lanes,
  { start, step }: Scan<T>,
  attrs: CumulativeAttrs,
): void {
  forEachLane(lanes, (first) => {
    let sum = start;
    for (let k = 0; k < lanes.length; k++) {
      const i = first + (attrs.reverse ? lanes.length - 1 - k : k) * lanes.inner;
      const next = step(sum, data[i]!);
      out[i] = attrs.exclusive ? sum : next;
      sum = next;
    }
  });
}

/** x any shape, axis scalar -> y same shape. */
function defineCumulative(name: string, number: Scan<number>, big: Scan<bigint>): Op<CumulativeAttrs> {
  return defineOp<CumulativeAttrs>({
    name,
    accuracy: "rounding",
    infer(inputs) {
      checkInputs(inputs, 2);
      return [{ dtype: inputs[0]!.dtype, shape: inputs[0]!.shape }];
    },
    reference([x, axis], attrs) {
      const { dtype, shape } = x!;
      const lanes = lanesOf(shape, normalizeAxis(ints(axis!)[0]!, shape.length));
      if (isBigInt(dtype)) {
        const out = allocate(dtype, shape) as BigInt64Array;
        scan(x!.data as BigInt64Array, out, lanes, big, attrs);
        return [Tensor.from(dtype, shape, out)];
      }
      const out = allocate("f64", shape) as Float64Array;
      scan(toNumbers(x!), out, lanes, number, attrs);
      return [fromNumbers(dtype, shape, out)];
    },
  });
}

export const cumSum: Op<CumulativeAttrs> = defineCumulative(
  "cumSum",
  { start: 0, step: (sum, x) => sum + x },
  { start: 0n, step: (sum, x) => sum + x },
);
export const cumProd: Op<CumulativeAttrs> = defineCumulative(
  "cumProd",
  { start: 1, step: (product, x) => product * x },
  { start: 1n, step: (product, x) => BigInt.asIntN(64, product * x) },
);
