import { defineOp, type Op } from "../ir/op.ts";
import { broadcastShapes } from "../ir/shape.ts";
import { Tensor } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { checkDType, checkInputs, checkSameDType } from "./shared/check.ts";
import { broadcastStrides, forEachStrided } from "./shared/strided.ts";
import type { NoAttrs } from "./unary.ts";

/** condition bool, x, y of one dtype, broadcast together -> x where true, else y. */
export const where: Op<NoAttrs> = defineOp({
  name: "where",
  accuracy: "exact",
  takes: "strings",
  infer(inputs) {
    checkInputs(inputs, 3);
    const [condition, x, y] = [inputs[0]!, inputs[1]!, inputs[2]!];
    checkDType(condition, ["bool"], "condition");
    checkSameDType([x, y]);
    return [{ dtype: x.dtype, shape: broadcastShapes(condition.shape, x.shape, y.shape) }];
  },
  reference(inputs) {
    const [condition, x, y] = [inputs[0]!, inputs[1]!, inputs[2]!];
    const shape = broadcastShapes(condition.shape, x.shape, y.shape) as readonly number[];
    const out = allocate(x.dtype, shape) as Float64Array;
    const [a, b] = [x.data as Float64Array, y.data as Float64Array];
    const strides = inputs.map((input) => broadcastStrides(input.shape, shape));
    forEachStrided(shape, strides, (i, at) => {
      out[i] = condition.data[at[0]!] ? a[at[1]!]! : b[at[2]!]!;
    });
    return [Tensor.from(x.dtype, shape, out)];
  },
});
