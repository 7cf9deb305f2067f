import type { Pixels } from "./pixels.ts";

/** One component's samples, in whole blocks; `h` and `v` say how many pixels one is wide and high. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly h: number;
  readonly v: number;
  readonly data: Uint8Array;
}

const clamp = (value: number): number => Math.max(0, Math.min(255, value));

/** Eight numbers `step` apart, transformed in place and shifted down (Loeffler, Ligtenberg and Moschytz 1989; 13-bit factors). */
function transform(x: Int32Array, at: number, step: number, shift: number): void {
  const get = (i: number): number => x[at + i * step]!;
  const even = (get(2) + get(6)) * 4433;
  const [low, high] = [even - get(6) * 15137, even + get(2) * 6270];
  const [sum, difference] = [(get(0) + get(4)) * 8192, (get(0) - get(4)) * 8192];
  const evens = [sum + high, difference + low, difference - low, sum - high];
  const all = (get(7) + get(3) + get(5) + get(1)) * 9633;
  const a = (get(7) + get(1)) * -7373;
  const b = (get(5) + get(3)) * -20995;
  const c = (get(7) + get(3)) * -16069 + all;
  const d = (get(5) + get(1)) * -3196 + all;
  const odds = [
    get(1) * 12299 + a + d,
    get(3) * 25172 + b + c,
    get(5) * 16819 + b + d,
    get(7) * 2446 + a + c,
  ];
  const half = 2 ** (shift - 1);
  for (let i = 0; i < 4; i++) {
    x[at + i * step] = (evens[i]! + odds[i]! + half) >> shift;
    x[at + (7 - i) * step] = (evens[i]! - odds[i]! + half) >> shift;
  }
}

/** A block's coefficients (used up) to samples at an offset of the plane. */
export function inverseDct(block: Int32Array, { data, stride }: Plane, offset: number): void {
  for (let i = 0; i < 8; i++) transform(block, i, 8, 11);
  for (let y = 0; y < 8; y++) {
    transform(block, y * 8, 1, 18);
    for (let x = 0; x < 8; x++) data[offset + y * stride + x] = clamp(block[y * 8 + x]! + 128);
  }
}

type Sampler = (x: number, y: number) => number;

/** Three parts of the nearest sample and one of the next, along both axes where the plane is halved. */
function sampler({ data, width, height, stride, h, v }: Plane): Sampler {
  const at = (x: number, y: number): number =>
    data[Math.min(Math.max(y, 0), height - 1) * stride + Math.min(Math.max(x, 0), width - 1)]!;
  const isSmooth = width > 2;
  if (h === 2 && v === 1 && isSmooth) {
    return (x, y) => {
      const [own, isRight] = [x >> 1, x & 1];
      const next = own + (isRight ? 1 : -1);
      if (next < 0 || next >= width) return at(own, y);
      return (3 * at(own, y) + at(next, y) + (isRight ? 2 : 1)) >> 2;
    };
  }
  if (h === 1 && v === 2) {
    return (x, y) => (3 * at(x, y >> 1) + at(x, (y >> 1) + (y & 1 ? 1 : -1)) + (y & 1 ? 2 : 1)) >> 2;
  }
  if (h === 2 && v === 2 && isSmooth) {
    const column = (x: number, y: number): number => 3 * at(x, y >> 1) + at(x, (y >> 1) + (y & 1 ? 1 : -1));
    return (x, y) => {
      const [own, isRight] = [x >> 1, x & 1];
      return (3 * column(own, y) + column(own + (isRight ? 1 : -1), y) + (isRight ? 7 : 8)) >> 4;
    };
  }
  return (x, y) => at(Math.floor(x / h), Math.floor(y / v));
}

/** The planes' samples as pixels: luma and two differences of colour, unless they are colours themselves. */
export function interleaved(planes: readonly Plane[], { width, height, data }: Pixels, isRgb: boolean): void {
  const samplers = planes.map(sampler);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const samples = samplers.map((sample) => sample(x, y));
      if (samples.length === 1 || isRgb) {
        for (const sample of samples) data[to++] = sample;
        continue;
      }
      const [luma, blue, red] = [samples[0]!, samples[1]! - 128, samples[2]! - 128];
      data[to++] = clamp(luma + ((91881 * red + 32768) >> 16));
      data[to++] = clamp(luma + ((-22554 * blue - 46802 * red + 32768) >> 16));
      data[to++] = clamp(luma + ((116130 * blue + 32768) >> 16));
    }
  }
}
