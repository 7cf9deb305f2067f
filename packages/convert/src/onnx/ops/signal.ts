import { ops } from "@coracle/core";
import type { Convert } from "../context.ts";
import { dtypeOf } from "../data-type.ts";
import { binary, castTo, rankOf, reshape } from "./common.ts";

/** c0 - c1 cos(2 pi n / N) + c2 cos(4 pi n / N); N is the size when periodic, else size - 1. */
function cosineWindow(coefficients: readonly number[]): Convert {
  return (context) => {
    const size = castTo(context, context.input(0), "f32");
    const length = rankOf(size) === 0 ? size : reshape(context, size, context.ints([]));
    const one = context.scalar("f32", 1);
    const isPeriodic = context.attributes.int("periodic", 1) !== 0;
    const period = isPeriodic ? length : binary(context, ops.sub, length, one);
    const n = context.emit(ops.range, {}, [context.scalar("f32", 0), length, one]);
    const terms = coefficients.map((coefficient, i) => {
      if (i === 0) return context.scalar("f32", coefficient);
      const angle = binary(
        context,
        ops.div,
        binary(context, ops.mul, n, context.scalar("f32", 2 * Math.PI * i)),
        period,
      );
      return binary(context, ops.mul, context.emit(ops.cos, {}, [angle]), context.scalar("f32", coefficient));
    });
    const sum = terms.slice(1).reduce((total, term) => binary(context, ops.add, total, term), terms[0]!);
    return [castTo(context, sum, dtypeOf(context.attributes.int("output_datatype", 1), "output_datatype"))];
  };
}

export const HannWindow: Convert = cosineWindow([0.5, -0.5]);
export const HammingWindow: Convert = cosineWindow([25 / 46, -21 / 46]);
export const BlackmanWindow: Convert = cosineWindow([0.42, -0.5, 0.08]);
