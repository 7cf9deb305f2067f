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

/** [output, sample] */
function sampleCorners(
  { start, size, samples }: Bins,
  count: number,
  limit: number,
): (Corner | undefined)[][] {
  return Array.from({ length: count }, (_, bin) =>
    Array.from({ length: Math.max(0, samples) }, (_, i) =>
      cornersOf(start + bin * size + ((i + 0.5) * size) / samples, limit),
    ),
  );
}

type Cell = readonly (Corner | undefined)[];

interface Map2d {
  readonly values: Float64Array;
  readonly at: number;
  readonly width: number;
}

function products(
  { values, at, width }: Map2d,
  y: Corner | undefined,
  x: Corner | undefined,
): readonly number[] {
  if (!y || !x) return [0, 0, 0, 0];
  const read = (row: number, col: number): number => values[at + row * width + col]!;
  return [
    (1 - y.part) * (1 - x.part) * read(y.low, x.low),
    (1 - y.part) * x.part * read(y.low, x.high),
    y.part * (1 - x.part) * read(y.high, x.low),
    y.part * x.part * read(y.high, x.high),
  ];
}

function poolCell(map: Map2d, rows: Cell, cols: Cell, mode: RoiAlignAttrs["mode"]): number {
  let [sum, best] = [0, Number.NEGATIVE_INFINITY];
  for (const row of rows) {
    for (const col of cols) {
      const parts = products(map, row, col);
      sum += parts[0]! + parts[1]! + parts[2]! + parts[3]!;
      best = Math.max(best, ...parts);
    }
  }
  const count = rows.length * cols.length;
  if (mode === "avg") return sum / Math.max(count, 1);
  return count === 0 ? 0 : best;
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
      const rows = sampleCorners(binsOf(y1, y2, outputHeight, attrs), outputHeight, height);
      const cols = sampleCorners(binsOf(x1, x2, outputWidth, attrs), outputWidth, width);
      for (let c = 0; c < channels; c++) {
        const map = { values, at: (n * channels + c) * height * width, width };
        for (const row of rows) for (const col of cols) out[to++] = poolCell(map, row, col, attrs.mode);
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
