import type { TypedData } from "../ir/dtype.ts";
import { numElements } from "../ir/shape.ts";
import { layoutBlock, type TensorType } from "../ir/tensor.ts";

interface Strides {
  readonly batch: number;
  readonly group: number;
  readonly channel: number;
  readonly pixel: number;
  readonly block: number;
}

function stridesOf(type: TensorType, channels: number, pixels: number): Strides {
  if (type.layout === undefined) {
    return { batch: channels * pixels, group: pixels, channel: 0, pixel: 1, block: 1 };
  }
  const block = layoutBlock(type.layout);
  const group = pixels * block;
  return { batch: Math.ceil(channels / block) * group, group, channel: 1, pixel: block, block };
}

/**
 * Copies [N,C,...] from one layout to another of the same dtype and shape. Lanes past the last channel of a blocked
 * target are left as they are.
 */
export function reorderData(source: TypedData, target: TypedData, from: TensorType, to: TensorType): void {
  if (from.layout === to.layout) {
    (target as Float32Array).set(source as Float32Array);
    return;
  }
  const [batches, channels] = from.shape as readonly [number, number];
  const pixels = numElements(from.shape.slice(2));
  const read = stridesOf(from, channels, pixels);
  const write = stridesOf(to, channels, pixels);
  for (let n = 0; n < batches; n++) {
    for (let c = 0; c < channels; c++) {
      let i = n * read.batch + Math.floor(c / read.block) * read.group + (c % read.block) * read.channel;
      let o = n * write.batch + Math.floor(c / write.block) * write.group + (c % write.block) * write.channel;
      for (let p = 0; p < pixels; p++, i += read.pixel, o += write.pixel) target[o] = source[i]!;
    }
  }
}
