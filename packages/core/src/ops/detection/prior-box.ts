import { fromNumbers } from "../../ir/numeric.ts";
import { defineOp, type Op } from "../../ir/op.ts";
import type { Dim } from "../../ir/shape.ts";
import type { Tensor, TensorType } from "../../ir/tensor.ts";
import { checkInputs, checkRank } from "../shared/check.ts";
import { doubles } from "../shared/doubles.ts";

interface PriorAttrs {
  readonly variances: readonly number[];
  readonly clip: boolean;
  /** Distance of two centres in pixels; 0: the image's size by the map's. */
  readonly stepWidth: number;
  readonly stepHeight: number;
  /** Where in its cell a centre lies. */
  readonly offset: number;
}

export interface PriorBoxAttrs extends PriorAttrs {
  readonly minSizes: readonly number[];
  /** One for each minimum, or none. */
  readonly maxSizes: readonly number[];
  readonly aspectRatios: readonly number[];
  /** Whether the reciprocal of each ratio is one too. */
  readonly flip: boolean;
  /** The order of a cell's boxes: smallest, largest, ratios; else smallest, ratios, largest. */
  readonly minMaxAspectRatiosOrder: boolean;
}

/** A box about a centre, in pixels. */
interface Prior {
  readonly width: number;
  readonly height: number;
  readonly shiftX: number;
  readonly shiftY: number;
}

const centred = (width: number, height: number): Prior => ({ width, height, shiftX: 0, shiftY: 0 });

/** 1 first; each new ratio once, with its reciprocal after it when flipped. */
function expandedRatios({ aspectRatios, flip }: PriorBoxAttrs): number[] {
  const ratios = [1];
  for (const ratio of aspectRatios) {
    if (ratios.some((known) => Math.abs(known - ratio) < 1e-6)) continue;
    ratios.push(ratio);
    if (flip) ratios.push(1 / ratio);
  }
  return ratios;
}

function priorsOf(attrs: PriorBoxAttrs): Prior[] {
  const ratios = expandedRatios(attrs).filter((ratio) => Math.abs(ratio - 1) >= 1e-6);
  return attrs.minSizes.flatMap((size, i) => {
    const shaped = ratios.map((ratio) => centred(size * Math.sqrt(ratio), size / Math.sqrt(ratio)));
    const largest = attrs.maxSizes[i];
    const side = largest === undefined ? undefined : Math.sqrt(size * largest);
    const between = side === undefined ? [] : [centred(side, side)];
    const first = centred(size, size);
    return attrs.minMaxAspectRatiosOrder ? [first, ...between, ...shaped] : [first, ...shaped, ...between];
  });
}

export interface DensityPriorBoxAttrs extends PriorAttrs {
  readonly fixedSizes: readonly number[];
  readonly fixedRatios: readonly number[];
  /** Centres along each side of a cell, for each size. */
  readonly densities: readonly number[];
}

/** Boxes of a size at density x density centres that fill a cell evenly (FaceBoxes, Zhang et al. 2017). */
function densePriors(attrs: DensityPriorBoxAttrs, step: number): Prior[] {
  return attrs.fixedSizes.flatMap((size, i) => {
    const density = attrs.densities[i]!;
    const shift = Math.trunc(step / density);
    const place = (index: number): number => -step / 2 + shift / 2 + index * shift;
    const all = Array.from({ length: density * density }, (_, at) => at);
    return attrs.fixedRatios.flatMap((ratio) =>
      all.map(
        (at): Prior => ({
          width: size * Math.sqrt(ratio),
          height: size / Math.sqrt(ratio),
          shiftX: place(at % density),
          shiftY: place(Math.floor(at / density)),
        }),
      ),
    );
  });
}

interface Grid {
  readonly rows: number;
  readonly cols: number;
  readonly imageHeight: number;
  readonly imageWidth: number;
  readonly stepHeight: number;
  readonly stepWidth: number;
}

function gridOf(feature: Tensor, image: Tensor, attrs: PriorAttrs): Grid {
  const [rows, cols] = feature.shape.slice(2) as [number, number];
  const [imageHeight, imageWidth] = image.shape.slice(2) as [number, number];
  return {
    rows,
    cols,
    imageHeight,
    imageWidth,
    stepHeight: attrs.stepHeight || imageHeight / rows,
    stepWidth: attrs.stepWidth || imageWidth / cols,
  };
}

const within = (value: number): number => Math.min(Math.max(value, 0), 1);

function boxesOf(grid: Grid, priors: readonly Prior[], attrs: PriorAttrs, isBounded: boolean): Float64Array {
  const boxes = doubles([grid.rows, grid.cols, priors.length, 4]);
  let at = 0;
  for (let row = 0; row < grid.rows; row++) {
    for (let col = 0; col < grid.cols; col++) {
      for (const { width, height, shiftX, shiftY } of priors) {
        const x = (col + attrs.offset) * grid.stepWidth + shiftX;
        const y = (row + attrs.offset) * grid.stepHeight + shiftY;
        boxes[at++] = (x - width / 2) / grid.imageWidth;
        boxes[at++] = (y - height / 2) / grid.imageHeight;
        boxes[at++] = (x + width / 2) / grid.imageWidth;
        boxes[at++] = (y + height / 2) / grid.imageHeight;
      }
    }
  }
  return attrs.clip || isBounded ? boxes.map(within) : boxes;
}

function outputs(feature: Tensor, boxes: Float64Array, count: number, attrs: PriorAttrs): readonly Tensor[] {
  const shape = [...feature.shape.slice(2), count, 4];
  const variances = boxes.map((_, i) => attrs.variances[i % 4]!);
  return [fromNumbers(feature.dtype, shape, boxes), fromNumbers(feature.dtype, shape, variances)];
}

function inferPriors(inputs: readonly TensorType[], count: number): readonly TensorType[] {
  checkInputs(inputs, 2);
  const [feature, image] = inputs as readonly [TensorType, TensorType];
  checkRank(feature, 4, 4, "feature");
  checkRank(image, 4, 4, "image");
  const shape: Dim[] = [feature.shape[2]!, feature.shape[3]!, count, 4];
  return [
    { dtype: feature.dtype, shape },
    { dtype: feature.dtype, shape },
  ];
}

/**
 * feature [N,C,H,W], image [N,C,H,W] (their sizes only) -> boxes [H,W,P,4] as x1 y1 x2 y2 by the image's size,
 * variances of the same shape (Liu et al. 2016, SSD). Throws ShapeError.
 */
export const priorBox: Op<PriorBoxAttrs> = defineOp<PriorBoxAttrs>({
  name: "priorBox",
  accuracy: "rounding",
  infer: (inputs, attrs) => inferPriors(inputs, priorsOf(attrs).length),
  reference([feature, image], attrs) {
    const priors = priorsOf(attrs);
    const boxes = boxesOf(gridOf(feature!, image!, attrs), priors, attrs, false);
    return outputs(feature!, boxes, priors.length, attrs);
  },
});

/**
 * feature [N,C,H,W], image [N,C,H,W] (their sizes only) -> boxes [H,W,P,4] as x1 y1 x2 y2 by the image's size and
 * inside it, variances of the same shape (Zhang et al. 2017, FaceBoxes). Throws ShapeError.
 */
export const densityPriorBox: Op<DensityPriorBoxAttrs> = defineOp<DensityPriorBoxAttrs>({
  name: "densityPriorBox",
  accuracy: "rounding",
  infer: (inputs, attrs) => inferPriors(inputs, densePriors(attrs, 1).length),
  reference([feature, image], attrs) {
    const grid = gridOf(feature!, image!, attrs);
    const priors = densePriors(attrs, Math.trunc((grid.stepWidth + grid.stepHeight) / 2));
    return outputs(feature!, boxesOf(grid, priors, attrs, true), priors.length, attrs);
  },
});
