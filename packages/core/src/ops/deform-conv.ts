import { ShapeError } from "../errors.ts";
import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { type Dim, formatShape, isStatic, numElements, type Shape } from "../ir/shape.ts";
import type { Tensor, TensorType } from "../ir/tensor.ts";
import { canEqual, checkChannels, checkVector } from "./shared/channels.ts";
import { checkFloat, checkInputs, checkRank, checkSameDType } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";
import { windowShape } from "./shared/window.ts";

export interface DeformConvAttrs {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
  /** Groups of input channels that share offsets and mask. */
  readonly offsetGroups: number;
}

function spatialOf(x: TensorType, w: TensorType, attrs: DeformConvAttrs): Shape {
  return windowShape(x.shape.slice(2), w.shape.slice(2) as readonly number[], { ...attrs, autoPad: "none" });
}

function checkTaps(type: TensorType, channels: number, spatial: Shape, what: string): void {
  const expected: Dim[] = [type.shape[0]!, channels, ...spatial];
  if (type.shape.length === 4 && type.shape.every((dim, i) => canEqual(dim, expected[i]!))) return;
  throw new ShapeError(`${what} has shape ${formatShape(type.shape)}; expected ${formatShape(expected)}.`);
}

interface Plane {
  readonly data: Float64Array;
  readonly start: number;
  readonly height: number;
  readonly width: number;
}

/** Between the four pixels around; zero outside. */
function bilinear({ data, start, height, width }: Plane, y: number, x: number): number {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  let sum = 0;
  for (let i = 0; i < 4; i++) {
    const [row, column] = [top + (i >> 1), left + (i & 1)];
    if (!(row >= 0 && row < height && column >= 0 && column < width)) continue;
    const weight = (1 - Math.abs(y - row)) * (1 - Math.abs(x - column));
    sum += weight * data[start + row * width + column]!;
  }
  return sum;
}

function convolve(inputs: readonly Tensor[], attrs: DeformConvAttrs): Tensor {
  const [x, w, offset, bias, mask] = inputs;
  const [batch, channels, height, width] = x!.shape as [number, number, number, number];
  const [outs, perGroup, kernelH, kernelW] = w!.shape as [number, number, number, number];
  const [outH, outW] = spatialOf(x!.type, w!.type, attrs) as [number, number];
  const { strides, pads, dilations, groups, offsetGroups } = attrs;
  const shape = [batch, outs, outH, outW];
  const out = doubles(shape);
  const [xs, ws, offsets, biases] = [x!, w!, offset!, bias!].map(toDoubles) as Float64Array[];
  const masks = mask && toDoubles(mask);
  const [taps, pixels] = [kernelH * kernelW, outH * outW];
  const columns = new Float64Array(channels * taps);
  const gather = (n: number, pixel: number): void => {
    const [row, column] = [Math.floor(pixel / outW), pixel % outW];
    for (let c = 0; c < channels; c++) {
      const plane = { data: xs!, start: (n * channels + c) * height * width, height, width };
      const group = n * offsetGroups + Math.floor(c / (channels / offsetGroups));
      for (let tap = 0; tap < taps; tap++) {
        const at = (group * taps + tap) * 2 * pixels + pixel;
        const y = row * strides[0]! - pads[0]! + Math.floor(tap / kernelW) * dilations[0]! + offsets![at]!;
        const z = column * strides[1]! - pads[1]! + (tap % kernelW) * dilations[1]! + offsets![at + pixels]!;
        columns[c * taps + tap] =
          bilinear(plane, y, z) * (masks?.[(group * taps + tap) * pixels + pixel] ?? 1);
      }
    }
  };
  for (let n = 0; n < batch; n++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      gather(n, pixel);
      for (let o = 0; o < outs; o++) {
        const first = Math.floor(o / (outs / groups)) * perGroup * taps;
        let sum = biases![o]!;
        for (let i = 0; i < perGroup * taps; i++) sum += ws![o * perGroup * taps + i]! * columns[first + i]!;
        out[(n * outs + o) * pixels + pixel] = sum;
      }
    }
  }
  return fromNumbers(x!.dtype, shape, out);
}

/**
 * x [N,C,H,W], w [OC,C/groups,kh,kw], offset [N,offsetGroups*kh*kw*2,OH,OW] of (y, x), bias [OC],
 * mask? [N,offsetGroups*kh*kw,OH,OW] -> y [N,OC,OH,OW]: a convolution whose taps are moved by the offsets, read between
 * pixels and weighted by the mask, of floats. Throws ShapeError.
 */
export const deformConv: Op<DeformConvAttrs> = defineOp<DeformConvAttrs>({
  name: "deformConv",
  accuracy: "rounding",
  infer(inputs, attrs) {
    checkInputs(inputs, 4, 5);
    const [x, w, offset, bias, mask] = inputs as readonly [
      TensorType,
      TensorType,
      TensorType,
      TensorType,
      TensorType?,
    ];
    checkFloat(x, "x");
    checkSameDType(inputs);
    checkRank(x, 4, 4, "x");
    checkRank(w, 4, 4, "w");
    checkChannels({ input: x.shape, weight: w.shape, groups: attrs.groups });
    checkVector(bias, w.shape[0]!, "bias", "the output channels");
    const [kernelH, kernelW] = w.shape.slice(2);
    if (typeof kernelH !== "number" || typeof kernelW !== "number") {
      throw new ShapeError(`w has shape ${formatShape(w.shape)}; expected a known kernel.`);
    }
    const { offsetGroups } = attrs;
    const channels = x.shape[1]!;
    if (!(offsetGroups >= 1) || (typeof channels === "number" && channels % offsetGroups !== 0)) {
      throw new ShapeError(
        `offsetGroups ${offsetGroups}; expected a divisor of the ${channels} input channels.`,
      );
    }
    const spatial = spatialOf(x, w, attrs);
    const taps = offsetGroups * kernelH * kernelW;
    checkTaps(offset, 2 * taps, spatial, "offset");
    if (mask) checkTaps(mask, taps, spatial, "mask");
    return [{ dtype: x.dtype, shape: [x.shape[0]!, w.shape[0]!, ...spatial] }];
  },
  reference: (inputs, attrs) => [convolve(inputs, attrs)],
  flops([, w], [y]) {
    return isStatic(y!.shape) && isStatic(w!.shape)
      ? 2 * numElements(y!.shape) * numElements(w!.shape.slice(1))
      : 0;
  },
});
