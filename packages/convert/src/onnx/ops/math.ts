import { type DType, isNarrow, type Op, ops, type RoundMode, type Value } from "@coracle/core";
import type { Convert, OnnxContext } from "../context.ts";
import { dataTypeByName, dtypeOf } from "../data-type.ts";
import { castTo, legacyBroadcast, scalarLike, unary } from "./common.ts";

export const Abs: Convert = unary(ops.abs);
export const Neg: Convert = unary(ops.neg);
export const Sign: Convert = unary(ops.sign);
export const Ceil: Convert = unary(ops.ceil);
export const Floor: Convert = unary(ops.floor);
export const Round: Convert = unary(ops.round);
export const Sqrt: Convert = unary(ops.sqrt);
export const Reciprocal: Convert = unary(ops.reciprocal);
export const Exp: Convert = unary(ops.exp);
export const Log: Convert = unary(ops.log);
export const Sin: Convert = unary(ops.sin);
export const Cos: Convert = unary(ops.cos);
export const Tan: Convert = unary(ops.tan);
export const Asin: Convert = unary(ops.asin);
export const Acos: Convert = unary(ops.acos);
export const Atan: Convert = unary(ops.atan);
export const Sinh: Convert = unary(ops.sinh);
export const Cosh: Convert = unary(ops.cosh);
export const Tanh: Convert = unary(ops.tanh);
export const Asinh: Convert = unary(ops.asinh);
export const Acosh: Convert = unary(ops.acosh);
export const Atanh: Convert = unary(ops.atanh);
export const Erf: Convert = unary(ops.erf);
export const Not: Convert = unary(ops.not);
export const BitwiseNot: Convert = unary(ops.bitwiseNot);
export const IsNaN: Convert = unary(ops.isNaN);
export const Det: Convert = unary(ops.det);

export function IsInf(context: OnnxContext): readonly Value[] {
  const detectNegative = context.attributes.int("detect_negative", 1) !== 0;
  const detectPositive = context.attributes.int("detect_positive", 1) !== 0;
  return [context.emit(ops.isInf, { detectNegative, detectPositive }, [context.input(0)])];
}

function legacyBinary(op: Op<Record<never, never>>): Convert {
  return (context) => [context.emit(op, {}, legacyBroadcast(context))];
}

export const Add: Convert = legacyBinary(ops.add);
export const Sub: Convert = legacyBinary(ops.sub);
export const Mul: Convert = legacyBinary(ops.mul);
export const Div: Convert = legacyBinary(ops.div);
export const Pow: Convert = legacyBinary(ops.pow);
export const And: Convert = legacyBinary(ops.and);
export const Or: Convert = legacyBinary(ops.or);
export const Xor: Convert = legacyBinary(ops.xor);
export const Equal: Convert = legacyBinary(ops.equal);
export const Less: Convert = legacyBinary(ops.less);
export const Greater: Convert = legacyBinary(ops.greater);
export const LessOrEqual: Convert = legacyBinary(ops.lessOrEqual);
export const GreaterOrEqual: Convert = legacyBinary(ops.greaterOrEqual);
export const BitwiseAnd: Convert = legacyBinary(ops.bitwiseAnd);
export const BitwiseOr: Convert = legacyBinary(ops.bitwiseOr);
export const BitwiseXor: Convert = legacyBinary(ops.bitwiseXor);

export function Mod(context: OnnxContext): readonly Value[] {
  const fmod = context.attributes.int("fmod", 0) !== 0;
  return [context.emit(ops.mod, { fmod }, [context.input(0), context.input(1)])];
}

export function BitShift(context: OnnxContext): readonly Value[] {
  const direction = context.attributes.string("direction", "");
  if (direction !== "LEFT" && direction !== "RIGHT")
    context.fail(`direction "${direction}"`, "LEFT or RIGHT");
  const attrs = { direction: direction === "LEFT" ? ("left" as const) : ("right" as const) };
  return [context.emit(ops.bitShift, attrs, [context.input(0), context.input(1)])];
}

function variadic(context: OnnxContext, op: Op<Record<never, never>>): Value {
  return context.all().reduce((sum, value) => context.emit(op, {}, [sum, value]));
}

export const Sum: Convert = (context) => [variadic(context, ops.add)];
export const Max: Convert = (context) => [variadic(context, ops.max)];
export const Min: Convert = (context) => [variadic(context, ops.min)];

export function Mean(context: OnnxContext): readonly Value[] {
  const sum = variadic(context, ops.add);
  const count = context.inputs.length;
  return count === 1 ? [sum] : [context.emit(ops.div, {}, [sum, scalarLike(context, sum, count)])];
}

export function Where(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.where, {}, [context.input(0), context.input(1), context.input(2)])];
}

function castTarget(context: OnnxContext): DType {
  const { attributes, node } = context;
  const isNamed = context.opset < 6 && attributes.get("to")?.type === 3;
  const to = isNamed ? dataTypeByName(attributes.string("to", "")) : context.requiredInt("to");
  return dtypeOf(to, `${node.opType} "${node.name}"`);
}

function castAs(context: OnnxContext, to: DType): readonly Value[] {
  const { attributes } = context;
  if (!isNarrow(to)) return [castTo(context, context.input(0), to)];
  const roundMode = attributes.string("round_mode", "up");
  if (roundMode !== "up" && roundMode !== "down" && roundMode !== "nearest") {
    context.fail(`round_mode ${roundMode}`, "up, down or nearest");
  }
  const saturate = attributes.int("saturate", 1) !== 0;
  return [context.emit(ops.cast, { to, saturate, roundMode: roundMode as RoundMode }, [context.input(0)])];
}

export function Cast(context: OnnxContext): readonly Value[] {
  return castAs(context, castTarget(context));
}

export function CastLike(context: OnnxContext): readonly Value[] {
  return castAs(context, context.input(1).type.dtype);
}

export function BitCast(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.bitCast, { to: castTarget(context) }, [context.input(0)])];
}

export function Identity(context: OnnxContext): readonly Value[] {
  return [context.input(0)];
}
