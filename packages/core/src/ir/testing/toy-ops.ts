import { ShapeError } from "../../errors.ts";
import { defineOp, type Op } from "../op.ts";
import type { Block } from "../program.ts";
import { broadcastShapes, formatShape, sameShape } from "../shape.ts";
import { numbers, Tensor } from "../tensor.ts";

/** Ops small enough to read, so that the data layer's tests need no catalogue. */
export const twice: Op<Record<never, never>> = defineOp<Record<never, never>>({
  name: "twice",
  infer: ([x]) => [x!],
  reference: ([x]) => [
    Tensor.from(
      x!.dtype,
      x!.shape,
      Array.from(numbers(x!), (value) => 2 * value),
    ),
  ],
  accuracy: "exact",
});

export const plus: Op<Record<never, never>> = defineOp<Record<never, never>>({
  name: "plus",
  infer: ([a, b]) => [{ dtype: a!.dtype, shape: broadcastShapes(a!.shape, b!.shape) }],
  reference: ([a, b]) => {
    if (!sameShape(a!.shape, b!.shape))
      throw new ShapeError(`shapes ${formatShape(a!.shape)}; expected equal.`);
    const other = numbers(b!);
    return [
      Tensor.from(
        a!.dtype,
        a!.shape,
        Array.from(numbers(a!), (value, i) => value + other[i]!),
      ),
    ];
  },
  accuracy: "exact",
});

export const scaled: Op<{ readonly by: number }> = defineOp<{ readonly by: number }>({
  name: "scaled",
  infer: ([x]) => [x!],
  reference: ([x], { by }) => [
    Tensor.from(
      x!.dtype,
      x!.shape,
      Array.from(numbers(x!), (value) => by * value),
    ),
  ],
  accuracy: "exact",
});

export const boxed: Op<{ readonly body: Block }> = defineOp<{ readonly body: Block }>({
  name: "boxed",
  infer: (_, { body }) => body.outputs.map(({ type }) => type),
  reference: () => {
    throw new ShapeError("boxed is for tests of structure; expected not to run.");
  },
  accuracy: "exact",
});
