import { DataError, ShapeError } from "../errors.ts";
import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { type Dim, formatShape, isStatic, numElements } from "../ir/shape.ts";
import { ints, type TensorType } from "../ir/tensor.ts";
import { canEqual } from "./shared/channels.ts";
import { checkDType, checkFloat, checkIndexVector, checkInputs, checkRank } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";

export interface CropAndResizeAttrs {
  readonly mode: "linear" | "nearest";
  /** Where a sample lies outside the image. */
  readonly extrapolationValue: number;
}

const f32 = Math.fround;

/** The pixel coordinates of `count` samples from `from` to `to`, both parts of `size - 1`, in single precision. */
function coordinates(from: number, to: number, count: number, size: number): number[] {
  const last = size - 1;
  if (count <= 1) return [f32(f32(0.5 * f32(from + to)) * last)];
  const step = f32(f32(f32(to - from) * last) / (count - 1));
  return Array.from({ length: count }, (_, i) => f32(f32(from * last) + f32(i * step)));
}

interface Plane {
  readonly data: Float64Array;
  readonly start: number;
  readonly height: number;
  readonly width: number;
}

function sample(
  { data, start, width }: Plane,
  y: number,
  x: number,
  mode: CropAndResizeAttrs["mode"],
): number {
  const at = (row: number, column: number): number => data[start + row * width + column]!;
  if (mode === "nearest") return at(Math.round(y), Math.round(x));
  const [top, bottom, left, right] = [Math.floor(y), Math.ceil(y), Math.floor(x), Math.ceil(x)];
  const [dy, dx] = [y - top, x - left];
  const upper = at(top, left) * (1 - dx) + at(top, right) * dx;
  return upper * (1 - dy) + (at(bottom, left) * (1 - dx) + at(bottom, right) * dx) * dy;
}

/**
 * x [N,C,H,W], boxes [R,4] of (y1, x1, y2, x2) as parts of the image, batchIndices [R], size i64 [2] ->
 * y [R,C,size...]: each box resized, its corners on the corner samples. Throws ShapeError, DataError.
 */
export const cropAndResize: Op<CropAndResizeAttrs> = defineOp<CropAndResizeAttrs>({
  name: "cropAndResize",
  accuracy: "rounding",
  infer(inputs, _, [, , , size]) {
    checkInputs(inputs, 4);
    const [x, boxes, indices, sizeType] = inputs as readonly [TensorType, TensorType, TensorType, TensorType];
    checkFloat(x, "x");
    checkRank(x, 4, 4, "x");
    checkRank(boxes, 2, 2, "boxes");
    checkRank(indices, 1, 1, "batchIndices");
    checkDType(indices, ["i32", "i64"], "batchIndices");
    checkIndexVector(sizeType, "size");
    if (!canEqual(boxes.shape[1]!, 4))
      throw new ShapeError(`boxes ${formatShape(boxes.shape)}; expected [R,4].`);
    const spatial: Dim[] = size ? ints(size) : ["?h", "?w"];
    return [{ dtype: x.dtype, shape: [boxes.shape[0]!, x.shape[1]!, ...spatial] }];
  },
  reference([x, boxes, indices, size], { mode, extrapolationValue }) {
    const [batch, channels, height, width] = x!.shape as [number, number, number, number];
    const [rows, columns] = ints(size!) as [number, number];
    const shape = [boxes!.shape[0]!, channels, rows, columns];
    const [data, corners, images, out] = [toDoubles(x!), toDoubles(boxes!), ints(indices!), doubles(shape)];
    for (let r = 0, to = 0; r < shape[0]!; r++) {
      const n = images[r]!;
      if (!(n >= 0 && n < batch)) throw new DataError(`box ${r} of image ${n}; expected one of ${batch}.`);
      const [y1, x1, y2, x2] = corners.subarray(r * 4, r * 4 + 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const [ys, xs] = [coordinates(y1, y2, rows, height), coordinates(x1, x2, columns, width)];
      for (let c = 0; c < channels; c++) {
        const plane = { data, start: (n * channels + c) * height * width, height, width };
        for (const y of ys) {
          for (const column of xs) {
            const isInside = y >= 0 && y <= height - 1 && column >= 0 && column <= width - 1;
            out[to++] = isInside ? sample(plane, y, column, mode) : extrapolationValue;
          }
        }
      }
    }
    return [fromNumbers(x!.dtype, shape, out)];
  },
  flops: (_, [y]) => (isStatic(y!.shape) ? 10 * numElements(y!.shape) : 0),
});
