import { ConvertError, type DType } from "@coracle/core";

const dtypes: Readonly<Record<number, DType>> = {
  1: "f32",
  2: "u8",
  3: "i8",
  4: "u16",
  5: "i16",
  6: "i32",
  7: "i64",
  9: "bool",
  10: "f16",
  11: "f64",
  12: "u32",
  13: "u64",
  16: "bf16",
  8: "string",
  17: "f8e4m3fn",
  18: "f8e4m3fnuz",
  19: "f8e5m2",
  20: "f8e5m2fnuz",
  21: "u4",
  22: "i4",
  23: "f4e2m1",
  24: "f8e8m0",
  25: "u2",
  26: "i2",
};

const others: Readonly<Record<number, string>> = {
  0: "undefined",
  14: "complex64",
  15: "complex128",
};

/** The dtype of an ONNX data type number. Throws ConvertError that names the type when there is none. */
export function dtypeOf(dataType: number, what: string): DType {
  const dtype = dtypes[dataType];
  if (dtype !== undefined) return dtype;
  const name = others[dataType] ?? `number ${dataType}`;
  throw new ConvertError(
    `onnx: ${what} has data type ${name}; expected one of ${Object.values(dtypes).join(", ")}.`,
  );
}

const numbers = new Map(Object.entries(dtypes).map(([number, dtype]) => [dtype, Number(number)]));

/** The ONNX data type number of a dtype. */
export function dataTypeOf(dtype: DType): number {
  return numbers.get(dtype)!;
}

const castNames: Readonly<Record<string, number>> = {
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  STRING: 8,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  UINT32: 12,
  UINT64: 13,
};

/** The number behind the type names that Cast took as a string before opset 6; 0 when unknown. */
export function dataTypeByName(name: string): number {
  return castNames[name.toUpperCase()] ?? 0;
}
