import { type NumberArray, toNumbers } from "../../ir/numeric.ts";
import type { Tensor } from "../../ir/tensor.ts";
import { allocate } from "./allocate.ts";

/** The elements in double precision; never to be written to. */
export function toDoubles(tensor: Tensor): Float64Array {
  const values: NumberArray = toNumbers(tensor);
  return values instanceof Float64Array ? values : new Float64Array(values);
}

/** Zeroed accumulators for a tensor. Throws DataError above 1 GiB. */
export function doubles(shape: readonly number[]): Float64Array {
  return allocate("f64", shape) as Float64Array;
}
