import { ConvertError, type DType } from "@coracle/core";
import { varType } from "./desc.ts";

const dtypes: ReadonlyMap<number, DType> = new Map<number, DType>([
  [varType.bool, "bool"],
  [varType.int16, "i16"],
  [varType.int32, "i32"],
  [varType.int64, "i64"],
  [varType.fp16, "f16"],
  [varType.fp32, "f32"],
  [varType.fp64, "f64"],
  [varType.uint8, "u8"],
  [varType.int8, "i8"],
  [varType.bf16, "bf16"],
  [37, "u32"],
  [38, "u64"],
]);

const others: ReadonlyMap<number, string> = new Map([
  [19, "size_t"],
  [23, "complex64"],
  [24, "complex128"],
  [25, "string"],
  [32, "float8_e4m3fn"],
  [33, "float8_e5m2"],
]);

/** The dtype of a VarType number. Throws ConvertError that names the type when there is none. */
export function dtypeOf(type: number, what: string): DType {
  const dtype = dtypes.get(type);
  if (dtype !== undefined) return dtype;
  const name = others.get(type) ?? `number ${type}`;
  throw new ConvertError(
    `paddle: ${what} has data type ${name}; expected one of ${[...dtypes.values()].join(", ")}.`,
  );
}
