import { defineOp, type Op } from "../ir/op.ts";
import { numElements } from "../ir/shape.ts";
import { Tensor, type TensorType } from "../ir/tensor.ts";
import { convFlops, convShape } from "./conv.ts";
import { type ConvIntegerAttrs, checkPerChannel, convolveIntegers } from "./conv-integer.ts";
import { allocate } from "./shared/allocate.ts";
import { checkVector } from "./shared/channels.ts";
import { checkDType, checkInputs } from "./shared/check.ts";
import { addChannelBias } from "./shared/convolve.ts";
import { toDoubles } from "./shared/doubles.ts";
import { check8Bit } from "./shared/integer-operands.ts";
import { checkScalar, storer } from "./shared/quant-params.ts";

const f32 = Math.fround;

interface Requantisation {
  readonly xScale: Tensor;
  readonly wScale: Tensor;
  readonly yScale: Tensor;
  readonly yZero: Tensor;
}

function requantize(sums: Float64Array, shape: readonly number[], params: Requantisation): Tensor {
  const [xScale, wScales, yScale] = [params.xScale, params.wScale, params.yScale].map(toDoubles);
  const { dtype } = params.yZero;
  const zero = toDoubles(params.yZero)[0]!;
  const store = storer(dtype);
  const out = allocate(dtype, shape) as Int8Array;
  const [channels, plane] = [shape[1]!, numElements(shape.slice(2))];
  for (let row = 0; row * plane < out.length; row++) {
    const wScale = wScales![wScales!.length === 1 ? 0 : row % channels]!;
    const factor = f32(f32(xScale![0]! * wScale) / yScale![0]!);
    for (let i = row * plane; i < (row + 1) * plane; i++) out[i] = store(f32(sums[i]! * factor), zero);
  }
  return Tensor.from(dtype, shape, out);
}

/**
 * x [N,IC,spatial...], xScale, xZeroPoint, w [OC,IC/groups,kernel...], wScale, wZeroPoint (one or [OC]), yScale,
 * yZeroPoint, bias? [OC] i32 of scale xScale wScale -> y [N,OC,spatial...] of yZeroPoint's dtype. u8 and i8; the sums
 * are exact, halves round to even. Throws ShapeError.
 */
export const qlinearConv: Op<ConvIntegerAttrs> = defineOp<ConvIntegerAttrs>({
  name: "qlinearConv",
  accuracy: "rounding",
  infer(inputs, attrs) {
    checkInputs(inputs, 8, 9);
    type T = TensorType;
    const [x, xScale, xZero, w, wScale, wZero, yScale, yZero, bias] = inputs as readonly [
      T,
      T,
      T,
      T,
      T,
      T,
      T,
      T,
      T?,
    ];
    check8Bit(x, xZero, "input");
    check8Bit(w, wZero, "weight");
    checkDType(yZero, ["u8", "i8"], "yZeroPoint");
    const scalars = { xScale, xZeroPoint: xZero, yScale, yZeroPoint: yZero };
    for (const [name, type] of Object.entries(scalars)) checkScalar(type, name);
    for (const [name, type] of Object.entries({ xScale, wScale, yScale })) checkDType(type, ["f32"], name);
    const shape = convShape(x, w, attrs);
    checkPerChannel(wScale, w, "wScale");
    checkPerChannel(wZero, w, "wZeroPoint");
    if (bias) {
      checkDType(bias, ["i32"], "bias");
      checkVector(bias, w.shape[0]!, "bias", "output channels");
    }
    return [{ dtype: yZero.dtype, shape }];
  },
  reference([x, xScale, xZero, w, wScale, wZero, yScale, yZero, bias], attrs) {
    const { shape, sums } = convolveIntegers({ x: x!, w: w!, xZero: xZero!, wZero: wZero! }, attrs);
    if (bias) addChannelBias(sums, shape, toDoubles(bias));
    return [requantize(sums, shape, { xScale: xScale!, wScale: wScale!, yScale: yScale!, yZero: yZero! })];
  },
  flops: ([, , , w], [y]) => convFlops(w!, y!),
});
