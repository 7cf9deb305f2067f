import { type Op, ops, type Value } from "@coracle/core";
import type { Convert, PaddleContext } from "../context.ts";
import { activate } from "./activation.ts";
import { alignedTo, castTo, type NoAttrs, positive, rankOf, reshapeTo, unary } from "./common.ts";
import { floatOperand, floatWeights, stored } from "./lite.ts";

const square: Convert = (c) => ({ Out: c.emit(ops.mul, {}, [c.input("X"), c.input("X")]) });

const rsqrt: Convert = (c) => ({ Out: c.emit(ops.reciprocal, {}, [c.emit(ops.sqrt, {}, [c.input("X")])]) });

const log1p: Convert = (c) => {
  const x = c.input("X");
  return { Out: c.emit(ops.log, {}, [c.emit(ops.add, {}, [x, c.scalarLike(x, 1)])]) };
};

const powScalar: Convert = (c) => {
  const x = c.input("X");
  const factor = c.optional("FactorTensor") ?? c.scalarLike(x, c.float("factor", 1));
  return { Out: c.emit(ops.pow, {}, [x, factor]) };
};

const prelu: Convert = (c) => {
  const [x, alpha] = [c.input("X"), c.input("Alpha")];
  const isPerChannel = c.string("mode", "all") === "channel";
  const flat = isPerChannel ? reshapeTo(c, alpha, [-1]) : alpha;
  return { Out: c.emit(ops.prelu, {}, [x, isPerChannel ? alignedTo(c, x, flat, 1) : flat]) };
};

const clip: Convert = (c) => {
  const x = c.input("X");
  const [min, max] = [c.optional("Min"), c.optional("Max")];
  if (!min && !max)
    return { Out: c.emit(ops.clip, { min: c.float("min", -Infinity), max: c.float("max", Infinity) }, [x]) };
  const above = c.emit(ops.max, {}, [x, min ?? c.scalarLike(x, c.float("min", -3.4028234663852886e38))]);
  return { Out: c.emit(ops.min, {}, [above, max ?? c.scalarLike(x, c.float("max", 3.4028234663852886e38))]) };
};

/** Two inputs, the smaller laid at `axis` of the larger; a fused activation after it. */
function elementwise(make: (c: PaddleContext, a: Value, b: Value) => Value): Convert {
  return (c) => {
    const [x, y] = [c.input("X"), c.input("Y")];
    const axis = c.int("axis", -1);
    const [a, b] = rankOf(x) >= rankOf(y) ? [x, alignedTo(c, x, y, axis)] : [alignedTo(c, y, x, axis), y];
    const made = make(c, a, b);
    const activation = c.string("act_type", "");
    return { Out: activation === "" ? made : activate(c, made, activation) };
  };
}

const plain = (op: Op<NoAttrs>): Convert => elementwise((c, a, b) => c.emit(op, {}, [a, b]));

/** Rounds down, as Python's operator does. */
const floorDiv = elementwise((c, a, b) => {
  const isWhole = a.type.dtype.startsWith("i") || a.type.dtype.startsWith("u");
  if (!isWhole) return c.emit(ops.floor, {}, [c.emit(ops.div, {}, [a, b])]);
  const remainder = c.emit(ops.mod, { fmod: false }, [a, b]);
  return c.emit(ops.div, {}, [c.emit(ops.sub, {}, [a, remainder]), b]);
});

/** The sign of the divisor, for floats too. */
const mod = elementwise((c, a, b) => {
  const isWhole = a.type.dtype.startsWith("i") || a.type.dtype.startsWith("u");
  if (isWhole) return c.emit(ops.mod, { fmod: false }, [a, b]);
  const floor = c.emit(ops.floor, {}, [c.emit(ops.div, {}, [a, b])]);
  return c.emit(ops.sub, {}, [a, c.emit(ops.mul, {}, [floor, b])]);
});

const notEqual = elementwise((c, a, b) => c.emit(ops.not, {}, [c.emit(ops.equal, {}, [a, b])]));

const scale: Convert = (c) => {
  const x = c.input("X");
  const given = c.optional("ScaleTensor");
  const bias = c.float("bias", 0);
  const factor = c.float("scale", 1);
  const multiply = (value: Value): Value =>
    given
      ? c.emit(ops.mul, {}, [value, castTo(c, reshapeTo(c, given, [1]), value.type.dtype)])
      : factor === 1
        ? value
        : c.emit(ops.mul, {}, [value, c.scalarLike(value, factor)]);
  const shift = (value: Value): Value =>
    bias === 0 ? value : c.emit(ops.add, {}, [value, c.scalarLike(value, bias)]);
  const made = c.bool("bias_after_scale", true) ? shift(multiply(x)) : multiply(shift(x));
  const activation = c.string("activation_type", "");
  return { Out: activation === "" ? made : activate(c, made, activation) };
};

function transposed(c: PaddleContext, x: Value, isTransposed: boolean): Value {
  if (!isTransposed || rankOf(x) < 2) return x;
  const perm = Array.from({ length: rankOf(x) }, (_, i) => i);
  [perm[perm.length - 2], perm[perm.length - 1]] = [perm.at(-1)!, perm.at(-2)!];
  return c.emit(ops.transpose, { perm }, [x]);
}

function product(c: PaddleContext, names: readonly [string, string]): Value {
  const [x, y] = [floatOperand(c, "X"), floatWeights(c, "Y", 1)];
  return c.emit(ops.matMul, {}, [
    transposed(c, x, c.bool(names[0], false)),
    transposed(c, y, c.bool(names[1], false)),
  ]);
}

const matmulV2: Convert = (c) => ({ Out: product(c, ["trans_x", "trans_y"]) });

const matmul: Convert = (c) => {
  const made = product(c, ["transpose_X", "transpose_Y"]);
  const alpha = c.float("alpha", 1);
  return { Out: alpha === 1 ? made : c.emit(ops.mul, {}, [made, c.scalarLike(made, alpha)]) };
};

const bmm: Convert = (c) => ({ Out: c.emit(ops.matMul, {}, [c.input("X"), c.input("Y")]) });

/** X with its leading dimensions as rows, times w [K,N]; the leading dimensions come back. */
function rowsTimes(c: PaddleContext, x: Value, w: Value, leading: number): Value {
  if (leading === rankOf(x) - 1) return c.emit(ops.matMul, {}, [x, w]);
  const flat = c.emit(ops.flatten, { axis: leading }, [x]);
  const made = c.emit(ops.matMul, {}, [flat, w]);
  if (leading === 1) return made;
  const shape = [...c.emitAll(ops.shapeOf, { start: 0, end: leading }, [x]), c.indices([-1])];
  return c.emit(ops.reshape, { allowZero: false }, [made, c.emit(ops.concat, { axis: 0 }, shape)]);
}

const mul: Convert = (c) => {
  const [x, y] = [floatOperand(c, "X"), floatWeights(c, "Y", 1)];
  const yRows = c.int("y_num_col_dims", 1);
  if (rankOf(y) !== 2 || yRows !== 1)
    return c.fail(`Y of rank ${rankOf(y)} with ${yRows} dimensions as rows`, "rank 2 and 1");
  return { Out: stored(c, rowsTimes(c, x, y, c.int("x_num_col_dims", 1)), "Out") };
};

const fc: Convert = (c) => {
  const [x, w, bias] = [floatOperand(c, "Input"), floatWeights(c, "W", 1), c.optional("Bias")];
  if (c.bool("padding_weights", false)) return c.fail("padded weights", "plain ones");
  const made = rowsTimes(c, x, w, c.int("in_num_col_dims", 1));
  const sum = bias ? c.emit(ops.add, {}, [made, reshapeTo(c, bias, [-1])]) : made;
  const activation = c.string("activation_type", "");
  return { Out: stored(c, activation === "" ? sum : activate(c, sum, activation), "Out") };
};

function reduction(op: Op<{ readonly keepDims: boolean; readonly noopWithEmptyAxes: boolean }>): Convert {
  return (c) => {
    const x = c.input("X");
    const axes = (c.ints("dim") ?? [0]).map((axis) => positive(axis, rankOf(x)));
    const isAll = c.bool("reduce_all", false) || axes.length === 0;
    const attrs = { keepDims: c.bool("keep_dim", false), noopWithEmptyAxes: false };
    return { Out: c.emit(op, attrs, isAll ? [x] : [x, c.indices(axes)]) };
  };
}

/** all and any, by the smallest and largest of 0 and 1. */
function truth(op: Op<{ readonly keepDims: boolean; readonly noopWithEmptyAxes: boolean }>): Convert {
  return (c) => {
    const x = castTo(c, c.input("X"), "i32");
    const axes = c.ints("dim") ?? [0];
    const attrs = { keepDims: c.bool("keep_dim", false), noopWithEmptyAxes: false };
    const isAll = c.bool("reduce_all", false);
    return { Out: castTo(c, c.emit(op, attrs, isAll ? [x] : [x, c.indices(axes)]), "bool") };
  };
}

const mean: Convert = (c) => {
  const flat = reshapeTo(c, c.input("X"), [-1]);
  return {
    Out: c.emit(ops.reduceMean, { keepDims: true, noopWithEmptyAxes: false }, [flat, c.indices([0])]),
  };
};

const sum: Convert = (c) => {
  const [first, ...rest] = c.list("X");
  if (!first) return c.fail("0 inputs", "at least 1");
  return { Out: rest.reduce((a, b) => c.emit(ops.add, {}, [a, b]), first) };
};

const softmax: Convert = (c) => ({ Out: c.emit(ops.softmax, { axis: c.int("axis", -1) }, [c.input("X")]) });
const logSoftmax: Convert = (c) => ({
  Out: c.emit(ops.logSoftmax, { axis: c.int("axis", -1) }, [c.input("X")]),
});

const unaries: Readonly<Record<string, Op<NoAttrs>>> = {
  exp: ops.exp,
  log: ops.log,
  sqrt: ops.sqrt,
  abs: ops.abs,
  floor: ops.floor,
  ceil: ops.ceil,
  round: ops.round,
  sin: ops.sin,
  cos: ops.cos,
  erf: ops.erf,
  sign: ops.sign,
  reciprocal: ops.reciprocal,
  logical_not: ops.not,
};

const binaries: Readonly<Record<string, Op<NoAttrs>>> = {
  elementwise_sub: ops.sub,
  elementwise_mul: ops.mul,
  elementwise_add: ops.add,
  elementwise_div: ops.div,
  elementwise_max: ops.max,
  elementwise_min: ops.min,
  elementwise_pow: ops.pow,
  equal: ops.equal,
  less_than: ops.less,
  less_equal: ops.lessOrEqual,
  greater_than: ops.greater,
  greater_equal: ops.greaterOrEqual,
  logical_and: ops.and,
  logical_or: ops.or,
  logical_xor: ops.xor,
};

const tableOf = (entries: Readonly<Record<string, Op<NoAttrs>>>, make: (op: Op<NoAttrs>) => Convert) =>
  Object.fromEntries(Object.entries(entries).map(([name, op]) => [name, make(op)]));

export const math: Readonly<Record<string, Convert>> = {
  ...tableOf(unaries, unary),
  ...tableOf(binaries, plain),
  fusion_elementwise_add_activation: plain(ops.add),
  fusion_elementwise_sub_activation: plain(ops.sub),
  fusion_elementwise_mul_activation: plain(ops.mul),
  fusion_elementwise_div_activation: plain(ops.div),
  fusion_elementwise_max_activation: plain(ops.max),
  fusion_elementwise_min_activation: plain(ops.min),
  elementwise_mod: mod,
  elementwise_floordiv: floorDiv,
  not_equal: notEqual,
  square,
  rsqrt,
  log1p,
  pow: powScalar,
  prelu,
  clip,
  scale,
  matmul,
  matmul_v2: matmulV2,
  bmm,
  mul,
  fc,
  reduce_sum: reduction(ops.reduceSum),
  reduce_mean: reduction(ops.reduceMean),
  reduce_max: reduction(ops.reduceMax),
  reduce_min: reduction(ops.reduceMin),
  reduce_prod: reduction(ops.reduceProd),
  reduce_all: truth(ops.reduceMin),
  reduce_any: truth(ops.reduceMax),
  mean,
  sum,
  softmax,
  log_softmax: logSoftmax,
};
