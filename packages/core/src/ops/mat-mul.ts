import { ShapeError } from "../errors.ts";
import { isFloat } from "../ir/dtype.ts";
import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { Tensor, type TensorType } from "../ir/tensor.ts";
import type { Activation } from "./activation.ts";
import { applyActivation, checkResidual } from "./conv.ts";
import { allocate } from "./shared/allocate.ts";
import { checkVector } from "./shared/channels.ts";
import { checkDType, checkInputs, checkSameDType } from "./shared/check.ts";
import { toDoubles } from "./shared/doubles.ts";
import { matMulDims, matMulFlops } from "./shared/matmul-shape.ts";
import { multiply, multiplyBig } from "./shared/multiply.ts";

export interface MatMulAttrs {
  /** Swap the last two dimensions first; no effect on vectors. */
  readonly transA?: boolean;
  readonly transB?: boolean;
  /** Multiplies the product, before the bias. */
  readonly alpha?: number;
  readonly activation?: Activation;
}

const accepted = ["f32", "f64", "f16", "bf16", "i32", "u32", "i64", "u64"] as const;

function checkAttrs(inputs: readonly TensorType[], attrs: MatMulAttrs): void {
  const [a, , bias] = inputs;
  const isPlain = bias === undefined && (attrs.alpha ?? 1) === 1 && attrs.activation === undefined;
  if (isFloat(a!.dtype) || isPlain) return;
  throw new ShapeError(`inputs are ${a!.dtype} with bias, alpha or activation; expected floats.`);
}

function multiplyIntegers(a: Tensor, b: Tensor, attrs: MatMulAttrs): Tensor {
  const wide = (tensor: Tensor): BigInt64Array | BigUint64Array =>
    tensor.data instanceof BigInt64Array || tensor.data instanceof BigUint64Array
      ? tensor.data
      : BigInt64Array.from(tensor.data as Int32Array, BigInt);
  const shape = matMulDims(a.shape, b.shape, attrs).shape as readonly number[];
  const big = allocate(a.dtype === "u64" ? "u64" : "i64", shape) as BigInt64Array;
  multiplyBig({ a: wide(a), b: wide(b), shapeA: a.shape, shapeB: b.shape }, attrs, big);
  if (a.dtype === "i64" || a.dtype === "u64") return Tensor.from(a.dtype, shape, big);
  const out = allocate(a.dtype, shape) as Int32Array;
  for (let i = 0; i < out.length; i++) out[i] = Number(BigInt.asIntN(32, big[i]!));
  return Tensor.from(a.dtype, shape, out);
}

/**
 * a [...,M,K], b [...,K,N], bias? [N], residual? as y -> y [...,M,N] by numpy's matmul (batches broadcast, vectors
 * allowed); y = activation(alpha a b + bias + residual). Floats; 32- and 64-bit integers with none of these, wrapping.
 * Throws ShapeError.
 */
export const matMul: Op<MatMulAttrs> = defineOp<MatMulAttrs>({
  name: "matMul",
  accuracy: "rounding",
  infer(inputs, attrs) {
    checkInputs(inputs, 2, 4);
    const [a, b, bias, residual] = inputs as readonly [TensorType, TensorType, TensorType?, TensorType?];
    checkDType(a, accepted, "a");
    checkSameDType(inputs);
    checkAttrs(inputs, attrs);
    const { shape, n } = matMulDims(a.shape, b.shape, attrs);
    if (bias) checkVector(bias, n, "bias", "columns of b");
    if (residual) checkResidual(residual, shape);
    return [{ dtype: a.dtype, shape }];
  },
  reference([a, b, bias, residual], attrs) {
    if (!isFloat(a!.dtype)) return [multiplyIntegers(a!, b!, attrs)];
    const matrices = { a: toDoubles(a!), b: toDoubles(b!), shapeA: a!.shape, shapeB: b!.shape };
    const { sums, plan } = multiply(matrices, attrs);
    const added = bias ? toDoubles(bias) : undefined;
    const rest = residual ? toDoubles(residual) : undefined;
    const alpha = attrs.alpha ?? 1;
    for (let i = 0; i < sums.length; i++) {
      sums[i] = alpha * sums[i]! + (added?.[i % plan.n] ?? 0) + (rest?.[i] ?? 0);
    }
    applyActivation(sums, attrs.activation);
    return [fromNumbers(a!.dtype, plan.shape, sums)];
  },
  flops: (inputs, _, attrs) => matMulFlops(inputs, attrs),
});
