import { ShapeError } from "../errors.ts";
import { type DType, dataConstructor, dtypeBytes, isBigInt, isInteger } from "../ir/dtype.ts";
import { fromNumbers, toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { Tensor } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { checkInputs } from "./shared/check.ts";

export interface CastAttrs {
  readonly to: DType;
}

/** Floats round to nearest even, float to integer truncates, integers wrap, bool is non-zero. */
export const cast: Op<CastAttrs> = defineOp({
  name: "cast",
  accuracy: "exact",
  infer(inputs, { to }) {
    checkInputs(inputs, 1);
    return [{ dtype: to, shape: inputs[0]!.shape }];
  },
  reference([x], { to }) {
    if (x!.dtype === to) return [x!];
    if (isBigInt(x!.dtype) && isBigInt(to)) {
      const out = allocate(to, x!.shape) as BigInt64Array;
      out.set(x!.data as BigInt64Array);
      return [Tensor.from(to, x!.shape, out)];
    }
    if (isBigInt(x!.dtype) && isInteger(to)) return [wrapped(x!, to)];
    return [fromNumbers(to, x!.shape, toNumbers(x!))];
  },
});

/** i64 or u64 -> the low bits as an integer of at most 32 bits. */
function wrapped(x: Tensor, to: DType): Tensor {
  const out = allocate(to, x.shape) as Int32Array;
  const data = x.data as BigInt64Array;
  for (let i = 0; i < out.length; i++) out[i] = Number(BigInt.asIntN(32, data[i]!));
  return Tensor.from(to, x.shape, out);
}

/** The same bytes read as another dtype of the same width. */
export const bitCast: Op<CastAttrs> = defineOp({
  name: "bitCast",
  accuracy: "exact",
  infer(inputs, { to }) {
    checkInputs(inputs, 1);
    const { dtype, shape } = inputs[0]!;
    if (dtypeBytes(dtype) !== dtypeBytes(to)) {
      throw new ShapeError(`${dtype} to ${to}; expected dtypes of the same width.`);
    }
    return [{ dtype: to, shape }];
  },
  reference([x], { to }) {
    const bytes = new Uint8Array(x!.data.buffer, x!.data.byteOffset, x!.data.byteLength).slice();
    return [Tensor.from(to, x!.shape, new (dataConstructor(to))(bytes.buffer, 0, x!.data.length))];
  },
});
