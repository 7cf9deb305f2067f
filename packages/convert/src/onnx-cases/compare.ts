import { formatShape, isContainer, isNarrow, ops, type Tensor } from "@coracle/core";

export const relativeTolerance = 1e-3;
export const absoluteTolerance = 1e-7;

const view = new DataView(new ArrayBuffer(4));

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function brainToNumber(bits: number): number {
  view.setUint32(0, bits * 65536);
  return view.getFloat32(0);
}

/** The elements as numbers, floats of up to 16 bits decoded. */
export function decoded(tensor: Tensor): ArrayLike<number> {
  const { dtype, data } = tensor;
  if (isNarrow(dtype)) return ops.cast.reference([tensor], { to: "f32" })[0]!.data as Float32Array;
  if (dtype === "f16") return Float64Array.from(data as Uint16Array, halfToNumber);
  if (dtype === "bf16") return Float64Array.from(data as Uint16Array, brainToNumber);
  return data instanceof BigInt64Array || data instanceof BigUint64Array
    ? Float64Array.from(data, Number)
    : data;
}

/** |actual - expected| <= atol + rtol |expected| everywhere, NaN equal to NaN; else what differs. */
export function difference(actual: Tensor, expected: Tensor): string | undefined {
  if (actual.dtype !== expected.dtype) return `dtype ${actual.dtype}; expected ${expected.dtype}`;
  if (formatShape(actual.shape) !== formatShape(expected.shape)) {
    return `shape ${formatShape(actual.shape)}; expected ${formatShape(expected.shape)}`;
  }
  if (isContainer(expected.dtype)) return itemDifference(actual, expected);
  if (expected.dtype === "string") return textDifference(actual.strings, expected.strings);
  const [a, b] = [decoded(actual), decoded(expected)];
  for (let i = 0; i < b.length; i++) {
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue;
    const isClose = Math.abs(a[i]! - b[i]!) <= absoluteTolerance + relativeTolerance * Math.abs(b[i]!);
    if (!isClose) return `element ${i} is ${a[i]}; expected ${b[i]}`;
  }
  return undefined;
}

function itemDifference(actual: Tensor, expected: Tensor): string | undefined {
  for (const [i, item] of expected.items.entries()) {
    const text = difference(actual.items[i]!, item);
    if (text !== undefined) return `item ${i}: ${text}`;
  }
  return undefined;
}

function textDifference(actual: readonly string[], expected: readonly string[]): string | undefined {
  const i = expected.findIndex((text, at) => actual[at] !== text);
  return i < 0
    ? undefined
    : `element ${i} is ${JSON.stringify(actual[i])}; expected ${JSON.stringify(expected[i])}`;
}
