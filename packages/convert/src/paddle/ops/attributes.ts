import type { DType } from "@coracle/core";
import type { PaddleContext } from "../context.ts";
import { dtypeOf } from "../dtype.ts";
import { known } from "./common.ts";

/** An axis that must be known before a run: a constant tensor or an attribute. */
export function axisOf(c: PaddleContext, tensor: string, otherwise: number): number {
  const given = c.optional(tensor);
  return given ? known(c, given, "axis")[0]! : c.int("axis", otherwise);
}

export function dtypeAttribute(c: PaddleContext, name: string, otherwise: DType): DType {
  const number = c.int(name, -1);
  return number < 0 ? otherwise : dtypeOf(number, `${c.op.type} "${c.name}"`);
}
