import { DataError } from "../errors.ts";
import { type DType, dataConstructor, isBigInt, type TypedData } from "./dtype.ts";
import { formatShape, numElements, type Shape } from "./shape.ts";

/** How a value's elements lie in memory; absent means row-major. `NCHW16c` is [N, ceil(C/16), H, W, 16]. */
export type Layout = "NCHW4c" | "NCHW8c" | "NCHW16c";

/** real = scale[axis] * (stored - zeroPoint[axis]); without axis, one scale for the tensor. */
export interface QuantParams {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly axis?: number;
}

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly layout?: Layout;
  readonly quant?: QuantParams;
}

/** Channels in one block of a layout. */
export function layoutBlock(layout: Layout): 4 | 8 | 16 {
  return layout === "NCHW4c" ? 4 : layout === "NCHW8c" ? 8 : 16;
}

/** Elements a value of this type occupies: blocked layouts round the channels up. */
export function storedElements(type: TensorType): number {
  if (type.layout === undefined) return numElements(type.shape);
  const block = layoutBlock(type.layout);
  const [n, c, ...rest] = type.shape;
  return numElements([n!, Math.ceil(Number(c) / block) * block, ...rest]);
}

/** What loops along the other axes of an empty tensor may cost. */
const mostEmptyExtent = 2 ** 28;

/** Bytes and what they mean: row-major elements of one dtype. Never changed by the library once made. */
export class Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedData;

  private constructor(dtype: DType, shape: readonly number[], data: TypedData) {
    this.dtype = dtype;
    this.shape = shape;
    this.data = data;
  }

  /**
   * A tensor over `data`, without a copy when it already is the dtype's typed array (f16 and bf16: Uint16Array
   * bit patterns; bool: Uint8Array; i64 and u64: BigInt64Array and BigUint64Array).
   * Throws DataError when the length does not fit the shape or the array type does not fit the dtype.
   */
  static from(dtype: DType, shape: readonly number[], data: TypedData | readonly number[]): Tensor {
    for (const dim of shape) {
      if (!Number.isSafeInteger(dim) || dim < 0) {
        throw new DataError(`tensor: shape ${formatShape(shape)}; expected non-negative integers.`);
      }
    }
    const expected = numElements(shape);
    if (expected === 0 && shape.reduce((extent, dim) => extent * Math.max(dim, 1), 1) > mostEmptyExtent) {
      throw new DataError(
        `tensor: shape ${formatShape(shape)}; expected sizes beside the 0 with a product up to ${mostEmptyExtent}.`,
      );
    }
    if (data.length !== expected) {
      throw new DataError(
        `tensor: ${data.length} elements; expected ${expected} for ${dtype}${formatShape(shape)}.`,
      );
    }
    return new Tensor(dtype, Object.freeze([...shape]), asTypedData(dtype, data));
  }

  static zeros(dtype: DType, shape: readonly number[]): Tensor {
    return Tensor.from(dtype, shape, new (dataConstructor(dtype))(numElements(shape)));
  }

  static scalar(dtype: DType, value: number): Tensor {
    return Tensor.from(dtype, [], [value]);
  }

  /** A 1-d i64 tensor, as operators take shapes and axes. */
  static ints(values: readonly number[]): Tensor {
    return Tensor.from("i64", [values.length], values);
  }

  get type(): TensorType {
    return { dtype: this.dtype, shape: this.shape };
  }
}

function asTypedData(dtype: DType, data: TypedData | readonly number[]): TypedData {
  const Constructor = dataConstructor(dtype);
  if (ArrayBuffer.isView(data)) {
    if (data instanceof (Constructor as unknown as new () => TypedData)) return data;
    throw new DataError(
      `tensor: ${data.constructor.name} for ${dtype}; expected ${(Constructor as { name?: string }).name}.`,
    );
  }
  const out = new Constructor(data.length);
  if (isBigInt(dtype)) {
    const big = out as BigInt64Array;
    for (let i = 0; i < data.length; i++) big[i] = BigInt(data[i]!);
  } else {
    (out as Float32Array).set(data);
  }
  return out;
}

/** The elements as numbers: i64 and u64 are converted (exact up to 2^53), every other dtype is returned as it is. */
export function numbers(tensor: Tensor): Exclude<TypedData, BigInt64Array | BigUint64Array> | Float64Array {
  const { data } = tensor;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const out = new Float64Array(data.length);
    for (let i = 0; i < data.length; i++) out[i] = Number(data[i]);
    return out;
  }
  return data;
}

/** The elements of a small integer tensor (shapes, axes, pads) as plain numbers. */
export function ints(tensor: Tensor): number[] {
  return Array.from(numbers(tensor));
}
