import { ops, Tensor, type Value } from "@coracle/core";
import { scalarTensor } from "../../onnx/context.ts";
import type { Convert, PaddleContext } from "../context.ts";
import { dtypeAttribute } from "./attributes.ts";
import { castTo, concat as concatAll, indicesFrom, reshapeTo, shapeOf } from "./common.ts";

/** `str_value` is exact where `value` is a 32-bit float. */
const fillConstant: Convert = (c) => {
  const dtype = dtypeAttribute(c, "dtype", "f32");
  const text = c.string("str_value", "");
  const number = text === "" ? c.float("value", 0) : Number(text.replace(/^(-?)inf.*$/i, "$1Infinity"));
  const shape =
    indicesFrom(c, { list: "ShapeTensorList", tensor: "ShapeTensor", attribute: "shape" }) ?? c.indices([]);
  const given = c.optional("ValueTensor");
  if (given) return { Out: c.emit(ops.expand, {}, [castTo(c, given, dtype), shape]) };
  return { Out: c.emit(ops.fill, { value: scalarTensor(dtype, number, [1]) }, [shape]) };
};

const fillLike =
  (value: (c: PaddleContext) => number): Convert =>
  (c) => {
    const x = c.input("X");
    const dtype = dtypeAttribute(c, "dtype", x.type.dtype);
    return { Out: c.emit(ops.fill, { value: scalarTensor(dtype, value(c), [1]) }, [shapeOf(c, x)]) };
  };

const fillBatchLike: Convert = (c) => {
  const dtype = dtypeAttribute(c, "dtype", "f32");
  const at = c.int("output_dim_idx", 0);
  const from = c.int("input_dim_idx", 0);
  const shape = c.ints("shape") ?? [];
  const batch = c.emit(ops.shapeOf, { start: from, end: from + 1 }, [c.input("Input")]);
  const parts = [shape.slice(0, at), shape.slice(at + 1)].map((part) => c.indices(part));
  const full = concatAll(c, [parts[0]!, batch, parts[1]!], 0);
  return { Out: c.emit(ops.fill, { value: scalarTensor(dtype, c.float("value", 0), [1]) }, [full]) };
};

const assignValue: Convert = (c) => {
  const dtype = dtypeAttribute(c, "dtype", "f32");
  const shape = c.ints("shape") ?? [];
  const names = [
    "values",
    "fp32_values",
    "int32_values",
    "int64_values",
    "fp64_values",
    "int8_values",
    "bool_values",
  ];
  const values = names
    .map((name) => c.op.attributes.get(name))
    .find((value) => Array.isArray(value) && value.length > 0);
  const numbers = ((values as readonly (number | boolean)[] | undefined) ?? []).map(Number);
  return { Out: c.constant(Tensor.from(dtype, shape, numbers)) };
};

const cast: Convert = (c) => {
  const x = c.input("X");
  return { Out: castTo(c, x, dtypeAttribute(c, "out_dtype", x.type.dtype)) };
};

const shape: Convert = (c) => ({ Out: castTo(c, shapeOf(c, c.input("Input")), "i32") });

const range: Convert = (c) => {
  const scalarOf = (slot: string): Value => reshapeTo(c, c.input(slot), []);
  return { Out: c.emit(ops.range, {}, [scalarOf("Start"), scalarOf("End"), scalarOf("Step")]) };
};

const increment: Convert = (c) => {
  const x = c.input("X");
  return { Out: c.emit(ops.add, {}, [x, c.scalarLike(x, c.float("step", 1))]) };
};
export const creation: Readonly<Record<string, Convert>> = {
  fill_constant: fillConstant,
  fill_any_like: fillLike((c) => c.float("value", 0)),
  fill_zeros_like: fillLike(() => 0),
  fill_constant_batch_size_like: fillBatchLike,
  assign_value: assignValue,
  cast,
  shape,
  range,
  increment,
};
