import { DataError } from "../errors.ts";
import type { DType } from "../ir/dtype.ts";
import { fromNumbers, toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import type { Tensor } from "../ir/tensor.ts";
import { checkDType, checkInputs } from "./shared/check.ts";
import { doubles } from "./shared/doubles.ts";
import { checkScalar } from "./shared/quant-params.ts";

export interface MelWeightsAttrs {
  readonly dtype: DType;
}

const names = ["melBins", "dftLength", "sampleRate", "lowerEdgeHertz", "upperEdgeHertz"] as const;

function sizesOf(melBins: Tensor, dftLength: Tensor): readonly [number, number] {
  const [bins, length] = [toNumbers(melBins)[0]!, toNumbers(dftLength)[0]!];
  if (bins >= 0 && length >= 0) return [Math.floor(length / 2) + 1, bins];
  throw new DataError(`melBins ${bins} and dftLength ${length}; expected non-negative integers.`);
}

/** Spectrum bins at which the triangles start, peak and end: melBins + 2 of them. */
function edges(count: number, length: number, rate: number, hertz: readonly [number, number]): number[] {
  const [low, high] = hertz.map((f) => 2595 * Math.log10(1 + f / 700)) as [number, number];
  const step = (high - low) / (count + 2);
  return Array.from({ length: count + 2 }, (_, i) => {
    const frequency = 700 * (10 ** ((low + i * step) / 2595) - 1);
    return Math.floor(((length + 1) * frequency) / rate);
  });
}

/**
 * melBins, dftLength, sampleRate (i32 or i64), lowerEdgeHertz, upperEdgeHertz (float), all scalars ->
 * [dftLength/2+1, melBins] weights that turn a spectrum into one on the mel scale. Throws ShapeError, DataError.
 */
export const melWeights: Op<MelWeightsAttrs> = defineOp<MelWeightsAttrs>({
  name: "melWeights",
  accuracy: "rounding",
  infer(inputs, { dtype }, [bins, length]) {
    checkInputs(inputs, 5);
    inputs.forEach((type, i) => {
      checkScalar(type, names[i]!);
      if (i < 3) checkDType(type, ["i64", "i32"], names[i]!);
    });
    return [{ dtype, shape: bins && length ? sizesOf(bins, length) : ["?spectrum", "?mels"] }];
  },
  reference([melBins, dftLength, ...rest], { dtype }) {
    const [spectrum, mels] = sizesOf(melBins!, dftLength!);
    const [rate, low, high] = rest.map((tensor) => toNumbers(tensor)[0]!) as [number, number, number];
    const out = doubles([spectrum, mels]);
    const at = edges(mels, toNumbers(dftLength!)[0]!, rate, [low, high]);
    const set = (row: number, column: number, value: number): void => {
      if (row < spectrum) out[row * mels + column] = value;
    };
    for (let i = 0; i < mels; i++) {
      const [start, peak, end] = [at[i]!, at[i + 1]!, at[i + 2]!];
      if (start < 0) throw new DataError(`lowerEdgeHertz ${low}; expected at least 0.`);
      if (peak === start) set(peak, i, 1);
      for (let row = start; row <= Math.min(peak, spectrum - 1) && peak > start; row++)
        set(row, i, (row - start) / (peak - start));
      for (let row = peak; row < Math.min(end, spectrum) && end > peak; row++)
        set(row, i, (end - row) / (end - peak));
    }
    return [fromNumbers(dtype, [spectrum, mels], out)];
  },
});
