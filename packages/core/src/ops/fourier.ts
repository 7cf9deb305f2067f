import { DataError, ShapeError } from "../errors.ts";
import { fromNumbers, toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { type Dim, formatShape, isStatic, normalizeAxis, numElements } from "../ir/shape.ts";
import { ints, type Tensor, type TensorType } from "../ir/tensor.ts";
import { checkDType, checkFloat, checkInputs, checkRank, checkSameDType } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";
import { type Complex, transform } from "./shared/fourier.ts";
import { lanesOf } from "./shared/lanes.ts";
import { checkScalar } from "./shared/quant-params.ts";

export interface DftAttrs {
  readonly inverse: boolean;
  /** Forward: only the first half of the spectrum is given. Inverse: only that half is taken, the result is real. */
  readonly onesided: boolean;
}

function scalarOf(tensor: Tensor, what: string, least: number): number {
  const value = toNumbers(tensor)[0]!;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new DataError(`${what} ${value}; expected an integer of at least ${least}.`);
}

const half = (length: number): number => Math.floor(length / 2) + 1;

/** The last dimension is the number's parts, so it is no axis of the signal. */
function signalAxis(axis: number, rank: number): number {
  const at = normalizeAxis(axis, rank);
  if (at < rank - 1) return at;
  throw new ShapeError(`axis ${axis} of rank ${rank}; expected one before the last.`);
}

function checkParts(x: TensorType): void {
  checkFloat(x, "x");
  checkRank(x, 2, Number.POSITIVE_INFINITY, "x");
  const parts = x.shape.at(-1)!;
  if (typeof parts === "string" || parts === 1 || parts === 2) return;
  throw new ShapeError(
    `x has shape ${formatShape(x.shape)}; expected 1 (real) or 2 (complex) as the last dimension.`,
  );
}

/** One lane, cut or filled up with zeros to `length`; of a half spectrum the rest is its mirror image. */
function readLane(
  data: Float64Array,
  at: { readonly start: number; readonly step: number; readonly count: number; readonly parts: number },
  length: number,
  isHalf: boolean,
): Complex {
  const lane = { re: new Float64Array(length), im: new Float64Array(length) };
  const count = Math.min(at.count, isHalf ? half(length) : length);
  for (let i = 0; i < count; i++) {
    const from = at.start + i * at.step;
    lane.re[i] = data[from]!;
    lane.im[i] = at.parts === 2 ? data[from + 1]! : 0;
  }
  for (let i = count; isHalf && i < length; i++) {
    lane.re[i] = lane.re[length - i]!;
    lane.im[i] = -lane.im[length - i]!;
  }
  return lane;
}

const positive = (length: number): number => {
  if (length > 0) return length;
  throw new DataError(`dftLength ${length}; expected at least 1.`);
};

/**
 * x [...,S,...,1 or 2] real or complex, dftLength scalar, axis scalar (not the last) -> y [...,length,...,2]: the
 * discrete Fourier transform of length dftLength, x cut or filled up with zeros; onesided [...,length/2+1,...,2]; the
 * inverse divided by the length, onesided [...,length,...,1]. Throws ShapeError, DataError for a length below 1.
 */
export const dft: Op<DftAttrs> = defineOp<DftAttrs>({
  name: "dft",
  accuracy: "rounding",
  infer(inputs, { inverse, onesided }, [, length, axis]) {
    checkInputs(inputs, 3);
    const [x, lengthType, axisType] = inputs as readonly [TensorType, TensorType, TensorType];
    checkParts(x);
    for (const [type, what] of [
      [lengthType, "dftLength"],
      [axisType, "axis"],
    ] as const) {
      checkDType(type, ["i64", "i32"], what);
      checkScalar(type, what);
    }
    const parts = inverse && onesided ? 1 : 2;
    const rank = x.shape.length;
    if (!axis) return [{ dtype: x.dtype, shape: [...x.shape.slice(0, -1).map((_, i) => `?${i}`), parts] }];
    const at = signalAxis(ints(axis)[0]!, rank);
    const known = length && positive(scalarOf(length, "dftLength", 0));
    const wanted: Dim =
      known === undefined
        ? onesided && !inverse
          ? "?bins"
          : "?length"
        : onesided && !inverse
          ? half(known)
          : known;
    return [
      { dtype: x.dtype, shape: [...x.shape.slice(0, -1).map((dim, i) => (i === at ? wanted : dim)), parts] },
    ];
  },
  reference([x, lengthTensor, axis], { inverse, onesided }) {
    const at = signalAxis(ints(axis!)[0]!, x!.shape.length);
    const length = scalarOf(lengthTensor!, "dftLength", 1);
    const [partsIn, partsOut] = [x!.shape.at(-1)!, inverse && onesided ? 1 : 2];
    const bins = onesided && !inverse ? half(length) : length;
    const shape = [...x!.shape.slice(0, -1).map((dim, i) => (i === at ? bins : dim)), partsOut];
    const { outer, length: count, inner } = lanesOf(x!.shape.slice(0, -1), at);
    const [data, out] = [toDoubles(x!), doubles(shape)];
    for (let o = 0; o < outer; o++) {
      for (let n = 0; n < inner; n++) {
        const start = (o * count * inner + n) * partsIn;
        const lane = readLane(
          data,
          { start, step: inner * partsIn, count, parts: partsIn },
          length,
          inverse && onesided,
        );
        transform(lane, inverse);
        for (let i = 0; i < bins; i++) {
          const to = ((o * bins + i) * inner + n) * partsOut;
          out[to] = lane.re[i]!;
          if (partsOut === 2) out[to + 1] = lane.im[i]!;
        }
      }
    }
    return [fromNumbers(x!.dtype, shape, out)];
  },
  flops: (_, [y]) =>
    isStatic(y!.shape) ? 5 * numElements(y!.shape) * Math.log2(numElements(y!.shape) + 1) : 0,
});

export interface StftAttrs {
  /** Only the first half of each spectrum is given. */
  readonly onesided: boolean;
}

/**
 * signal [N,length] or [N,length,1 or 2], frameStep scalar, window [frameLength] as the signal, frameLength scalar ->
 * y [N,frames,bins,2]: the spectrum of each windowed frame, one every frameStep samples. Throws ShapeError, DataError.
 */
export const stft: Op<StftAttrs> = defineOp<StftAttrs>({
  name: "stft",
  accuracy: "rounding",
  infer(inputs, { onesided }, [, step, , frame]) {
    checkInputs(inputs, 4);
    const [signal, stepType, window, frameType] = inputs as readonly [
      TensorType,
      TensorType,
      TensorType,
      TensorType,
    ];
    checkFloat(signal, "signal");
    checkRank(signal, 2, 3, "signal");
    if (signal.shape.length === 3) checkParts(signal);
    checkSameDType([signal, window]);
    checkRank(window, 1, 1, "window");
    checkScalar(stepType, "frameStep");
    checkScalar(frameType, "frameLength");
    const length = frame && scalarOf(frame, "frameLength", 1);
    const bins: Dim = length === undefined ? "?bins" : onesided ? half(length) : length;
    const [batch, samples] = signal.shape as [Dim, Dim];
    const isKnown = typeof samples === "number" && length !== undefined && step !== undefined;
    const frames: Dim = isKnown ? frameCount(samples, length, scalarOf(step, "frameStep", 1)) : "?frames";
    return [{ dtype: signal.dtype, shape: [batch, frames, bins, 2] }];
  },
  reference([signal, stepTensor, window, frame], { onesided }) {
    const step = scalarOf(stepTensor!, "frameStep", 1);
    const length = scalarOf(frame!, "frameLength", 1);
    const [batch, samples, parts = 1] = signal!.shape as [number, number, number?];
    const [frames, bins] = [frameCount(samples, length, step), onesided ? half(length) : length];
    const [data, weights] = [toDoubles(signal!), toDoubles(window!)];
    if (weights.length !== length) {
      throw new DataError(`window of ${weights.length} with frameLength ${length}; expected the same.`);
    }
    const shape = [batch, frames, bins, 2];
    const out = doubles(shape);
    for (let f = 0; f < batch * frames; f++) {
      const start = (Math.floor(f / frames) * samples + (f % frames) * step) * parts;
      const lane = readLane(data, { start, step: parts, count: length, parts }, length, false);
      for (let i = 0; i < length; i++) {
        lane.re[i]! *= weights[i]!;
        lane.im[i]! *= weights[i]!;
      }
      transform(lane, false);
      for (let i = 0; i < bins; i++) {
        out[(f * bins + i) * 2] = lane.re[i]!;
        out[(f * bins + i) * 2 + 1] = lane.im[i]!;
      }
    }
    return [fromNumbers(signal!.dtype, shape, out)];
  },
  flops: (_, [y]) =>
    isStatic(y!.shape) ? 10 * numElements(y!.shape) * Math.log2(Number(y!.shape[2]) + 1) : 0,
});

function frameCount(samples: number, length: number, step: number): number {
  return samples < length ? 0 : Math.floor((samples - length) / step) + 1;
}
