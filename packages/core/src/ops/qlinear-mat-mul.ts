import { defineOp, type Op } from "../ir/op.ts";
import { Tensor, type TensorType } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { checkDType, checkFloat, checkInputs } from "./shared/check.ts";
import { toDoubles } from "./shared/doubles.ts";
import {
  alignParameter,
  centred,
  check8Bit,
  checkMatrixParameter,
  type Side,
} from "./shared/integer-operands.ts";
import { matMulDims, matMulFlops } from "./shared/matmul-shape.ts";
import { multiply } from "./shared/multiply.ts";
import { checkScalar, storer } from "./shared/quant-params.ts";
import { broadcastStrides, stridedOffsets } from "./shared/strided.ts";
import type { NoAttrs } from "./unary.ts";

const f32 = Math.fround;

/** A scale for every element of the result. */
function spread(scale: Tensor, shape: readonly number[], side: Side): (i: number) => number {
  const values = toDoubles(scale);
  if (values.length === 1) return () => values[0]!;
  const at = stridedOffsets(shape, broadcastStrides(alignParameter(scale.shape, side), shape));
  return (i) => values[at[i]!]!;
}

/**
 * a, aScale, aZeroPoint, b, bScale, bZeroPoint, yScale, yZeroPoint -> the product of the real matrices, quantised to
 * the dtype of yZeroPoint; a's parameters are one or per row, b's one or per column, y's one. u8 and i8.
 * Throws ShapeError.
 */
export const qlinearMatMul: Op<NoAttrs> = defineOp<NoAttrs>({
  name: "qlinearMatMul",
  accuracy: "rounding",
  infer(inputs) {
    checkInputs(inputs, 8);
    type T = TensorType;
    const [a, aScale, aZero, b, bScale, bZero, yScale, yZero] = inputs as readonly [T, T, T, T, T, T, T, T];
    check8Bit(a, aZero, "a");
    check8Bit(b, bZero, "b");
    checkDType(yZero, ["u8", "i8"], "yZeroPoint");
    for (const [i, scale] of [aScale, bScale, yScale].entries())
      checkFloat(scale, `${["a", "b", "y"][i]}Scale`);
    const { shape } = matMulDims(a.shape, b.shape, {});
    for (const [name, type] of [
      ["aScale", aScale],
      ["aZeroPoint", aZero],
    ] as const) {
      checkMatrixParameter(type, a.shape, "row", name);
    }
    for (const [name, type] of [
      ["bScale", bScale],
      ["bZeroPoint", bZero],
    ] as const) {
      checkMatrixParameter(type, b.shape, "column", name);
    }
    checkScalar(yScale, "yScale");
    checkScalar(yZero, "yZeroPoint");
    return [{ dtype: yZero.dtype, shape }];
  },
  reference([a, aScale, aZero, b, bScale, bZero, yScale, yZero]) {
    const operands = { a: centred(a!, aZero!, "row"), b: centred(b!, bZero!, "column") };
    const { sums, plan } = multiply({ ...operands, shapeA: a!.shape, shapeB: b!.shape }, {});
    const [scaleA, scaleB] = [spread(aScale!, plan.shape, "row"), spread(bScale!, plan.shape, "column")];
    const [scaleY, zeroY] = [toDoubles(yScale!)[0]!, toDoubles(yZero!)[0]!];
    const store = storer(yZero!.dtype);
    const out = allocate(yZero!.dtype, plan.shape) as Int8Array;
    for (let i = 0; i < out.length; i++) {
      const factor = f32(f32(scaleA(i) * scaleB(i)) / scaleY);
      out[i] = store(f32(sums[i]! * factor), zeroY);
    }
    return [Tensor.from(yZero!.dtype, plan.shape, out)];
  },
  flops: ([a, , , b]) => matMulFlops([a!, b!], {}),
});
