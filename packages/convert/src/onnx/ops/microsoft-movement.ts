import { ops, Tensor, type Value } from "@coracle/core";
import type { Convert, OnnxContext } from "../context.ts";
import {
  asInt64,
  binary,
  castTo,
  range,
  rankOf,
  reshape,
  scalarLike,
  squeeze,
  transpose,
  unsqueeze,
} from "./common.ts";
import { pick } from "./microsoft-heads.ts";
import { Pad as StandardPad } from "./movement.ts";
import { MaxPool, ConvTranspose as StandardConvTranspose } from "./nn.ts";

export { GatherND, Trilu } from "./movement.ts";
export { GridSample } from "./resize.ts";

export function ExpandDims(context: OnnxContext): readonly Value[] {
  const axis = asInt64(context, context.input(1));
  const list = rankOf(axis) === 0 ? reshape(context, axis, context.ints([1])) : axis;
  return [context.emit(ops.unsqueeze, {}, [context.input(0), list])];
}

/** Values in the order of their first place, then where each element is among them, then counts. */
export function Unique(context: OnnxContext): readonly Value[] {
  const [values, , inverse, counts] = context.emitAll(ops.unique, { sorted: false }, [context.input(0)]);
  return [values!, inverse!, counts!];
}

export function Inverse(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.inverse, {}, [context.input(0)])];
}

export function Pad(context: OnnxContext): readonly Value[] {
  const [x, pads, value] = [context.input(0), context.input(1), context.optional(2)];
  const list = rankOf(pads) === 1 ? pads : reshape(context, pads, context.ints([-1]));
  return StandardPad(context.withInputs([x, list, value]));
}

/** (start, limit, delta?), each of one element. */
export function Range(context: OnnxContext): readonly Value[] {
  const scalar = (x: Value): Value => (rankOf(x) === 0 ? x : reshape(context, x, context.ints([])));
  const start = scalar(context.input(0));
  const delta = context.optional(2);
  return [
    context.emit(ops.range, {}, [
      start,
      scalar(context.input(1)),
      delta ? scalar(delta) : scalarLike(context, start, 1),
    ]),
  ];
}

/** (x, boxes [R,4], images [R], size [2]). */
export function CropAndResize(context: OnnxContext): readonly Value[] {
  const mode = context.attributes.string("mode", "bilinear");
  if (mode !== "bilinear" && mode !== "nearest") context.fail(`mode "${mode}"`, "bilinear or nearest");
  const attrs = {
    mode: mode === "nearest" ? ("nearest" as const) : ("linear" as const),
    extrapolationValue: context.attributes.float("extrapolation_value", 0),
  };
  const inputs = [0, 1, 2].map((i) => context.input(i));
  return [context.emit(ops.cropAndResize, attrs, [...inputs, asInt64(context, context.input(3))])];
}

export function NGramRepeatBlock(context: OnnxContext): readonly Value[] {
  const attrs = { size: context.requiredInt("ngram_size") };
  return [context.emit(ops.blockRepeated, attrs, [context.input(0), context.input(1)])];
}

const lowest = -3.4028234663852886e38;

/** The mask is 0 from where the padding on the right starts. */
export function MaxpoolWithMask(context: OnnxContext): readonly Value[] {
  const [x, mask] = [context.input(0), context.input(1)];
  const isPadding = binary(context, ops.equal, mask, scalarLike(context, mask, 0));
  const shown = context.emit(ops.where, {}, [isPadding, scalarLike(context, x, lowest), x]);
  return [MaxPool(context.withInputs([shown]))[0]!];
}

/** (x, w, pads?, bias?): the pads as values; they are known when the file is read. */
export function ConvTransposeWithDynamicPads(context: OnnxContext): readonly Value[] {
  const pads = context.optional(2);
  const inputs = [context.input(0), context.input(1), context.optional(3)];
  if (!pads) return StandardConvTranspose(context.withInputs(inputs));
  const known = pads.data ?? context.fail("pads that are computed", "constant pads");
  return StandardConvTranspose(context.withInputs(inputs), Array.from(known.data, Number));
}

/** Distances of the rows of a [M,K] and b [N,K]. */
export function CDist(context: OnnxContext): readonly Value[] {
  const metric = context.attributes.string("metric", "sqeuclidean");
  if (metric !== "euclidean" && metric !== "sqeuclidean")
    context.fail(`metric "${metric}"`, "euclidean or sqeuclidean");
  const difference = binary(
    context,
    ops.sub,
    unsqueeze(context, context.input(0), [1]),
    unsqueeze(context, context.input(1), [0]),
  );
  const op = metric === "euclidean" ? ops.reduceL2 : ops.reduceSumSquare;
  return [context.emit(op, { keepDims: false, noopWithEmptyAxes: false }, [difference, context.ints([2])])];
}

/** Parts of complex numbers in the last dimension. */
function complexProduct(isConjugate: boolean): Convert {
  return (context) => {
    const [a, b] = [context.input(0), context.input(1)];
    const part = (x: Value, index: number): Value => pick(context, x, rankOf(x) - 1, index);
    const [re, im] = [part(a, 0), part(a, 1)];
    const [bRe, bIm] = [part(b, 0), isConjugate ? context.emit(ops.neg, {}, [part(b, 1)]) : part(b, 1)];
    const product = (x: Value, y: Value): Value => binary(context, ops.mul, x, y);
    const real = binary(context, ops.sub, product(re, bRe), product(im, bIm));
    const imaginary = binary(context, ops.add, product(re, bIm), product(im, bRe));
    const axis = rankOf(real);
    return [
      context.emit(ops.concat, { axis }, [
        unsqueeze(context, real, [axis]),
        unsqueeze(context, imaginary, [axis]),
      ]),
    ];
  };
}

export const ComplexMul: Convert = complexProduct(false);
export const ComplexMulConj: Convert = complexProduct(true);

function checkOneDimension(context: OnnxContext): void {
  const dimensions = context.attributes.int("signal_ndim", 1);
  if (dimensions !== 1) context.fail(`signal_ndim ${dimensions}`, "1");
  for (const name of ["normalized", "onesided"]) {
    const expected = name === "onesided" ? 1 : 0;
    if (context.attributes.int(name, expected) !== expected)
      context.fail(`${name} ${1 - expected}`, `${expected}`);
  }
}

function lastSize(context: OnnxContext, x: Value, axis: number): Value {
  const start = axis < 0 ? axis + rankOf(x) : axis;
  return squeeze(context, context.emit(ops.shapeOf, { start, end: start + 1 }, [x]), [0]);
}

/** Real [...,N] -> half the spectrum [...,N/2+1,2]. */
export function Rfft(context: OnnxContext): readonly Value[] {
  checkOneDimension(context);
  const x = context.input(0);
  const axis = rankOf(x);
  const inputs = [unsqueeze(context, x, [axis]), lastSize(context, x, -1), context.scalar("i64", axis - 1)];
  return [context.emit(ops.dft, { inverse: false, onesided: true }, inputs)];
}

/** Half a spectrum [...,N/2+1,2] -> real [...,N], N even; not divided by N. */
export function Irfft(context: OnnxContext): readonly Value[] {
  checkOneDimension(context);
  const x = context.input(0);
  const bins = lastSize(context, x, -2);
  const one = context.scalar("i64", 1);
  const length = binary(context, ops.mul, binary(context, ops.sub, bins, one), context.scalar("i64", 2));
  const inputs = [x, length, context.scalar("i64", rankOf(x) - 2)];
  const signal = context.emit(ops.dft, { inverse: true, onesided: true }, inputs);
  return [squeeze(context, signal, [rankOf(x) - 1])];
}

/** Whether no element of any input is infinite or NaN. */
export function IsAllFinite(context: OnnxContext): readonly Value[] {
  const onlyInfinity = context.attributes.int("isinf_only", 0) !== 0;
  const onlyNaN = context.attributes.int("isnan_only", 0) !== 0;
  const both = { detectNegative: true, detectPositive: true };
  const counts = context.all().flatMap((x) => {
    const tests: Value[] = onlyNaN ? [] : [context.emit(ops.isInf, both, [x])];
    if (!onlyInfinity) tests.push(context.emit(ops.isNaN, {}, [x]));
    return tests.map((test) =>
      context.emit(ops.reduceSum, { keepDims: false, noopWithEmptyAxes: false }, [
        castTo(context, test, "i32"),
      ]),
    );
  });
  const total = counts.reduce((sum, count) => binary(context, ops.add, sum, count));
  const none = binary(context, ops.equal, total, context.scalar("i32", 0));
  return [reshape(context, none, context.ints([1]))];
}

/** (table, indices, padding?, ...). */
export function TorchEmbedding(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.gather, { axis: 0 }, [context.input(0), context.input(1)])];
}

/** Windows of `size` along `dim`, one every `step`, as a last dimension. */
export function UnfoldTensor(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const given = context.attributes.int("dim", -1);
  const axis = given < 0 ? given + rankOf(x) : given;
  const [size, step] = [context.requiredInt("size"), context.attributes.int("step", 1)];
  const length = x.type.shape[axis];
  if (typeof length !== "number") return context.fail("a dimension of unknown size", "a number");
  const count = Math.floor((length - size) / step) + 1;
  const indices = range(count).flatMap((at) => range(size).map((i) => at * step + i));
  const table = context.constant(Tensor.from("i64", [count, size], indices));
  const windows = context.emit(ops.gather, { axis }, [x, table]);
  const perm = range(rankOf(x) + 1).filter((i) => i !== axis + 1);
  return [transpose(context, windows, [...perm, axis + 1])];
}

function channelsMoved(context: OnnxContext, x: Value, isFirst: boolean): Value {
  const rank = rankOf(x);
  const spatial = range(rank - 2);
  return transpose(
    context,
    x,
    isFirst ? [0, rank - 1, ...spatial.map((i) => i + 1)] : [0, ...spatial.map((i) => i + 2), 1],
  );
}

/** An operator of [N,C,...] over inputs of [N,...,C], of which only these are images. */
export function onChannelsLast(convert: Convert, images: readonly number[] = [0]): Convert {
  return (context) => {
    const inputs = context.inputs.map((x, i) =>
      x && images.includes(i) ? channelsMoved(context, x, true) : x,
    );
    return convert(context.withInputs(inputs)).map((y) => channelsMoved(context, y, false));
  };
}

export const NhwcMaxPool: Convert = onChannelsLast((context) => [MaxPool(context)[0]!]);
