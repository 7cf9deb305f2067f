import { DataError, ShapeError } from "../errors.ts";
import { elementOf } from "../ir/element.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { type ElementType, Tensor } from "../ir/tensor.ts";
import { itemType } from "./sequence.ts";
import { checkDType, checkInputs } from "./shared/check.ts";
import type { NoAttrs } from "./unary.ts";

export interface OptionalAttrs {
  /** What is absent, where there is no input. */
  readonly element?: ElementType;
}

/** x (a tensor or sequence)? -> an optional that holds it, or that holds nothing of type `element`. */
export const optional: Op<OptionalAttrs> = defineOp<OptionalAttrs>({
  name: "optional",
  accuracy: "exact",
  takes: "anything",
  infer(inputs, { element }) {
    checkInputs(inputs, 0, 1);
    const held = inputs[0] ? elementOf(inputs[0]) : element;
    if (!held) throw new ShapeError("no input and no element type; expected one of them.");
    if (held.dtype === "optional")
      throw new ShapeError("an optional inside an optional; expected a tensor or sequence.");
    return [{ dtype: "optional", shape: [inputs.length], element: held }];
  },
  reference: ([x], { element }) => [Tensor.optional(x ?? null, x ? elementOf(x.type) : element)],
});

/** optional -> what it holds. Throws ShapeError; DataError when it holds nothing. */
export const optionalGetElement: Op<NoAttrs> = defineOp<NoAttrs>({
  name: "optionalGetElement",
  accuracy: "exact",
  takes: "anything",
  infer(inputs) {
    checkInputs(inputs, 1);
    checkDType(inputs[0]!, ["optional"], "input 0");
    return [itemType(inputs[0]!.element!, "an optional tensor")];
  },
  reference([x]) {
    const [held] = x!.items;
    if (!held) throw new DataError("an empty optional; expected one that holds a value.");
    return [held];
  },
});

/** optional -> whether it holds a value, a bool scalar. */
export const optionalHasElement: Op<NoAttrs> = defineOp<NoAttrs>({
  name: "optionalHasElement",
  accuracy: "exact",
  takes: "anything",
  infer(inputs) {
    checkInputs(inputs, 1);
    checkDType(inputs[0]!, ["optional"], "input 0");
    return [{ dtype: "bool", shape: [] }];
  },
  reference: ([x]) => [Tensor.scalar("bool", x!.items.length)],
});
