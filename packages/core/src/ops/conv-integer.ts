import { ShapeError } from "../errors.ts";
import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { formatShape } from "../ir/shape.ts";
import type { Tensor, TensorType } from "../ir/tensor.ts";
import { type ConvAttrs, convFlops, convShape } from "./conv.ts";
import { canEqual } from "./shared/channels.ts";
import { checkInputs } from "./shared/check.ts";
import { type Convolved, convolve } from "./shared/convolve.ts";
import { toDoubles } from "./shared/doubles.ts";
import { check8Bit } from "./shared/integer-operands.ts";
import { checkScalar, isScalar } from "./shared/quant-params.ts";

export type ConvIntegerAttrs = Omit<ConvAttrs, "activation">;

/** One element, or one per output channel. Throws ShapeError. */
export function checkPerChannel(type: TensorType, w: TensorType, what: string): void {
  const fits = isScalar(type.shape) || (type.shape.length === 1 && canEqual(type.shape[0]!, w.shape[0]!));
  if (fits) return;
  throw new ShapeError(
    `${what} has shape ${formatShape(type.shape)}; expected one element or [${w.shape[0]}] (output channels).`,
  );
}

export interface IntegerConvInputs {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly xZero: Tensor;
  readonly wZero: Tensor;
}

/** Sums of (x - xZero)(w - wZero), exact; padding is xZero. */
export function convolveIntegers(
  { x, w, xZero, wZero }: IntegerConvInputs,
  attrs: ConvIntegerAttrs,
): Convolved {
  const [zeroX, zerosW] = [toDoubles(xZero)[0]!, toDoubles(wZero)];
  const perChannel = w.data.length / Math.max(1, w.shape[0]!);
  const xs = toDoubles(x).map((value) => value - zeroX);
  const ws = toDoubles(w).map(
    (value, i) => value - zerosW[zerosW.length === 1 ? 0 : Math.floor(i / perChannel)]!,
  );
  return convolve(xs, ws, { x: x.shape, w: w.shape, groups: attrs.groups }, attrs);
}

/**
 * x [N,IC,spatial...] and w [OC,IC/groups,kernel...] (u8 or i8), xZeroPoint (one), wZeroPoint (one or [OC]) ->
 * i32 [N,OC,spatial...], exact; padding stands for 0. Throws ShapeError.
 */
export const convInteger: Op<ConvIntegerAttrs> = defineOp<ConvIntegerAttrs>({
  name: "convInteger",
  accuracy: "exact",
  infer(inputs, attrs) {
    checkInputs(inputs, 4);
    const [x, w, xZero, wZero] = inputs as readonly [TensorType, TensorType, TensorType, TensorType];
    check8Bit(x, xZero, "input");
    check8Bit(w, wZero, "weight");
    checkScalar(xZero, "xZeroPoint");
    const shape = convShape(x, w, attrs);
    checkPerChannel(wZero, w, "wZeroPoint");
    return [{ dtype: "i32", shape }];
  },
  reference([x, w, xZero, wZero], attrs) {
    const { shape, sums } = convolveIntegers({ x: x!, w: w!, xZero: xZero!, wZero: wZero! }, attrs);
    return [fromNumbers("i32", shape, sums)];
  },
  flops: ([, w], [y]) => convFlops(w!, y!),
});
