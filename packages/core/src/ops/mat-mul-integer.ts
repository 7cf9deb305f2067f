import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import type { TensorType } from "../ir/tensor.ts";
import { checkInputs } from "./shared/check.ts";
import { centred, check8Bit, checkMatrixParameter } from "./shared/integer-operands.ts";
import { matMulDims, matMulFlops } from "./shared/matmul-shape.ts";
import { multiply } from "./shared/multiply.ts";
import type { NoAttrs } from "./unary.ts";

/**
 * a [...,M,K] and b [...,K,N] (u8 or i8), aZeroPoint (one or per row), bZeroPoint (one or per column) ->
 * (a - aZeroPoint)(b - bZeroPoint), i32 [...,M,N], exact; batches broadcast. Throws ShapeError.
 */
export const matMulInteger: Op<NoAttrs> = defineOp<NoAttrs>({
  name: "matMulInteger",
  accuracy: "exact",
  infer(inputs) {
    checkInputs(inputs, 4);
    const [a, b, aZero, bZero] = inputs as readonly [TensorType, TensorType, TensorType, TensorType];
    check8Bit(a, aZero, "a");
    check8Bit(b, bZero, "b");
    const { shape } = matMulDims(a.shape, b.shape, {});
    checkMatrixParameter(aZero, a.shape, "row", "aZeroPoint");
    checkMatrixParameter(bZero, b.shape, "column", "bZeroPoint");
    return [{ dtype: "i32", shape }];
  },
  reference([a, b, aZero, bZero]) {
    const operands = { a: centred(a!, aZero!, "row"), b: centred(b!, bZero!, "column") };
    const { sums, plan } = multiply({ ...operands, shapeA: a!.shape, shapeB: b!.shape }, {});
    return [fromNumbers("i32", plan.shape, sums)];
  },
  flops: (inputs) => matMulFlops(inputs, {}),
});
