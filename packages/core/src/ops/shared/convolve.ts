import { numElements } from "../../ir/shape.ts";
import { doubles } from "./doubles.ts";
import { addTaps, flattenedTaps, makeTaps } from "./taps.ts";
import { resolveWindow, type WindowAttrs } from "./window.ts";

export interface ConvSizes {
  /** [N,IC,spatial...] */
  readonly x: readonly number[];
  /** [OC,IC/groups,kernel...] */
  readonly w: readonly number[];
  readonly groups: number;
}

export interface Convolved {
  readonly shape: readonly number[];
  /** Sums in double precision, [N,OC,spatial...]. */
  readonly sums: Float64Array;
}

/** Cross-correlation with zero padding, without bias: x [N,IC,...], w [OC,IC/groups,...] -> [N,OC,...]. */
export function convolve(x: Float64Array, w: Float64Array, sizes: ConvSizes, window: WindowAttrs): Convolved {
  const [batch, , ...spatial] = sizes.x as [number, number, ...number[]];
  const [outChannels, perGroup, ...kernel] = sizes.w as [number, number, ...number[]];
  const { pads, output } = resolveWindow(spatial, kernel, window);
  const taps = flattenedTaps(makeTaps({ ...window, kernel, pads }, output, spatial));
  const shape = [batch, outChannels, ...output];
  const sums = doubles(shape);
  const [inPlane, outPlane, tapCount] = [numElements(spatial), numElements(output), numElements(kernel)];
  const outPerGroup = outChannels / sizes.groups;
  for (let n = 0; n < batch; n++) {
    for (let oc = 0; oc < outChannels; oc++) {
      const target = { data: sums, at: (n * outChannels + oc) * outPlane };
      const firstChannel = n * perGroup * sizes.groups + Math.floor(oc / outPerGroup) * perGroup;
      for (let ic = 0; ic < perGroup; ic++) {
        const weights = { data: w, at: (oc * perGroup + ic) * tapCount };
        addTaps(taps, weights, target, { data: x, at: (firstChannel + ic) * inPlane });
      }
    }
  }
  return { shape, sums };
}

/** values[n,c,...] += bias[c]. */
export function addChannelBias(
  values: Float64Array,
  shape: readonly number[],
  bias: ArrayLike<number>,
): void {
  const [batch, channels, ...spatial] = shape as [number, number, ...number[]];
  const plane = numElements(spatial);
  for (let row = 0; row < batch * channels; row++) {
    const b = bias[row % channels]!;
    for (let i = row * plane; i < (row + 1) * plane; i++) values[i]! += b;
  }
}
