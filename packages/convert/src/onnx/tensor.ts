import {
  ConvertError,
  type DType,
  dataConstructor,
  dtypeBytes,
  formatShape,
  packedBits,
  packedLength,
  Tensor,
  type TypedData,
} from "@coracle/core";
import { dtypeOf } from "./data-type.ts";
import type { ExternalData } from "./external.ts";
import { countVarints, joinBytes, readVarints32, readVarints64 } from "./packed.ts";
import { type Int64, type SparseTensorProto, type TensorProto, toNumber } from "./proto.ts";

/** No tensor has more dimensions than this. */
const maxRank = 64;

/** Dimensions as numbers. Throws ConvertError for negative ones, too many, or a product that is no safe integer. */
export function readDims(dims: readonly Int64[], what: string): readonly number[] {
  const shape = dims.map(toNumber);
  let product = 1;
  for (const dim of shape) {
    product *= dim;
    if (dim < 0 || !Number.isSafeInteger(product)) product = Number.NaN;
  }
  if (Number.isNaN(product) || shape.length > maxRank) {
    throw new ConvertError(
      `onnx: ${what} has dimensions ${formatShape(shape.slice(0, 8))}; expected at most ${maxRank} non-negative integers with a safe product.`,
    );
  }
  return shape;
}

function product(shape: readonly number[]): number {
  return shape.reduce((elements, dim) => elements * dim, 1);
}

/** A view when the bytes lie aligned to the element, a copy otherwise. */
export function viewBytes(bytes: Uint8Array, dtype: DType, elements: number): TypedData {
  const Data = dataConstructor(dtype);
  if (bytes.byteOffset % dtypeBytes(dtype) === 0) return new Data(bytes.buffer, bytes.byteOffset, elements);
  const copy = new Uint8Array(bytes);
  return new Data(copy.buffer, 0, elements);
}

interface Wanted {
  readonly what: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly elements: number;
}

function expectCount(found: number, unit: string, wanted: Wanted, expected = wanted.elements): void {
  if (found === expected) return;
  throw new ConvertError(
    `onnx: ${wanted.what} holds ${found} ${unit}; expected ${expected} for ${wanted.dtype}${formatShape(wanted.shape)}.`,
  );
}

function fromRaw(bytes: Uint8Array, wanted: Wanted): TypedData {
  expectCount(bytes.length, "bytes", wanted, wanted.elements * dtypeBytes(wanted.dtype));
  return viewBytes(bytes, wanted.dtype, wanted.elements);
}

function fromVarints(bytes: Uint8Array, wanted: Wanted): TypedData {
  expectCount(countVarints(bytes), "elements", wanted);
  const data = new (dataConstructor(wanted.dtype))(wanted.elements);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    readVarints64(bytes, data);
    return data;
  }
  if (wanted.dtype === "u32") {
    const wide = new BigUint64Array(wanted.elements);
    readVarints64(bytes, wide);
    for (let i = 0; i < wide.length; i++) data[i] = Number(wide[i]! & 0xffffffffn);
    return data;
  }
  const words = new Int32Array(wanted.elements);
  readVarints32(bytes, words);
  (data as Int32Array).set(words);
  return data;
}

function fromTyped(proto: TensorProto, wanted: Wanted): TypedData {
  switch (wanted.dtype) {
    case "f32":
      return fromRaw(joinBytes(proto.floatData), wanted);
    case "f64":
      return fromRaw(joinBytes(proto.doubleData), wanted);
    case "i64":
      return fromVarints(joinBytes(proto.int64Data), wanted);
    case "u32":
    case "u64":
      return fromVarints(joinBytes(proto.uint64Data), wanted);
    default:
      return fromVarints(joinBytes(proto.int32Data), wanted);
  }
}

const decoder = new TextDecoder();

function readStrings(proto: TensorProto, wanted: Wanted): readonly string[] {
  expectCount(proto.stringData.length, "strings", wanted);
  return proto.stringData.map((bytes) => decoder.decode(bytes));
}

/** Two or four elements a byte, in the file as in the tensor; in the list of int32 one number for each byte. */
function packedBytes(proto: TensorProto, external: ExternalData, wanted: Wanted): Uint8Array {
  const length = packedLength(wanted.dtype, wanted.elements);
  const bytes =
    proto.dataLocation === 1
      ? external.read(proto, wanted.what)
      : Object.hasOwn(proto, "rawData")
        ? proto.rawData
        : undefined;
  if (bytes) {
    expectCount(bytes.length, "bytes", wanted, length);
    return bytes;
  }
  return fromVarints(joinBytes(proto.int32Data), { ...wanted, dtype: "u8", elements: length }) as Uint8Array;
}

/**
 * A tensor over the file's own bytes where they are aligned. Throws ConvertError unless the data present is exactly
 * what dims and data type say; nothing is allocated before that is known.
 */
export function readTensor(
  proto: TensorProto,
  external: ExternalData,
  what = `tensor "${proto.name}"`,
): Tensor {
  const dtype = dtypeOf(proto.dataType, what);
  const shape = readDims(proto.dims, what);
  const wanted: Wanted = { what, dtype, shape, elements: product(shape) };
  if (dtype === "string") return Tensor.from(dtype, shape, readStrings(proto, wanted));
  if (packedBits(dtype) !== undefined)
    return Tensor.fromPacked(dtype, shape, packedBytes(proto, external, wanted));
  if (proto.dataLocation === 1) return Tensor.from(dtype, shape, fromRaw(external.read(proto, what), wanted));
  const isRaw = Object.hasOwn(proto, "rawData");
  return Tensor.from(dtype, shape, isRaw ? fromRaw(proto.rawData, wanted) : fromTyped(proto, wanted));
}

/** Sparse tensors may claim any size: beyond this their dense form is refused. */
const maxDenseElements = 1 << 26;

function flatIndex(indices: readonly number[], shape: readonly number[], what: string): number {
  let flat = 0;
  indices.forEach((index, axis) => {
    if (index < 0 || index >= shape[axis]!) {
      throw new ConvertError(
        `onnx: ${what} has index ${index} on axis ${axis}; expected below ${shape[axis]}.`,
      );
    }
    flat = flat * shape[axis]! + index;
  });
  return flat;
}

/** The dense form. indices [NNZ] count in the flattened tensor, [NNZ,rank] per axis. Throws ConvertError. */
export function readSparseTensor(proto: SparseTensorProto, external: ExternalData): Tensor {
  const what = `sparse tensor "${proto.values?.name ?? ""}"`;
  if (!proto.values || !proto.indices)
    throw new ConvertError(`onnx: ${what} lacks values or indices; expected both.`);
  const values = readTensor(proto.values, external, what);
  const indices = readTensor(proto.indices, external, `indices of ${what}`);
  const shape = readDims(proto.dims, what);
  const elements = product(shape);
  if (elements > maxDenseElements) {
    throw new ConvertError(`onnx: ${what} has ${elements} elements; expected at most ${maxDenseElements}.`);
  }
  const width = indices.shape.length === 2 ? shape.length : 1;
  if (indices.dtype !== "i64" || indices.data.length !== values.data.length * width) {
    throw new ConvertError(
      `onnx: ${what} has ${indices.data.length} indices; expected ${values.data.length * width} of i64.`,
    );
  }
  const dense = new (dataConstructor(values.dtype))(elements);
  const at = Array.from(indices.data, Number);
  for (let i = 0; i < values.data.length; i++) {
    const index = at.slice(i * width, (i + 1) * width);
    dense[flatIndex(index, width === 1 && shape.length !== 1 ? [elements] : shape, what)] = values.data[i]!;
  }
  return Tensor.from(values.dtype, shape, dense);
}
