import { ShapeError } from "../../errors.ts";
import { type Dim, dimMul, formatShape, type Shape } from "../../ir/shape.ts";
import type { TensorType } from "../../ir/tensor.ts";

/** False only for two numbers that differ: a symbol may turn out to be anything. */
export function canEqual(a: Dim, b: Dim): boolean {
  return a === b || typeof a === "string" || typeof b === "string";
}

/** "NCHW" for two spatial dimensions. */
export function layoutName(spatialRank: number): string {
  return `NC${["", "W", "HW", "DHW"][spatialRank] ?? "..."}`;
}

/** Throws ShapeError unless `type` is a vector of `size`, the `of` of something. */
export function checkVector(type: TensorType, size: Dim, what: string, of: string): void {
  const [length] = type.shape;
  if (type.shape.length === 1 && canEqual(length!, size)) return;
  throw new ShapeError(`${what} has shape ${formatShape(type.shape)}; expected [${size}] (${of}).`);
}

export interface ChannelCheck {
  readonly input: Shape;
  readonly weight: Shape;
  readonly groups: number;
}

/** Weight [OC,IC/groups,...] against input [N,IC,...]. Throws ShapeError. */
export function checkChannels({ input, weight, groups }: ChannelCheck): void {
  const context = `input ${formatShape(input)} ${layoutName(input.length - 2)}, groups ${groups}`;
  const [out, perGroup] = weight as [Dim, Dim];
  const channels = input[1]!;
  if (!Number.isInteger(groups) || groups < 1) {
    throw new ShapeError(`groups ${groups}; expected a positive integer.`);
  }
  if (typeof channels === "number" && typeof perGroup === "number" && perGroup * groups !== channels) {
    const expected =
      channels % groups === 0 ? `${channels / groups}` : `a multiple of ${groups} in the input`;
    throw new ShapeError(`weight has ${perGroup} input channels; expected ${expected} (${context}).`);
  }
  if (typeof out === "number" && out % groups !== 0) {
    throw new ShapeError(
      `weight has ${out} output channels; expected a multiple of the groups (${context}).`,
    );
  }
}

/** Weight [IC,OC/groups,...] of a transposed convolution against input [N,IC,...]. Throws ShapeError. */
export function checkTransposedChannels({ input, weight, groups }: ChannelCheck): Dim {
  const context = `input ${formatShape(input)} ${layoutName(input.length - 2)}, groups ${groups}`;
  const [channels, perGroup] = weight as [Dim, Dim];
  if (!Number.isInteger(groups) || groups < 1) {
    throw new ShapeError(`groups ${groups}; expected a positive integer.`);
  }
  if (!canEqual(channels, input[1]!)) {
    throw new ShapeError(`weight has ${channels} input channels; expected ${input[1]} (${context}).`);
  }
  if (typeof channels === "number" && channels % groups !== 0) {
    throw new ShapeError(
      `weight has ${channels} input channels; expected a multiple of the groups (${context}).`,
    );
  }
  return dimMul(perGroup, groups);
}
