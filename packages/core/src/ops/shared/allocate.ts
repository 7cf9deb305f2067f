import { DataError } from "../../errors.ts";
import { type DType, dataConstructor, dtypeBytes, type TypedData } from "../../ir/dtype.ts";
import { formatShape, numElements } from "../../ir/shape.ts";

const limitBytes = 2 ** 30;

/** Zeroed elements for a tensor. Throws DataError above 1 GiB, so that a hostile shape allocates nothing. */
export function allocate(dtype: DType, shape: readonly number[]): TypedData {
  const count = numElements(shape);
  if (!(count * dtypeBytes(dtype) <= limitBytes)) {
    throw new DataError(`output ${dtype}${formatShape(shape)}; expected at most ${limitBytes} bytes.`);
  }
  return new (dataConstructor(dtype))(count);
}
