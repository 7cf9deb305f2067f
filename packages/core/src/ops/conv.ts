import { ShapeError } from "../errors.ts";
import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { formatShape, isStatic, numElements, type Shape } from "../ir/shape.ts";
import type { TensorType } from "../ir/tensor.ts";
import { type Activation, activationFunction } from "./activation.ts";
import { canEqual, checkChannels, checkVector } from "./shared/channels.ts";
import { checkFloat, checkInputs, checkRank, checkSameDType } from "./shared/check.ts";
import { addChannelBias, convolve } from "./shared/convolve.ts";
import { toDoubles } from "./shared/doubles.ts";
import { type AutoPad, windowShape } from "./shared/window.ts";

/** One entry per spatial dimension (1 to 3); pads are [begin..., end...]. */
export interface ConvAttrs {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
  readonly autoPad: AutoPad;
  readonly activation?: Activation;
}

/** [N,IC,...] and [OC,IC/groups,...] -> [N,OC,...]. Throws ShapeError. */
export function convShape(x: TensorType, w: TensorType, attrs: ConvAttrs): Shape {
  checkRank(x, 3, 5, "input");
  checkRank(w, x.shape.length, x.shape.length, "weight");
  checkChannels({ input: x.shape, weight: w.shape, groups: attrs.groups });
  const kernel = w.shape.slice(2);
  if (!isStatic(kernel)) {
    throw new ShapeError(`weight has shape ${formatShape(w.shape)}; expected a kernel of numbers.`);
  }
  return [x.shape[0]!, w.shape[0]!, ...windowShape(x.shape.slice(2), kernel, attrs)];
}

export function convFlops(w: TensorType, output: TensorType): number {
  const perOutput = w.shape.slice(1);
  if (!isStatic(perOutput) || !isStatic(output.shape)) return 0;
  return 2 * numElements(output.shape) * numElements(perOutput);
}

export function applyActivation(values: Float64Array, activation: Activation | undefined): void {
  if (activation === undefined) return;
  const apply = activationFunction(activation);
  for (let i = 0; i < values.length; i++) values[i] = apply(values[i]!);
}

/** Throws ShapeError unless the residual has the output's shape. */
export function checkResidual(residual: TensorType, shape: Shape): void {
  const isSame =
    residual.shape.length === shape.length && residual.shape.every((dim, i) => canEqual(dim, shape[i]!));
  if (isSame) return;
  throw new ShapeError(
    `residual has shape ${formatShape(residual.shape)}; expected ${formatShape(shape)} as the output.`,
  );
}

/**
 * x [N,IC,spatial...], w [OC,IC/groups,kernel...], bias? [OC], residual? as y -> y [N,OC,spatial...];
 * y = activation(correlation + bias + residual), of floats. Throws ShapeError.
 */
export const conv: Op<ConvAttrs> = defineOp<ConvAttrs>({
  name: "conv",
  accuracy: "rounding",
  infer(inputs, attrs) {
    checkInputs(inputs, 2, 4);
    const [x, w, bias, residual] = inputs as readonly [TensorType, TensorType, TensorType?, TensorType?];
    checkFloat(x, "input");
    checkSameDType(inputs);
    const shape = convShape(x, w, attrs);
    if (bias) checkVector(bias, w.shape[0]!, "bias", "output channels");
    if (residual) checkResidual(residual, shape);
    return [{ dtype: x.dtype, shape }];
  },
  reference([x, w, bias, residual], attrs) {
    const sizes = { x: x!.shape, w: w!.shape, groups: attrs.groups };
    const { shape, sums } = convolve(toDoubles(x!), toDoubles(w!), sizes, attrs);
    if (bias) addChannelBias(sums, shape, toDoubles(bias));
    if (residual) {
      const added = toDoubles(residual);
      for (let i = 0; i < sums.length; i++) sums[i]! += added[i]!;
    }
    applyActivation(sums, attrs.activation);
    return [fromNumbers(x!.dtype, shape, sums)];
  },
  flops: ([, w], [y]) => convFlops(w!, y!),
});
