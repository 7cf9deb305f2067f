import { DataError } from "../../errors.ts";
import { dtypeBytes } from "../../ir/dtype.ts";
import { formatShape, normalizeAxis, numElements, sameShape } from "../../ir/shape.ts";
import { Tensor, type TensorType } from "../../ir/tensor.ts";
import { allocate } from "./allocate.ts";
import { lanesOf } from "./lanes.ts";

const limitBytes = 2 ** 30;

/** Collects what each iteration gives. Throws DataError above 1 GiB, or when shapes differ between iterations. */
export class Stacks {
  readonly #stacks: Tensor[][];
  readonly #types: readonly TensorType[];
  #bytes = 0;

  constructor(types: readonly TensorType[]) {
    this.#types = types;
    this.#stacks = types.map(() => []);
  }

  push(outputs: readonly Tensor[]): void {
    outputs.forEach((tensor, i) => {
      const first = this.#stacks[i]![0];
      if (first && !sameShape(first.shape, tensor.shape)) {
        throw new DataError(
          `scan output ${i} has shape ${formatShape(tensor.shape)} in one iteration; expected ${formatShape(first.shape)} as in the first.`,
        );
      }
      this.#bytes += numElements(tensor.shape) * dtypeBytes(tensor.dtype);
      if (this.#bytes > limitBytes) {
        throw new DataError(`scan outputs of more than ${limitBytes} bytes; expected fewer iterations.`);
      }
      this.#stacks[i]!.push(tensor);
    });
  }

  /** Output i stacked along a new axis, in order or backwards; unknown sizes are 0 without iterations. */
  stacked(i: number, axis = 0, isReverse = false): Tensor {
    const parts = isReverse ? this.#stacks[i]!.toReversed() : this.#stacks[i]!;
    const { dtype, shape } = this.#types[i]!;
    const own = parts[0]?.shape ?? shape.map((dim) => (typeof dim === "number" ? dim : 0));
    return stackTensors(parts, dtype, own, normalizeAxis(axis, own.length + 1));
  }
}

function stackTensors(
  parts: readonly Tensor[],
  dtype: Tensor["dtype"],
  own: readonly number[],
  axis: number,
): Tensor {
  const shape = [...own.slice(0, axis), parts.length, ...own.slice(axis)];
  const out = allocate(dtype, shape) as Float64Array;
  const { outer, length, inner } = lanesOf(shape, axis);
  parts.forEach((part, index) => {
    const data = part.data as Float64Array;
    for (let o = 0; o < outer; o++) {
      out.set(data.subarray(o * inner, (o + 1) * inner), (o * length + index) * inner);
    }
  });
  return Tensor.from(dtype, shape, out);
}

/** Index `at` of an axis, without the axis. */
export function selectAlong(x: Tensor, axis: number, at: number): Tensor {
  const shape = x.shape.filter((_, i) => i !== axis);
  const out = allocate(x.dtype, shape) as Float64Array;
  const { outer, length, inner } = lanesOf(x.shape, axis);
  const data = x.data as Float64Array;
  for (let o = 0; o < outer; o++) {
    const from = (o * length + at) * inner;
    out.set(data.subarray(from, from + inner), o * inner);
  }
  return Tensor.from(x.dtype, shape, out);
}
