import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { isStatic, numElements } from "../ir/shape.ts";
import type { TensorType } from "../ir/tensor.ts";
import { checkVector } from "./shared/channels.ts";
import { checkFloat, checkInputs, checkRank } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";

export interface EpsilonAttrs {
  readonly epsilon: number;
}

/**
 * x [N,C,...] or [N] (one channel), scale, bias, mean, variance [C] -> (x - mean) / sqrt(variance + epsilon) scale + bias, as x.
 * The statistics may be of another float dtype. Throws ShapeError.
 */
export const batchNorm: Op<EpsilonAttrs> = defineOp<EpsilonAttrs>({
  name: "batchNorm",
  accuracy: "rounding",
  infer(inputs) {
    checkInputs(inputs, 5);
    const [x, ...vectors] = inputs as readonly [TensorType, ...TensorType[]];
    checkFloat(x, "input");
    checkRank(x, 1, Number.POSITIVE_INFINITY, "input");
    const channels = x.shape.length === 1 ? 1 : x.shape[1]!;
    vectors.forEach((vector, i) => {
      const name = ["scale", "bias", "mean", "variance"][i]!;
      checkFloat(vector, name);
      checkVector(vector, channels, name, "channels");
    });
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  reference([x, ...vectors], { epsilon }) {
    const [scale, bias, mean, variance] = vectors.map(toDoubles) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const channels = scale.length;
    const plane = numElements(x!.shape.slice(2));
    const values = toDoubles(x!);
    const out = doubles(x!.shape);
    for (let row = 0; row * plane < out.length; row++) {
      const c = row % channels;
      const factor = scale[c]! / Math.sqrt(variance[c]! + epsilon);
      for (let i = row * plane; i < (row + 1) * plane; i++)
        out[i] = (values[i]! - mean[c]!) * factor + bias[c]!;
    }
    return [fromNumbers(x!.dtype, x!.shape, out)];
  },
  flops: ([x]) => (isStatic(x!.shape) ? 2 * numElements(x!.shape) : 0),
});
