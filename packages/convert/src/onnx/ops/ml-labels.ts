import { type DType, ops, Tensor, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { asInt64, binary, castTo, rankOf, unsqueeze } from "./common.ts";

function listOf(dtype: DType, values: readonly number[] | readonly string[]): Tensor {
  return Tensor.from(dtype, [values.length], [...values] as number[]);
}

const kinds = [
  ["strings", "string", "string", "_Unused"],
  ["int64s", "i64", "int64", -1],
  ["floats", "f32", "float", -0],
] as const;

/** keys_strings, values_int64s, cats_floats, ...: whichever the node has. */
function listNamed(context: OnnxContext, prefix: string): Tensor | undefined {
  const { attributes } = context;
  for (const [suffix, dtype] of kinds) {
    const name = `${prefix}_${suffix}`;
    const values =
      dtype === "string"
        ? attributes.strings(name)
        : dtype === "i64"
          ? attributes.ints(name)
          : attributes.floats(name);
    if (values) return listOf(dtype, values);
  }
  return attributes.tensor(`${prefix}_tensor`);
}

/** What stands for no key, of the dtype of the values. */
function defaultFor(context: OnnxContext, values: Tensor): Tensor {
  const { attributes } = context;
  const given = attributes.tensor("default_tensor");
  if (given) return given;
  if (values.dtype === "string") return listOf("string", [attributes.string("default_string", "_Unused")]);
  if (/^[iu]/.test(values.dtype)) return listOf(values.dtype, [attributes.int("default_int64", -1)]);
  return listOf(values.dtype, [attributes.float("default_float", -0)]);
}

function required(context: OnnxContext, prefix: string): Tensor {
  return (
    listNamed(context, prefix) ??
    context.fail(`no ${prefix}`, `${prefix}_strings, _int64s, _floats or _tensor`)
  );
}

function counted(count: number): Tensor {
  return Tensor.ints(Array.from({ length: count }, (_, i) => i));
}

function look(context: OnnxContext, x: Value, keys: Tensor, values: Tensor): Value {
  return context.emit(ops.lookup, { keys, values, otherwise: defaultFor(context, values) }, [x]);
}

/** Opset 1 of the domain numbers a list of classes, and back. */
export function LabelEncoder(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const classes = context.attributes.strings("classes_strings");
  if (!classes) return [look(context, x, required(context, "keys"), required(context, "values"))];
  const [names, numbers] = [listOf("string", classes), counted(classes.length)];
  return [x.type.dtype === "string" ? look(context, x, names, numbers) : look(context, x, numbers, names)];
}

export function CategoryMapper(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const numbers = listOf("i64", context.attributes.ints("cats_int64s") ?? []);
  const names = listOf("string", context.attributes.strings("cats_strings") ?? []);
  return [x.type.dtype === "string" ? look(context, x, names, numbers) : look(context, x, numbers, names)];
}

/** 1 where the category is that of the last dimension; all 0 for one that is none. */
export function OneHotEncoder(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  if (context.attributes.int("zeros", 1) === 0) context.fail("zeros 0", "1: unknown categories give zeros");
  const categories = context.constant(required(context, "cats"));
  const typed = x.type.dtype === "string" ? x : asInt64(context, x);
  const isEqual = binary(context, ops.equal, unsqueeze(context, typed, [rankOf(x)]), categories);
  return [castTo(context, isEqual, "f32")];
}

/** The names of the classes that indices stand for. */
export function labelsOf(context: OnnxContext, indices: Value): Value {
  const labels = context.attributes.strings("classlabels_strings");
  const numbers =
    context.attributes.ints("classlabels_ints") ?? context.attributes.ints("classlabels_int64s");
  const values = labels?.length
    ? listOf("string", labels)
    : numbers?.length
      ? listOf("i64", numbers)
      : undefined;
  if (!values) return indices;
  const otherwise = values.dtype === "string" ? listOf("string", [""]) : Tensor.ints([-1]);
  return context.emit(ops.lookup, { keys: counted(values.data.length), values, otherwise }, [indices]);
}

/** How many classes have names; 0 when none has. */
export function labelCount(context: OnnxContext): number {
  const { attributes } = context;
  const lists = [
    attributes.strings("classlabels_strings"),
    attributes.ints("classlabels_ints"),
    attributes.ints("classlabels_int64s"),
  ];
  return Math.max(0, ...lists.map((list) => list?.length ?? 0));
}
