import { ops, Tensor, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { filled, rankOf, shapeOf } from "./common.ts";

/** Bytes of two 4-bit elements as what they hold, which needs them to be known. */
function unpacked(context: OnnxContext, x: Value, bits: number): Value {
  if (x.type.dtype !== "u8" || bits === 8) return x;
  if (bits !== 4) context.fail(`bits ${bits}`, "4 or 8");
  const { data, shape } = x.data ?? context.fail("packed weights that are computed", "a constant");
  const wide = [...shape.slice(0, -1), 2 * shape.at(-1)!];
  return context.constant(Tensor.fromPacked("u4", wide, new Uint8Array(data as Uint8Array)));
}

/** Unsigned weights lie around the middle of their range where no zero point is given. */
function zeroPoints(context: OnnxContext, scales: Value, weights: Value, bits: number): Value {
  const { dtype } = weights.type;
  const middle = dtype.startsWith("u") ? 2 ** (bits - 1) : 0;
  return filled(context, context.constant(Tensor.from(dtype, [], [middle])), shapeOf(context, scales));
}

/** (weights, indices, scales, zeroPoints?): rows of a table in blocks that share a scale, as real numbers. */
export function GatherBlockQuantized(context: OnnxContext): readonly Value[] {
  const { attributes } = context;
  const bits = attributes.int("bits", 4);
  const [weights, indices, scales] = [
    unpacked(context, context.input(0), bits),
    context.input(1),
    context.input(2),
  ];
  const rank = rankOf(weights);
  const front = (axis: number): number => (axis < 0 ? axis + rank : axis);
  const [axis, along] = [front(attributes.int("gather_axis", 0)), front(attributes.int("quantize_axis", 1))];
  if (axis === along) context.fail(`gather_axis and quantize_axis ${axis}`, "two axes");
  const given = context.optional(3);
  const zeros = given ? unpacked(context, given, bits) : zeroPoints(context, scales, weights, bits);
  const rows = [weights, scales, zeros].map((x) => context.emit(ops.gather, { axis }, [x, indices]));
  const moved = along > axis ? along + rankOf(indices) - 1 : along;
  return [
    context.emit(ops.dequantizeLinear, { axis: moved, blockSize: attributes.int("block_size", 128) }, rows),
  ];
}
