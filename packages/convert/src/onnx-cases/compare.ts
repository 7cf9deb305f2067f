import { formatShape, type Tensor } from "@coracle/core";

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

/** The elements as numbers, 16-bit floats decoded. */
export function decoded(tensor: Tensor): ArrayLike<number> {
  const { dtype, data } = tensor;
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
  const [a, b] = [decoded(actual), decoded(expected)];
  for (let i = 0; i < b.length; i++) {
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue;
    const isClose = Math.abs(a[i]! - b[i]!) <= absoluteTolerance + relativeTolerance * Math.abs(b[i]!);
    if (!isClose) return `element ${i} is ${a[i]}; expected ${b[i]}`;
  }
  return undefined;
}
