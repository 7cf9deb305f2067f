import { ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { rowMajorStrides } from "../ir/shape.ts";
import { ints } from "../ir/tensor.ts";
import { expandedShape, tiledShape } from "./reshape.ts";
import { checkIndexVector, checkInputs } from "./shared/check.ts";
import { takeStrided, withShape } from "./shared/gather-data.ts";
import { broadcastStrides } from "./shared/strided.ts";
import type { NoAttrs } from "./unary.ts";

/** x, shape i64 [r] -> x repeated by numpy broadcasting; a 1 in the shape keeps x's size. */
export const expand: Op<NoAttrs> = defineOp({
  name: "expand",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, _, known) {
    checkInputs(inputs, 2);
    checkIndexVector(inputs[1]!, "shape");
    const { shape } = inputs[0]!;
    if (known[1]) return [withShape(inputs[0]!, expandedShape(shape, ints(known[1])))];
    const [length] = inputs[1]!.shape;
    if (typeof length !== "number")
      throw new ShapeError(`shape has unknown length "${length}"; expected a known rank.`);
    const rank = Math.max(shape.length, length);
    return [
      withShape(
        inputs[0]!,
        Array.from({ length: rank }, (_, i) => `?${i}`),
      ),
    ];
  },
  reference([x, wanted]) {
    const shape = expandedShape(x!.shape, ints(wanted!)) as number[];
    return [takeStrided(x!, { shape, strides: broadcastStrides(x!.shape, shape) })];
  },
});

/** x, repeats i64 [rank] -> x copied that often along each axis. */
export const tile: Op<NoAttrs> = defineOp({
  name: "tile",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, _, known) {
    checkInputs(inputs, 2);
    checkIndexVector(inputs[1]!, "repeats");
    const { shape } = inputs[0]!;
    return [
      withShape(inputs[0]!, known[1] ? tiledShape(shape, ints(known[1])) : shape.map((_, i) => `?${i}`)),
    ];
  },
  reference([x, repeats]) {
    const times = ints(repeats!);
    const shape = tiledShape(x!.shape, times) as number[];
    const strides = rowMajorStrides(x!.shape);
    const walk = {
      shape: x!.shape.flatMap((dim, axis) => [times[axis]!, dim]),
      strides: strides.flatMap((stride) => [0, stride]),
    };
    return [takeStrided(x!, walk, shape)];
  },
});
