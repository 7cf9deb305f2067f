import { DataError, ShapeError } from "../errors.ts";
import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { type Dim, dimFloorDiv, formatShape, isStatic, numElements, rowMajorStrides } from "../ir/shape.ts";
import { ints, type TensorType } from "../ir/tensor.ts";
import { checkFloat, checkIndexVector, checkInputs, checkRank, vectorLength } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";

export interface Col2ImAttrs {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** [begin..., end...] */
  readonly pads: readonly number[];
}

interface Geometry extends Col2ImAttrs {
  readonly image: readonly number[];
  readonly block: readonly number[];
}

/** How many positions the block takes along each axis. */
function positions({ image, block, strides, dilations, pads }: Geometry): number[] {
  return image.map((size, i) => {
    const reach = (block[i]! - 1) * dilations[i]! + 1;
    return Math.max(0, Math.floor((size + pads[i]! + pads[image.length + i]! - reach) / strides[i]!) + 1);
  });
}

function checkLists(rank: number, { strides, dilations, pads }: Col2ImAttrs): void {
  if (strides.length === rank && dilations.length === rank && pads.length === 2 * rank) return;
  throw new ShapeError(
    `strides ${formatShape(strides)}, dilations ${formatShape(dilations)}, pads ${formatShape(pads)}; expected ${rank}, ${rank} and ${2 * rank} numbers.`,
  );
}

function counter(shape: readonly number[]): (index: number) => readonly number[] {
  const strides = rowMajorStrides(shape);
  return (index) => shape.map((size, i) => Math.floor(index / strides[i]!) % size);
}

/** Calls `visit` with the row and column of x and the pixel they add to. */
function forEachTap(geometry: Geometry, visit: (tap: number, position: number, pixel: number) => void): void {
  const { image, block, strides, dilations, pads } = geometry;
  const counts = positions(geometry);
  const [tapAt, positionAt, pixelStrides] = [counter(block), counter(counts), rowMajorStrides(image)];
  const numPositions = numElements(counts);
  for (let tap = 0; tap < numElements(block); tap++) {
    const k = tapAt(tap);
    for (let position = 0; position < numPositions; position++) {
      const at = positionAt(position);
      const where = image.map((_, i) => at[i]! * strides[i]! - pads[i]! + k[i]! * dilations[i]!);
      if (where.some((value, i) => value < 0 || value >= image[i]!)) continue;
      visit(
        tap,
        position,
        where.reduce((sum, value, i) => sum + value * pixelStrides[i]!, 0),
      );
    }
  }
}

/**
 * x [N, C*prod(block), positions] float, imageShape and blockShape i64 [rank] -> [N,C,image...]: each column's block
 * added at its place. Throws ShapeError, DataError where x does not hold one column per position.
 */
export const col2Im: Op<Col2ImAttrs> = defineOp<Col2ImAttrs>({
  name: "col2Im",
  accuracy: "rounding",
  infer(inputs, attrs, [, image, block]) {
    checkInputs(inputs, 3);
    const [x, imageType, blockType] = inputs as readonly [TensorType, TensorType, TensorType];
    checkFloat(x, "x");
    checkRank(x, 3, 3, "x");
    checkIndexVector(imageType, "imageShape");
    checkIndexVector(blockType, "blockShape");
    const rank = vectorLength(imageType, "imageShape");
    checkLists(rank, attrs);
    const spatial: Dim[] = image ? ints(image) : Array.from({ length: rank }, (_, i) => `?${i}`);
    const channels = block ? dimFloorDiv(x.shape[1]!, Math.max(1, numElements(ints(block)))) : "?c";
    return [{ dtype: x.dtype, shape: [x.shape[0]!, channels, ...spatial] }];
  },
  reference([x, imageTensor, blockTensor], attrs) {
    const [image, block] = [ints(imageTensor!), ints(blockTensor!)];
    if (block.length !== image.length || [...image, ...block].some((size) => !(size >= 1))) {
      throw new DataError(
        `imageShape ${formatShape(image)}, blockShape ${formatShape(block)}; expected sizes alike.`,
      );
    }
    const geometry = { ...attrs, image, block };
    const [batch, rows, columns] = x!.shape as [number, number, number];
    const [taps, wanted] = [numElements(block), numElements(positions(geometry))];
    if (rows % taps !== 0 || columns !== wanted) {
      throw new DataError(
        `x ${formatShape(x!.shape)}; expected a multiple of ${taps} rows and ${wanted} columns (block ${formatShape(block)}).`,
      );
    }
    const channels = rows / taps;
    const shape = [batch, channels, ...image];
    const [data, out] = [toDoubles(x!), doubles(shape)];
    const pixels = numElements(image);
    forEachTap(geometry, (tap, position, pixel) => {
      for (let plane = 0; plane < batch * channels; plane++) {
        out[plane * pixels + pixel]! += data[(plane * taps + tap) * columns + position]!;
      }
    });
    return [fromNumbers(x!.dtype, shape, out)];
  },
  flops: ([x]) => (isStatic(x!.shape) ? 2 * numElements(x!.shape) : 0),
});
