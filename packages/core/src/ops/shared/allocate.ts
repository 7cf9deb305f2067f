import { DataError } from "../../errors.ts";
import { type DType, dataConstructor, dtypeBytes, type TypedData } from "../../ir/dtype.ts";
import { formatShape, numElements } from "../../ir/shape.ts";

const limitBytes = 2 ** 30;

/**
 * Zeroed elements for a tensor. Throws DataError for sizes that are no sizes, and above 1 GiB, so that a hostile shape
 * allocates nothing. A size of 0 counts as 1: [2^40,0] is refused too, for loops that run along the other axis.
 */
export function allocate(dtype: DType, shape: readonly number[]): TypedData {
  const wrong = shape.find((dim) => !Number.isSafeInteger(dim) || dim < 0);
  if (wrong !== undefined) {
    throw new DataError(`output ${dtype}${formatShape(shape)}; expected non-negative integers.`);
  }
  const extent = shape.reduce((product, dim) => product * Math.max(dim, 1), 1);
  if (!(extent * dtypeBytes(dtype) <= limitBytes)) {
    throw new DataError(`output ${dtype}${formatShape(shape)}; expected at most ${limitBytes} bytes.`);
  }
  return new (dataConstructor(dtype))(numElements(shape));
}
