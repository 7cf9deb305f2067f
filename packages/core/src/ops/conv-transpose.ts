import { ShapeError } from "../errors.ts";
import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import {
  type Dim,
  dimAdd,
  dimMul,
  dimSub,
  formatShape,
  isStatic,
  numElements,
  type Shape,
} from "../ir/shape.ts";
import type { Tensor, TensorType } from "../ir/tensor.ts";
import type { Activation } from "./activation.ts";
import { applyActivation } from "./conv.ts";
import { checkTransposedChannels, checkVector } from "./shared/channels.ts";
import { checkFloat, checkInputs, checkRank, checkSameDType } from "./shared/check.ts";
import { addChannelBias } from "./shared/convolve.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";
import { addTaps, makeTaps } from "./shared/taps.ts";
import { type AutoPad, checkWindow, type ResolvedWindow } from "./shared/window.ts";

/** One entry per spatial dimension (1 to 3); `outputShape`, spatial sizes only, overrides pads. */
export interface ConvTransposeAttrs {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
  readonly autoPad: AutoPad;
  readonly outputPadding: readonly number[];
  readonly outputShape?: readonly number[];
  readonly activation?: Activation;
}

/** What an unpadded transposed convolution would give. */
function fullSize(input: Dim, index: number, kernel: readonly number[], attrs: ConvTransposeAttrs): Dim {
  const extent = (kernel[index]! - 1) * attrs.dilations[index]! + 1;
  const rest = extent + attrs.outputPadding[index]! - attrs.strides[index]!;
  const scaled = dimMul(input, attrs.strides[index]!);
  return rest < 0 ? dimSub(scaled, -rest) : dimAdd(scaled, rest);
}

function outputDim(input: Dim, index: number, kernel: readonly number[], attrs: ConvTransposeAttrs): Dim {
  if (attrs.outputShape) return attrs.outputShape[index]!;
  const isSame = attrs.autoPad === "sameUpper" || attrs.autoPad === "sameLower";
  if (isSame) return dimMul(input, attrs.strides[index]!);
  const full = fullSize(input, index, kernel, attrs);
  if (attrs.autoPad === "valid") return full;
  return dimSub(full, attrs.pads[index]! + attrs.pads[kernel.length + index]!);
}

function checkAttrs(kernel: readonly number[], attrs: ConvTransposeAttrs): void {
  checkWindow(kernel, attrs);
  const { outputPadding, outputShape } = attrs;
  if (outputPadding.length !== kernel.length || outputPadding.some((v) => !Number.isInteger(v) || v < 0)) {
    throw new ShapeError(
      `outputPadding ${formatShape(outputPadding)}; expected ${kernel.length} non-negative integers.`,
    );
  }
  if (
    outputShape &&
    (outputShape.length !== kernel.length || outputShape.some((v) => !Number.isInteger(v)))
  ) {
    throw new ShapeError(`outputShape ${formatShape(outputShape)}; expected ${kernel.length} integers.`);
  }
}

function spatialShape(input: Shape, kernel: readonly number[], attrs: ConvTransposeAttrs): Shape {
  checkAttrs(kernel, attrs);
  return input.map((dim, i) => {
    const size = outputDim(dim, i, kernel, attrs);
    if (typeof size === "string" || size > 0 || (size === 0 && dim === 0)) return size;
    throw new ShapeError(
      `output size ${size} on spatial dimension ${i} (input ${dim}, kernel ${kernel[i]}); expected at least 1.`,
    );
  });
}

/** autoPad and outputShape made explicit; pads crop the unpadded result. Throws ShapeError. */
export function resolveConvTranspose(
  input: readonly number[],
  kernel: readonly number[],
  attrs: ConvTransposeAttrs,
): ResolvedWindow {
  const output = spatialShape(input, kernel, attrs) as readonly number[];
  const pairs = input.map((size, i): readonly [number, number] => {
    if (attrs.autoPad === "valid" && !attrs.outputShape) return [0, 0];
    if (attrs.autoPad === "none" && !attrs.outputShape) {
      return [attrs.pads[i]!, attrs.pads[kernel.length + i]!];
    }
    const total = Math.max(0, (fullSize(size, i, kernel, attrs) as number) - output[i]!);
    const small = Math.floor(total / 2);
    return attrs.autoPad === "sameUpper" ? [small, total - small] : [total - small, small];
  });
  return { pads: [...pairs.map(([begin]) => begin), ...pairs.map(([, end]) => end)], output };
}

interface Scattered {
  readonly shape: readonly number[];
  readonly sums: Float64Array;
}

function scatter(x: Tensor, w: Tensor, attrs: ConvTransposeAttrs): Scattered {
  const [batch, inChannels, ...spatial] = x.shape as [number, number, ...number[]];
  const [, perGroup, ...kernel] = w.shape as [number, number, ...number[]];
  const { pads, output } = resolveConvTranspose(spatial, kernel, attrs);
  const taps = makeTaps({ ...attrs, kernel, pads }, spatial, output);
  const shape = [batch, perGroup * attrs.groups, ...output];
  const [sums, xs, weights] = [doubles(shape), toDoubles(x), toDoubles(w)];
  const [inPlane, outPlane, tapCount] = [numElements(spatial), numElements(output), numElements(kernel)];
  const inPerGroup = inChannels / attrs.groups;
  for (let row = 0; row < batch * inChannels; row++) {
    const [n, ic] = [Math.floor(row / inChannels), row % inChannels];
    const firstOut = (n * attrs.groups + Math.floor(ic / inPerGroup)) * perGroup;
    for (let oc = 0; oc < perGroup; oc++) {
      const source = { data: xs, at: row * inPlane };
      const target = { data: sums, at: (firstOut + oc) * outPlane };
      addTaps(taps, { data: weights, at: (ic * perGroup + oc) * tapCount }, source, target, true);
    }
  }
  return { shape, sums };
}

/**
 * x [N,IC,spatial...], w [IC,OC/groups,kernel...], bias? [OC] -> y [N,OC,spatial...], of floats: the gradient of
 * conv by its input, plus bias, then the activation. Throws ShapeError.
 */
export const convTranspose: Op<ConvTransposeAttrs> = defineOp<ConvTransposeAttrs>({
  name: "convTranspose",
  accuracy: "rounding",
  infer(inputs, attrs) {
    checkInputs(inputs, 2, 3);
    const [x, w, bias] = inputs as readonly [TensorType, TensorType, TensorType?];
    checkFloat(x, "input");
    checkSameDType(inputs);
    checkRank(x, 3, 5, "input");
    checkRank(w, x.shape.length, x.shape.length, "weight");
    const channels = checkTransposedChannels({ input: x.shape, weight: w.shape, groups: attrs.groups });
    const kernel = w.shape.slice(2);
    if (!isStatic(kernel)) {
      throw new ShapeError(`weight has shape ${formatShape(w.shape)}; expected a kernel of numbers.`);
    }
    if (bias) checkVector(bias, channels, "bias", "output channels");
    return [
      { dtype: x.dtype, shape: [x.shape[0]!, channels, ...spatialShape(x.shape.slice(2), kernel, attrs)] },
    ];
  },
  reference([x, w, bias], attrs) {
    const { shape, sums } = scatter(x!, w!, attrs);
    if (bias) addChannelBias(sums, shape, toDoubles(bias));
    applyActivation(sums, attrs.activation);
    return [fromNumbers(x!.dtype, shape, sums)];
  },
  flops([x, w]) {
    const perInput = w!.shape.slice(1);
    return isStatic(x!.shape) && isStatic(perInput) ? 2 * numElements(x!.shape) * numElements(perInput) : 0;
  },
});
