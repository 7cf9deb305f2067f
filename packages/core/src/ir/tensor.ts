import { DataError } from "../errors.ts";
import {
  type DType,
  dataConstructor,
  hasBytes,
  isBigInt,
  isContainer,
  ObjectArray,
  packedBits,
  StringArray,
  type TypedData,
} from "./dtype.ts";
import { elementOf, formatElement, mergedElement } from "./element.ts";
import { pack, packedLength, unpack } from "./narrow.ts";
import { formatShape, isStatic, numElements, type Shape } from "./shape.ts";

/** How a value's elements lie in memory; absent means row-major. `NCHW16c` is [N, ceil(C/16), H, W, 16]. */
export type Layout = "NCHW4c" | "NCHW8c" | "NCHW16c";

/** real = scale[axis] * (stored - zeroPoint[axis]); without axis, one scale for the tensor. */
export interface QuantParams {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly axis?: number;
}

/** What a container holds: tensors of one dtype, or containers. Without a shape, tensors of any. */
export interface ElementType {
  readonly dtype: DType;
  readonly shape?: Shape;
  readonly element?: ElementType;
}

/** A sequence has the shape [length], an optional [1] or [0]; both have an element type, nothing else has one. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly element?: ElementType;
  readonly layout?: Layout;
  readonly quant?: QuantParams;
}

/** True when a value of the type can lie in an arena of known size: its sizes are numbers, and so are its elements. */
export function isPlannable({ dtype, shape }: TensorType): boolean {
  return hasBytes(dtype) && isStatic(shape);
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

/**
 * Elements and what they mean: row-major, of one dtype. Never changed by the library once made. Containers are the
 * same: `Tensor.sequence` and `Tensor.optional` make them, `items` reads them.
 */
export class Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** One array element each, for strings too (see `strings`); of a packed tensor, a fresh array at each reading. */
  readonly data: TypedData;
  /** Of a container. */
  declare readonly element?: ElementType;
  /** Several elements a byte, as files hold 4- and 2-bit weights. */
  declare readonly packed?: Uint8Array;

  private constructor(dtype: DType, shape: readonly number[], data: TypedData) {
    this.dtype = dtype;
    this.shape = shape;
    this.data = data;
  }

  /**
   * A tensor over `data`, without a copy when it already is the dtype's typed array (f16 and bf16: Uint16Array
   * bit patterns; bool: Uint8Array; i64 and u64: BigInt64Array and BigUint64Array;
   * narrow floats: Uint8Array bit patterns; string: strings).
   * Throws DataError when the length does not fit the shape or the array type does not fit the dtype.
   */
  static from(
    dtype: DType,
    shape: readonly number[],
    data: TypedData | readonly number[] | readonly string[],
  ): Tensor {
    const expected = checkedCount(shape);
    if (data.length !== expected) {
      throw new DataError(
        `tensor: ${data.length} elements; expected ${expected} for ${dtype}${formatShape(shape)}.`,
      );
    }
    return new Tensor(dtype, Object.freeze([...shape]), asTypedData(dtype, data));
  }

  /**
   * A tensor over bytes that hold several elements each (4- and 2-bit dtypes), the first in the lowest bits; they stay
   * packed. Throws DataError when the length does not fit the shape.
   */
  static fromPacked(dtype: DType, shape: readonly number[], bytes: Uint8Array): Tensor {
    const expected = packedLength(dtype, checkedCount(shape));
    if (packedBits(dtype) === undefined || bytes.length !== expected) {
      throw new DataError(
        `tensor: ${bytes.length} packed bytes of ${dtype}${formatShape(shape)}; expected ${expected} of a dtype below 8 bits.`,
      );
    }
    return Object.defineProperties(new Tensor(dtype, Object.freeze([...shape]), bytes), {
      packed: { value: bytes },
      data: { get: () => unpack(dtype, bytes, numElements(shape)), enumerable: true },
    });
  }

  /** A list of tensors. `element` is what they have in common unless given. Throws DataError when they differ in dtype. */
  static sequence(items: readonly Tensor[], element?: ElementType): Tensor {
    return container("sequence", items, element);
  }

  /** A tensor or sequence, or its absence, which needs `element`. Throws DataError. */
  static optional(item: Tensor | null, element?: ElementType): Tensor {
    return container("optional", item === null ? [] : [item], element);
  }

  /** Used by `sequence` and `optional` only. */
  static containerOf(dtype: "sequence" | "optional", items: readonly Tensor[], element: ElementType): Tensor {
    const data = new ObjectArray<Tensor>(items.length);
    data.set(items);
    const tensor = new Tensor(dtype, Object.freeze([items.length]), data as unknown as TypedData);
    Object.defineProperty(tensor, "element", { value: element, enumerable: true });
    return tensor;
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
    const { dtype, shape, element } = this;
    return element === undefined ? { dtype, shape } : { dtype, shape, element };
  }

  /** The elements of a string tensor. Throws DataError for another dtype. */
  get strings(): readonly string[] {
    if (this.dtype === "string") return this.data as unknown as readonly string[];
    throw new DataError(`tensor: strings of ${this.dtype}${formatShape(this.shape)}; expected dtype string.`);
  }

  /** What a container holds: an optional holds 0 or 1. Throws DataError for another dtype. */
  get items(): readonly Tensor[] {
    if (isContainer(this.dtype)) return this.data as unknown as readonly Tensor[];
    throw new DataError(`tensor: items of ${this.dtype}${formatShape(this.shape)}; expected a container.`);
  }

  /** What the elements take; an estimate for strings. */
  get byteLength(): number {
    return this.packed?.length ?? this.data.byteLength;
  }

  /** The elements several a byte; of a dtype below 8 bits only. */
  toPacked(): Uint8Array {
    return this.packed ?? pack(this.dtype, this.data);
  }
}

function checkedCount(shape: readonly number[]): number {
  for (const dim of shape) {
    if (!Number.isSafeInteger(dim) || dim < 0) {
      throw new DataError(`tensor: shape ${formatShape(shape)}; expected non-negative integers.`);
    }
  }
  const count = numElements(shape);
  if (count === 0 && shape.reduce((extent, dim) => extent * Math.max(dim, 1), 1) > mostEmptyExtent) {
    throw new DataError(
      `tensor: shape ${formatShape(shape)}; expected sizes beside the 0 with a product up to ${mostEmptyExtent}.`,
    );
  }
  return count;
}

function container(
  dtype: "sequence" | "optional",
  items: readonly Tensor[],
  given: ElementType | undefined,
): Tensor {
  const types = items.map(({ type }) => elementOf(type));
  const element =
    given ?? types.reduce((a, b) => (a === b ? a : (mergedElement(a, b) ?? differ(a, b))), types[0]!);
  if (element === undefined) {
    throw new DataError(
      `tensor: an empty ${dtype} without element type; expected one. Give it by \`element\`.`,
    );
  }
  for (const type of types) if (mergedElement(element, type) === undefined) differ(element, type);
  return Tensor.containerOf(dtype, items, element);
}

function differ(a: ElementType, b: ElementType): never {
  throw new DataError(`tensor: items ${formatElement(a)} and ${formatElement(b)}; expected one dtype.`);
}

function asStrings(data: ArrayLike<unknown>): TypedData {
  if (data instanceof StringArray) return data as unknown as TypedData;
  const wrong = Array.prototype.find.call(data, (item) => typeof item !== "string");
  if (wrong !== undefined) throw new DataError(`tensor: ${typeof wrong} for string; expected strings.`);
  const out = new StringArray(data.length);
  out.set(data as ArrayLike<string>);
  return out as unknown as TypedData;
}

function asTypedData(dtype: DType, data: TypedData | readonly number[] | readonly string[]): TypedData {
  const Constructor = dataConstructor(dtype);
  const isView = ArrayBuffer.isView(data);
  if (isView && data instanceof (Constructor as unknown as new () => TypedData)) return data;
  if (isContainer(dtype)) {
    throw new DataError(`tensor: dtype ${dtype}; expected no container. Use Tensor.${dtype}.`);
  }
  if (dtype === "string") return asStrings(data);
  if (isView) {
    throw new DataError(
      `tensor: ${data.constructor.name} for ${dtype}; expected ${(Constructor as { name?: string }).name}.`,
    );
  }
  const values = data as readonly number[];
  const out = new Constructor(values.length);
  if (isBigInt(dtype)) {
    const big = out as BigInt64Array;
    for (let i = 0; i < values.length; i++) big[i] = BigInt(values[i]!);
  } else {
    (out as Float32Array).set(values);
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
