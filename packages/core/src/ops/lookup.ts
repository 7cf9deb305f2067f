import { ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { isStatic, numElements } from "../ir/shape.ts";
import { Tensor } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { checkDType, checkInputs } from "./shared/check.ts";

export interface LookupAttrs {
  /** 1-d, of the dtype of x. */
  readonly keys: Tensor;
  /** 1-d, one for each key. */
  readonly values: Tensor;
  /** One element of the values' dtype, for what is no key. */
  readonly otherwise: Tensor;
}

/** x any shape -> same shape: the value of the key that each element is (NaN equals NaN). Throws ShapeError. */
export const lookup: Op<LookupAttrs> = defineOp<LookupAttrs>({
  name: "lookup",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, { keys, values, otherwise }) {
    checkInputs(inputs, 1);
    checkDType(inputs[0]!, [keys.dtype], "x");
    if (
      keys.data.length !== values.data.length ||
      otherwise.data.length !== 1 ||
      otherwise.dtype !== values.dtype
    ) {
      throw new ShapeError(
        `${keys.data.length} keys, ${values.data.length} ${values.dtype} values and ${otherwise.data.length} ${otherwise.dtype} otherwise; expected as many keys as values and one of their dtype.`,
      );
    }
    return [{ dtype: values.dtype, shape: inputs[0]!.shape }];
  },
  reference([x], { keys, values, otherwise }) {
    const table = new Map<unknown, unknown>();
    for (let i = keys.data.length - 1; i >= 0; i--) table.set(keys.data[i], values.data[i]);
    const out = allocate(values.dtype, x!.shape) as unknown as unknown[];
    for (let i = 0; i < out.length; i++) {
      const key: unknown = x!.data[i];
      out[i] = table.has(key) ? table.get(key) : otherwise.data[0];
    }
    return [Tensor.from(values.dtype, x!.shape, out as unknown as Float32Array)];
  },
  flops: ([x]) => (isStatic(x!.shape) ? 4 * numElements(x!.shape) : 0),
});
