import { ops, type Value } from "@coracle/core";
import { type Convert, type OnnxContext, scalarTensor } from "../context.ts";
import { dtypeOf } from "../data-type.ts";
import { asInt64, binary, castTo, filled, rankOf, reshape, shapeOf } from "./common.ts";

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

function scalarOf(context: OnnxContext, x: Value): Value {
  const wide = asInt64(context, x);
  return rankOf(wide) === 0 ? wide : reshape(context, wide, context.ints([]));
}

/** The length of the signal; of a half spectrum that of the signal it belongs to. */
function fullLength(context: OnnxContext, x: Value, axis: Value, isHalf: boolean): Value {
  const length = context.emit(ops.gather, { axis: 0 }, [shapeOf(context, x), axis]);
  if (!isHalf) return length;
  const one = context.scalar("i64", 1);
  return binary(context, ops.mul, binary(context, ops.sub, length, one), context.scalar("i64", 2));
}

/** Before opset 20 the axis was an attribute. */
function dftAxis(context: OnnxContext): Value {
  if (context.opset < 20) return context.scalar("i64", context.attributes.int("axis", 1));
  const given = context.optional(2);
  return given ? scalarOf(context, given) : context.scalar("i64", -2);
}

export function DFT(context: OnnxContext): readonly Value[] {
  const [x, length] = [context.input(0), context.optional(1)];
  const inverse = context.attributes.int("inverse", 0) !== 0;
  const onesided = context.attributes.int("onesided", 0) !== 0;
  const axis = dftAxis(context);
  const size = length ? scalarOf(context, length) : fullLength(context, x, axis, inverse && onesided);
  return [context.emit(ops.dft, { inverse, onesided }, [x, size, axis])];
}

/** Without a window all samples count alike; without a length a frame has that of the window. */
export function STFT(context: OnnxContext): readonly Value[] {
  const [signal, step, window, length] = [
    context.input(0),
    context.input(1),
    context.optional(2),
    context.optional(3),
  ];
  if (!window && !length) context.fail("no window and no frame_length", "one of them");
  const size = length
    ? scalarOf(context, length)
    : context.emit(ops.gather, { axis: 0 }, [shapeOf(context, window!), context.scalar("i64", 0)]);
  const one = context.constant(scalarTensor(signal.type.dtype, 1, []));
  const weights = window ?? filled(context, one, reshape(context, size, context.ints([1])));
  const onesided = context.attributes.int("onesided", 1) !== 0;
  return [context.emit(ops.stft, { onesided }, [signal, scalarOf(context, step), weights, size])];
}

export function MelWeightMatrix(context: OnnxContext): readonly Value[] {
  const inputs = [0, 1, 2].map((i) => scalarOf(context, context.input(i)));
  const dtype = dtypeOf(context.attributes.int("output_datatype", 1), "MelWeightMatrix output_datatype");
  return [context.emit(ops.melWeights, { dtype }, [...inputs, context.input(3), context.input(4)])];
}

const pixelFormats = { RGB: "rgb", BGR: "bgr", Grayscale: "grayscale" } as const;

export function ImageDecoder(context: OnnxContext): readonly Value[] {
  const name = context.attributes.string("pixel_format", "RGB");
  const format = Object.hasOwn(pixelFormats, name)
    ? pixelFormats[name as keyof typeof pixelFormats]
    : context.fail(`pixel_format "${name}"`, Object.keys(pixelFormats).join(", "));
  return [context.emit(ops.decodeImage, { format }, [context.input(0)])];
}
