import { ShapeError } from "../errors.ts";
import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { formatShape, isStatic, normalizeAxis, numElements } from "../ir/shape.ts";
import type { Tensor, TensorType } from "../ir/tensor.ts";
import { canEqual } from "./shared/channels.ts";
import { checkFloat, checkInputs, checkRank } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";
import { standardize } from "./shared/standardize.ts";
import { broadcastStrides, stridedOffsets } from "./shared/strided.ts";

export interface AxisEpsilonAttrs {
  /** The first of the normalised axes; they go to the last. */
  readonly axis: number;
  readonly epsilon: number;
}

function checkParameter(parameter: TensorType, x: TensorType, what: string): void {
  checkFloat(parameter, what);
  const lead = x.shape.length - parameter.shape.length;
  const fits = lead >= 0 && parameter.shape.every((dim, i) => dim === 1 || canEqual(dim, x.shape[lead + i]!));
  if (fits) return;
  throw new ShapeError(
    `${what} has shape ${formatShape(parameter.shape)}; expected one that broadcasts to ${formatShape(x.shape)}.`,
  );
}

function typeOf(inputs: readonly TensorType[], { axis }: AxisEpsilonAttrs, maxInputs: number): TensorType {
  checkInputs(inputs, 2, maxInputs);
  const [x, scale, bias] = inputs as readonly [TensorType, TensorType, TensorType?];
  checkFloat(x, "input");
  checkRank(x, 1, Number.POSITIVE_INFINITY, "input");
  normalizeAxis(axis, x.shape.length);
  checkParameter(scale, x, "scale");
  if (bias) checkParameter(bias, x, "bias");
  return { dtype: x.dtype, shape: x.shape };
}

function normalized(
  inputs: readonly Tensor[],
  { axis, epsilon }: AxisEpsilonAttrs,
  isCentred: boolean,
): Tensor {
  const [x, scale, bias] = inputs as readonly [Tensor, Tensor, Tensor?];
  const { shape } = x;
  const out = doubles(shape);
  const length = numElements(shape.slice(normalizeAxis(axis, shape.length)));
  standardize(toDoubles(x), out, length, { epsilon, isCentred });
  const factors = toDoubles(scale);
  const factorAt = stridedOffsets(shape, broadcastStrides(scale.shape, shape));
  for (let i = 0; i < out.length; i++) out[i]! *= factors[factorAt[i]!]!;
  if (bias) {
    const offsets = toDoubles(bias);
    const offsetAt = stridedOffsets(shape, broadcastStrides(bias.shape, shape));
    for (let i = 0; i < out.length; i++) out[i]! += offsets[offsetAt[i]!]!;
  }
  return fromNumbers(x.dtype, shape, out);
}

const flops = ([x]: readonly TensorType[]): number => (isStatic(x!.shape) ? 8 * numElements(x!.shape) : 0);

/** x, scale, bias? (both broadcast to x) -> y as x: mean 0 and variance 1 over the axes from `axis`. Throws ShapeError. */
export const layerNorm: Op<AxisEpsilonAttrs> = defineOp<AxisEpsilonAttrs>({
  name: "layerNorm",
  accuracy: "rounding",
  infer: (inputs, attrs) => [typeOf(inputs, attrs, 3)],
  reference: (inputs, attrs) => [normalized(inputs, attrs, true)],
  flops,
});

/** x, scale (broadcasts to x) -> y as x: root mean square 1 over the axes from `axis`. Throws ShapeError. */
export const rmsNorm: Op<AxisEpsilonAttrs> = defineOp<AxisEpsilonAttrs>({
  name: "rmsNorm",
  accuracy: "rounding",
  infer: (inputs, attrs) => [typeOf(inputs, attrs, 2)],
  reference: (inputs, attrs) => [normalized(inputs, attrs, false)],
  flops,
});
