import { type DType, dataConstructor, isNarrow, type TypedData } from "./dtype.ts";
import { narrowNumbers, narrowStorer } from "./narrow.ts";
import { Tensor } from "./tensor.ts";

const floatView = new Float32Array(1);
const bitsView = new Uint32Array(floatView.buffer);

/** IEEE 754 binary16 bits -> number. */
export function f16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Number -> IEEE 754 binary16 bits, to nearest even; beyond 65504 infinity. */
export function numberToF16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.min(15, Math.floor(Math.log2(magnitude || 2 ** -24))));
  const fixed =
    magnitude < 2 ** exponent ? exponent - 1 : magnitude >= 2 ** (exponent + 1) ? exponent + 1 : exponent;
  const unit = Math.max(-14, fixed);
  const scaled = roundHalfEven(magnitude * 2 ** (10 - unit));
  return sign | (scaled + ((unit + 14) << 10));
}

/** Bits of a float32's upper half -> number. */
export function bf16ToNumber(bits: number): number {
  bitsView[0] = bits << 16;
  return floatView[0]!;
}

/** Number -> upper half of a float32, to nearest even. */
export function numberToBf16(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  floatView[0] = value;
  const bits = bitsView[0]!;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

export type NumberArray = Exclude<TypedData, BigInt64Array | BigUint64Array>;

let f16Table: Float32Array | undefined;

function f16Numbers(data: TypedData): Float32Array {
  if (!f16Table) {
    f16Table = new Float32Array(65536);
    for (let bits = 0; bits < 65536; bits++) f16Table[bits] = f16ToNumber(bits);
  }
  const out = new Float32Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = f16Table[data[i] as number]!;
  return out;
}

function bf16Numbers(data: TypedData): Float32Array {
  const out = new Float32Array(data.length);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < bits.length; i++) bits[i] = (data[i] as number) << 16;
  return out;
}

/**
 * Elements as numbers, f16, bf16 and narrow floats decoded, i64 and u64 exact up to 2^53; the tensor's own array where it can be, so
 * never to be written to.
 */
export function toNumbers(tensor: Tensor): NumberArray {
  const { data, dtype } = tensor;
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const out = new Float64Array(data.length);
    for (let i = 0; i < out.length; i++) out[i] = Number(data[i]);
    return out;
  }
  if (dtype === "f16") return f16Numbers(data);
  if (dtype === "bf16") return bf16Numbers(data);
  return isNarrow(dtype) ? (narrowNumbers(dtype, data) ?? data) : data;
}

const limits: Readonly<Partial<Record<DType, readonly [number, number]>>> = {
  i8: [-128, 127],
  u8: [0, 255],
  i16: [-32768, 32767],
  u16: [0, 65535],
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
  i4: [-8, 7],
  u4: [0, 15],
  i2: [-2, 1],
  u2: [0, 3],
};

/** The least and greatest value of an integer dtype up to 32 bits. */
export function integerLimits(dtype: DType): readonly [number, number] {
  const found = limits[dtype];
  if (!found) throw new RangeError(`integerLimits of ${dtype}`);
  return found;
}

/** Numbers stored as `dtype`: floats rounded to nearest even, integers truncated and wrapped, bool by non-zero. */
export function fromNumbers(dtype: DType, shape: readonly number[], values: ArrayLike<number>): Tensor {
  const data = new (dataConstructor(dtype))(values.length);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const limit = dtype === "u64" ? 2n ** 64n : 2n ** 63n;
    for (let i = 0; i < values.length; i++) data[i] = toBigInt(values[i]!, limit);
  } else {
    const convert =
      data instanceof Float32Array
        ? undefined
        : isNarrow(dtype)
          ? narrowStorer(dtype)
          : dtype === "f16"
            ? numberToF16
            : dtype === "bf16"
              ? numberToBf16
              : undefined;
    if (dtype === "bool") for (let i = 0; i < values.length; i++) data[i] = values[i] === 0 ? 0 : 1;
    else if (convert) for (let i = 0; i < values.length; i++) data[i] = convert(values[i]!);
    else for (let i = 0; i < values.length; i++) data[i] = values[i]!;
  }
  return Tensor.from(dtype, shape, data);
}

/** Truncated; the nearest that fits when beyond -2^63 or `limit`; 0 for NaN. */
function toBigInt(value: number, limit: bigint): bigint {
  if (Number.isNaN(value)) return 0n;
  if (value >= limit) return limit - 1n;
  if (value <= -(2 ** 63)) return -(2n ** 63n);
  return BigInt(Math.trunc(value));
}
