import { DataError, type Shape, type Value } from "@coracle/core";
import type { ClassifierOptions } from "../layers.ts";

export interface DetectorOptions extends ClassifierOptions {
  /** Boxes of lower scores are dropped. */
  readonly scoreThreshold?: number;
  /** Of two boxes of a class whose intersection over union is greater, the better one stays. */
  readonly iouThreshold?: number;
  /** Rows of the result for each image. */
  readonly maxDetections?: number;
}

export interface OptionalBoxes extends DetectorOptions {
  /**
   * Whether the program ends in boxes, which needs a height and width in numbers: boxes [N,maxDetections,4] as x1 y1
   * x2 y2 in pixels, scores [N,maxDetections], labels [N,maxDetections] i64 and their count [N] i64, the best first,
   * zeros and label -1 after the last.
   */
  readonly postprocess?: boolean;
}

/** [width, height] of an image. Throws DataError unless they are numbers: boxes are counted from points in it. */
export function imageSize(shape: Shape): readonly [number, number] {
  const [height, width] = shape.slice(2);
  if (typeof height === "number" && typeof width === "number") return [width, height];
  throw new DataError(`inputShape [${shape}]; expected a height and width in numbers. Give both.`);
}

/** [width, height] of a map [N,C,H,W]. */
export const mapSize = ({ type }: Value): readonly [number, number] => [
  Number(type.shape[3]),
  Number(type.shape[2]),
];
