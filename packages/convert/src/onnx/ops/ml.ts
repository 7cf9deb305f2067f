import { ops, Tensor, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { asInt64, binary, castTo, rankOf, reshape, scalarLike } from "./common.ts";
import { labelCount } from "./ml-labels.ts";
import { classified, classifiedByOne, postTransform, transformed } from "./ml-scores.ts";

export function Binarizer(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const threshold = scalarLike(context, x, context.attributes.float("threshold", 0));
  return [castTo(context, binary(context, ops.greater, x, threshold), x.type.dtype)];
}

/** Columns of the last axis, chosen by index. */
export function ArrayFeatureExtractor(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const indices = asInt64(context, context.input(1));
  const list = rankOf(indices) === 1 ? indices : reshape(context, indices, context.ints([-1]));
  const rows = rankOf(x) === 1 ? reshape(context, x, context.ints([1, -1])) : x;
  return [context.emit(ops.gather, { axis: rankOf(rows) - 1 }, [rows, list])];
}

export function Scaler(context: OnnxContext): readonly Value[] {
  const x = castTo(context, context.input(0), "f32");
  const list = (name: string, otherwise: number): Value => {
    const values = context.attributes.floats(name) ?? [otherwise];
    return context.constant(Tensor.from("f32", [values.length], [...values]));
  };
  return [binary(context, ops.mul, binary(context, ops.sub, x, list("offset", 0)), list("scale", 1))];
}

/** coefficients [rows, features] of the attributes. */
function linear(context: OnnxContext, rows: number): Value {
  const coefficients =
    context.attributes.floats("coefficients") ?? context.fail("no coefficients", "them to be given");
  const weights = Tensor.from("f32", [rows, coefficients.length / rows], [...coefficients]);
  const x = castTo(context, context.input(0), "f32");
  const wide = rankOf(x) === 1 ? reshape(context, x, context.ints([1, -1])) : x;
  const product = context.emit(ops.matMul, { transB: true }, [wide, context.constant(weights)]);
  const intercepts = context.attributes.floats("intercepts");
  if (!intercepts?.length) return product;
  return binary(
    context,
    ops.add,
    product,
    context.constant(Tensor.from("f32", [intercepts.length], [...intercepts])),
  );
}

export function LinearRegressor(context: OnnxContext): readonly Value[] {
  const y = linear(context, context.attributes.int("targets", 1));
  return [transformed(context, y, postTransform(context))];
}

/** Two classes may have one score, for the second. */
export function LinearClassifier(context: OnnxContext): readonly Value[] {
  const features = context.input(0).type.shape.at(-1);
  const count = context.attributes.floats("coefficients")?.length ?? 0;
  if (typeof features !== "number") return context.fail("an unknown number of features", "a number");
  const rows = count / features;
  if (rows === 1 && labelCount(context) === 2) return classifiedByOne(context, linear(context, 1), 0);
  return classified(context, linear(context, rows));
}

const norms = { MAX: ops.reduceMax, L1: ops.reduceL1, L2: ops.reduceL2 } as const;

/** Rows divided by their norm; a row of norm 0 stays. */
export function Normalizer(context: OnnxContext): readonly Value[] {
  const x = castTo(context, context.input(0), "f32");
  const name = context.attributes.string("norm", "MAX");
  const norm = Object.hasOwn(norms, name)
    ? norms[name as keyof typeof norms]
    : context.fail(`norm "${name}"`, "MAX, L1 or L2");
  const attrs = { keepDims: true, noopWithEmptyAxes: false };
  const size = context.emit(norm, attrs, [x, context.ints([rankOf(x) - 1])]);
  const isZero = binary(context, ops.equal, size, scalarLike(context, size, 0));
  const divisor = context.emit(ops.where, {}, [isZero, scalarLike(context, size, 1), size]);
  return [binary(context, ops.div, x, divisor)];
}

/** One value for all features, or one for each, in place of a value that says "missing". */
export function Imputer(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const { attributes } = context;
  const isFloat = x.type.dtype.startsWith("f");
  const values =
    (isFloat ? attributes.floats("imputed_value_floats") : attributes.ints("imputed_value_int64s")) ??
    context.fail("no imputed values", "them to be given");
  const missing = isFloat
    ? attributes.float("replaced_value_float", 0)
    : attributes.int("replaced_value_int64", 0);
  const isMissing = Number.isNaN(missing)
    ? context.emit(ops.isNaN, {}, [x])
    : binary(context, ops.equal, x, scalarLike(context, x, missing));
  const given = context.constant(Tensor.from(x.type.dtype, [values.length], [...values]));
  return [context.emit(ops.where, {}, [isMissing, given, x])];
}

/** Columns of all inputs beside each other, as f32. */
export function FeatureVectorizer(context: OnnxContext): readonly Value[] {
  const columns = context.all().map((x) => {
    const real = castTo(context, x, "f32");
    return rankOf(real) === 1 ? reshape(context, real, context.ints([1, -1])) : real;
  });
  return [columns.length === 1 ? columns[0]! : context.emit(ops.concat, { axis: 1 }, columns)];
}
