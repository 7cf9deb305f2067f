import { DataError, ShapeError } from "../errors.ts";
import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { formatShape, isStatic, numElements } from "../ir/shape.ts";
import { ints, type TensorType } from "../ir/tensor.ts";
import { canEqual } from "./shared/channels.ts";
import { checkDType, checkFloat, checkInputs, checkRank } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";

export interface RoiAlignAttrs {
  readonly mode: "avg" | "max";
  readonly outputHeight: number;
  readonly outputWidth: number;
  /** Samples per output along an axis; 0: as many as input pixels it covers. */
  readonly samplingRatio: number;
  readonly spatialScale: number;
  readonly coordinateMode: "halfPixel" | "outputHalfPixel";
}

interface Bins {
  readonly start: number;
  /** Size of one output in input pixels. */
  readonly size: number;
  readonly samples: number;
}

/** Along one axis of a region. */
const mostSamples = 2 ** 14;

function binsOf(from: number, to: number, count: number, attrs: RoiAlignAttrs): Bins {
  const isHalf = attrs.coordinateMode === "halfPixel";
  const start = from * attrs.spatialScale - (isHalf ? 0.5 : 0);
  const length = to * attrs.spatialScale - (isHalf ? 0.5 : 0) - start;
  const covered = isHalf ? length : Math.max(length, 1);
  const samples = attrs.samplingRatio > 0 ? attrs.samplingRatio : Math.ceil(covered / count);
  if (!(samples * count <= mostSamples)) {
    throw new DataError(
      `a region from ${from} to ${to} with ${samples} samples; expected at most ${mostSamples}.`,
    );
  }
  return { start, size: covered / count, samples };
}

interface Corner {
  readonly low: number;
  readonly high: number;
  readonly part: number;
}

/** The two pixels around a coordinate; undefined when it lies more than a pixel outside. */
function cornersOf(coordinate: number, size: number): Corner | undefined {
  if (coordinate < -1 || coordinate > size) return undefined;
  const at = Math.max(coordinate, 0);
  const low = Math.floor(at);
  if (low >= size - 1) return { low: size - 1, high: size - 1, part: 0 };
  return { low, high: low + 1, part: at - low };
}

/** What one output reads along an axis: pixels and their shares. */
interface Taps {
  readonly pixels: readonly number[];
  readonly shares: readonly number[];
  /** Samples; some may lie outside the map and have no pixels. */
  readonly samples: number;
  readonly isInside: boolean;
}

/** Of every output along an axis. */
function tapsOf({ start, size, samples }: Bins, count: number, limit: number): readonly Taps[] {
  return Array.from({ length: count }, (_, bin) => {
    const corners = Array.from({ length: Math.max(0, samples) }, (_, i) =>
      cornersOf(start + bin * size + ((i + 0.5) * size) / samples, limit),
    );
    const inside = corners.filter((corner) => corner !== undefined);
    return {
      pixels: inside.flatMap(({ low, high }) => [low, high]),
      shares: inside.flatMap(({ part }) => [1 - part, part]),
      samples: corners.length,
      isInside: inside.length === corners.length,
    };
  });
}

interface Map2d {
  readonly values: Float64Array;
  readonly at: number;
  readonly width: number;
}

function average({ values, at, width }: Map2d, rows: Taps, cols: Taps): number {
  let sum = 0;
  for (let i = 0; i < rows.pixels.length; i++) {
    const start = at + rows.pixels[i]! * width;
    let inRow = 0;
    for (let j = 0; j < cols.pixels.length; j++) inRow += cols.shares[j]! * values[start + cols.pixels[j]!]!;
    sum += rows.shares[i]! * inRow;
  }
  return sum / Math.max(rows.samples * cols.samples, 1);
}

function greatest({ values, at, width }: Map2d, rows: Taps, cols: Taps): number {
  if (rows.samples * cols.samples === 0) return 0;
  let best = rows.isInside && cols.isInside ? Number.NEGATIVE_INFINITY : 0;
  for (let i = 0; i < rows.pixels.length; i++) {
    const start = at + rows.pixels[i]! * width;
    for (let j = 0; j < cols.pixels.length; j++) {
      best = Math.max(best, rows.shares[i]! * cols.shares[j]! * values[start + cols.pixels[j]!]!);
    }
  }
  return best;
}

/**
 * x [N,C,H,W], rois [R,4] as x1 y1 x2 y2, batchIndices [R] (i64) -> y [R,C,outputHeight,outputWidth], of floats
 * (He et al. 2017). Mode max takes the greatest weighted corner, as ONNX defines it. Throws ShapeError, DataError.
 */
export const roiAlign: Op<RoiAlignAttrs> = defineOp<RoiAlignAttrs>({
  name: "roiAlign",
  accuracy: "rounding",
  infer(inputs, { outputHeight, outputWidth }) {
    checkInputs(inputs, 3);
    const [x, rois, batches] = inputs as readonly [TensorType, TensorType, TensorType];
    checkFloat(x, "input");
    checkRank(x, 4, 4, "input");
    checkRank(rois, 2, 2, "rois");
    checkRank(batches, 1, 1, "batchIndices");
    checkDType(batches, ["i64", "i32"], "batchIndices");
    if (!canEqual(rois.shape[1]!, 4) || !canEqual(rois.shape[0]!, batches.shape[0]!)) {
      throw new ShapeError(`rois have shape ${formatShape(rois.shape)}; expected [${batches.shape[0]},4].`);
    }
    return [{ dtype: x.dtype, shape: [rois.shape[0]!, x.shape[1]!, outputHeight, outputWidth] }];
  },
  reference([x, rois, batchIndices], attrs) {
    const [batch, channels, height, width] = x!.shape as [number, number, number, number];
    const [count, { outputHeight, outputWidth }] = [rois!.shape[0]!, attrs];
    const shape = [count, channels, outputHeight, outputWidth];
    const [values, boxes, batches, out] = [
      toDoubles(x!),
      toDoubles(rois!),
      ints(batchIndices!),
      doubles(shape),
    ];
    let to = 0;
    for (let r = 0; r < count; r++) {
      const n = batches[r]!;
      if (n < 0 || n >= batch) throw new DataError(`batch index ${n}; expected one in [0, ${batch - 1}].`);
      const [x1, y1, x2, y2] = boxes.subarray(r * 4, r * 4 + 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const rows = tapsOf(binsOf(y1, y2, outputHeight, attrs), outputHeight, height);
      const cols = tapsOf(binsOf(x1, x2, outputWidth, attrs), outputWidth, width);
      const pooled = attrs.mode === "avg" ? average : greatest;
      for (let c = 0; c < channels; c++) {
        const map = { values, at: (n * channels + c) * height * width, width };
        for (const row of rows) for (const col of cols) out[to++] = pooled(map, row, col);
      }
    }
    return [fromNumbers(x!.dtype, shape, out)];
  },
  flops([x], [y], { samplingRatio, outputHeight, outputWidth }) {
    if (!isStatic(x!.shape) || !isStatic(y!.shape)) return 0;
    const covered = numElements(x!.shape.slice(2)) / (outputHeight * outputWidth);
    return 8 * Math.max(1, samplingRatio ** 2 || covered) * numElements(y!.shape);
  },
});
