import { DataError } from "../errors.ts";
import { toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { normalizeAxis } from "../ir/shape.ts";
import { Tensor } from "../ir/tensor.ts";
import { reducedShape } from "./reduce.ts";
import { allocate } from "./shared/allocate.ts";
import { checkInputs, checkRank } from "./shared/check.ts";
import { forEachLane, lanesOf } from "./shared/lanes.ts";

export interface ArgReduceAttrs {
  readonly axis: number;
  readonly keepDims: boolean;
  /** Of equal elements the last instead of the first. */
  readonly selectLastIndex: boolean;
}

/** x any shape -> i64 positions along the axis. */
function defineArgReduce(name: string, isBetter: (x: number, best: number) => boolean): Op<ArgReduceAttrs> {
  return defineOp<ArgReduceAttrs>({
    name,
    accuracy: "exact",
    infer(inputs, { axis, keepDims }) {
      checkInputs(inputs, 1);
      checkRank(inputs[0]!, 1, Number.POSITIVE_INFINITY, "x");
      const { shape } = inputs[0]!;
      return [{ dtype: "i64", shape: reducedShape(shape, [normalizeAxis(axis, shape.length)], keepDims) }];
    },
    reference([x], { axis, keepDims, selectLastIndex }) {
      const over = normalizeAxis(axis, x!.shape.length);
      const lanes = lanesOf(x!.shape, over);
      const data = toNumbers(x!);
      const shape = reducedShape(x!.shape, [over], keepDims) as number[];
      const out = allocate("i64", shape) as BigInt64Array;
      if (lanes.length === 0 && out.length > 0)
        throw new DataError(`axis ${axis} has size 0; expected at least 1.`);
      forEachLane(lanes, (start, lane) => {
        let best = 0;
        for (let i = 1; i < lanes.length; i++) {
          const [candidate, leader] = [data[start + i * lanes.inner]!, data[start + best * lanes.inner]!];
          if (isBetter(candidate, leader) || (selectLastIndex && candidate === leader)) best = i;
        }
        out[lane] = BigInt(best);
      });
      return [Tensor.from("i64", shape, out)];
    },
  });
}

export const argMax: Op<ArgReduceAttrs> = defineArgReduce("argMax", (x, best) => x > best);
export const argMin: Op<ArgReduceAttrs> = defineArgReduce("argMin", (x, best) => x < best);
