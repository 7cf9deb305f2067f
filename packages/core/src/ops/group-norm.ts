import { ShapeError } from "../errors.ts";
import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { formatShape, isStatic, numElements } from "../ir/shape.ts";
import type { Tensor, TensorType } from "../ir/tensor.ts";
import type { EpsilonAttrs } from "./batch-norm.ts";
import { checkVector } from "./shared/channels.ts";
import { checkFloat, checkInputs, checkRank } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";
import { standardize } from "./shared/standardize.ts";

export interface GroupNormAttrs extends EpsilonAttrs {
  readonly groups: number;
}

function checkAll(inputs: readonly TensorType[]): TensorType {
  checkInputs(inputs, 3);
  const [x, scale, bias] = inputs as readonly [TensorType, TensorType, TensorType];
  checkFloat(x, "input");
  checkFloat(scale, "scale");
  checkFloat(bias, "bias");
  checkRank(x, 2, Number.POSITIVE_INFINITY, "input");
  checkVector(scale, x.shape[1]!, "scale", "channels");
  checkVector(bias, x.shape[1]!, "bias", "channels");
  return x;
}

function normalizeGroups(inputs: readonly Tensor[], groups: number, epsilon: number): Tensor {
  const [x, scale, bias] = inputs as readonly [Tensor, Tensor, Tensor];
  const [batch, channels, ...spatial] = x.shape as [number, number, ...number[]];
  const plane = numElements(spatial);
  const out = doubles(x.shape);
  standardize(toDoubles(x), out, (plane * channels) / groups, { epsilon, isCentred: true });
  const [factors, offsets] = [toDoubles(scale), toDoubles(bias)];
  for (let row = 0; row < batch * channels; row++) {
    const c = row % channels;
    for (let i = row * plane; i < (row + 1) * plane; i++) out[i] = out[i]! * factors[c]! + offsets[c]!;
  }
  return fromNumbers(x.dtype, x.shape, out);
}

const flops = ([x]: readonly TensorType[]): number => (isStatic(x!.shape) ? 8 * numElements(x!.shape) : 0);

/** x [N,C,...], scale [C], bias [C] -> y as x: each group of channels to mean 0 and variance 1. Throws ShapeError. */
export const groupNorm: Op<GroupNormAttrs> = defineOp<GroupNormAttrs>({
  name: "groupNorm",
  accuracy: "rounding",
  infer(inputs, { groups }) {
    const { dtype, shape } = checkAll(inputs);
    const channels = shape[1]!;
    const fits = typeof channels === "string" || channels % groups === 0;
    if (!Number.isInteger(groups) || groups < 1 || !fits) {
      throw new ShapeError(
        `groups ${groups}; expected a divisor of the channels (input ${formatShape(shape)}).`,
      );
    }
    return [{ dtype, shape }];
  },
  reference: (inputs, { groups, epsilon }) => [normalizeGroups(inputs, groups, epsilon)],
  flops,
});

/** x [N,C,...], scale [C], bias [C] -> y as x: each channel of each sample to mean 0 and variance 1. Throws ShapeError. */
export const instanceNorm: Op<EpsilonAttrs> = defineOp<EpsilonAttrs>({
  name: "instanceNorm",
  accuracy: "rounding",
  infer(inputs) {
    const { dtype, shape } = checkAll(inputs);
    return [{ dtype, shape }];
  },
  reference: (inputs, { epsilon }) => [normalizeGroups(inputs, inputs[0]!.shape[1]!, epsilon)],
  flops,
});
