import { DataError, ShapeError } from "../errors.ts";
import { defineOp, type KnownData, type Op } from "../ir/op.ts";
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
import { ints, Tensor, type TensorType } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { canEqual } from "./shared/channels.ts";
import { checkDType, checkFloat, checkIndexVector, checkInputs, checkRank } from "./shared/check.ts";
import { checkWindow } from "./shared/window.ts";

export interface MaxUnpoolAttrs {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
}

function naturalShape(x: Shape, attrs: MaxUnpoolAttrs): Shape {
  const rank = attrs.kernel.length;
  const spatial = x.slice(2).map((dim, i): Dim => {
    const rest = attrs.kernel[i]! - attrs.strides[i]! - attrs.pads[i]! - attrs.pads[rank + i]!;
    const scaled = dimMul(dim, attrs.strides[i]!);
    return rest < 0 ? dimSub(scaled, -rest) : dimAdd(scaled, rest);
  });
  return [...x.slice(0, 2), ...spatial];
}

function outputShape(inputs: readonly TensorType[], attrs: MaxUnpoolAttrs, known: KnownData): Shape {
  const [x, , shape] = inputs;
  if (shape === undefined) return naturalShape(x!.shape, attrs);
  const given = known[2];
  return given ? ints(given) : x!.shape.map((dim, i) => (i < 2 ? dim : `?${i}`));
}

/**
 * x [N,C,spatial...], indices as x (i64, into the whole output as ONNX counts), outputShape? [rank] (i64) -> y, zero
 * but for the values of x at the indices. Throws ShapeError; DataError for an index outside.
 */
export const maxUnpool: Op<MaxUnpoolAttrs> = defineOp<MaxUnpoolAttrs>({
  name: "maxUnpool",
  accuracy: "exact",
  infer(inputs, attrs, known) {
    checkInputs(inputs, 2, 3);
    const [x, indices, shape] = inputs as readonly [TensorType, TensorType, TensorType?];
    checkFloat(x, "input");
    checkDType(indices, ["i64"], "indices");
    checkRank(x, attrs.kernel.length + 2, attrs.kernel.length + 2, "input");
    checkWindow(attrs.kernel, { ...attrs, dilations: attrs.kernel.map(() => 1), autoPad: "none" });
    const isSame =
      indices.shape.length === x.shape.length && indices.shape.every((d, i) => canEqual(d, x.shape[i]!));
    if (!isSame) {
      throw new ShapeError(
        `indices have shape ${formatShape(indices.shape)}; expected ${formatShape(x.shape)}.`,
      );
    }
    if (shape) checkIndexVector(shape, "outputShape");
    const result = outputShape(inputs, attrs, known);
    if (result.length !== x.shape.length || result.some((dim) => typeof dim === "number" && dim < 0)) {
      throw new ShapeError(
        `output shape ${formatShape(result)}; expected ${x.shape.length} non-negative sizes.`,
      );
    }
    return [{ dtype: x.dtype, shape: result }];
  },
  reference([x, indices, given], attrs) {
    const natural = naturalShape(x!.shape, attrs) as readonly number[];
    const shape = given ? ints(given) : natural;
    if (!isStatic(shape) || shape.length !== natural.length) {
      throw new DataError(`output shape ${formatShape(shape)}; expected ${natural.length} sizes.`);
    }
    const out = allocate(x!.dtype, shape) as Float64Array;
    const values = x!.data as Float64Array;
    const targets = given ? relocated(indices!, natural, shape) : ints(indices!);
    targets.forEach((target, i) => {
      if (target < 0 || target >= out.length) {
        throw new DataError(`index ${target}; expected one in [0, ${out.length - 1}].`);
      }
      out[target] = values[i]!;
    });
    return [Tensor.from(x!.dtype, shape, out)];
  },
});

/** Indices count in the natural output; the same position counts otherwise in the given one. */
function relocated(indices: Tensor, natural: readonly number[], shape: readonly number[]): number[] {
  const total = numElements(natural);
  return ints(indices).map((index) => {
    if (index < 0 || index >= total)
      throw new DataError(`index ${index}; expected one in [0, ${total - 1}].`);
    let [rest, at, stride] = [index, 0, 1];
    for (let axis = natural.length - 1; axis >= 0; axis--) {
      const position = rest % natural[axis]!;
      rest = Math.floor(rest / natural[axis]!);
      if (position >= shape[axis]!) return -1;
      at += position * stride;
      stride *= shape[axis]!;
    }
    return at;
  });
}
