import { defineOp, type Op } from "../../ir/op.ts";
import { toDoubles } from "../shared/doubles.ts";
import { ranked, type SuppressionRule, suppress } from "./boxes.ts";
import { type Detection, detectionFlops, detectionTensors, inferDetections } from "./detections.ts";

export interface MulticlassNmsAttrs {
  /** The class that is no object; -1: none. */
  readonly backgroundLabel: number;
  /** Boxes of lower or equal score are left out. */
  readonly scoreThreshold: number;
  /** Candidates of a class before suppression; -1: all. */
  readonly nmsTopK: number;
  readonly nmsThreshold: number;
  /** Below 1 the threshold shrinks by this factor after each kept box, while it is above a half. */
  readonly nmsEta: number;
  /** Kept boxes of an image, of all classes; -1: all. */
  readonly keepTopK: number;
  /** False: coordinates are pixels, and boxes include their last ones. */
  readonly normalized: boolean;
}

interface Sizes {
  readonly classes: number;
  readonly count: number;
}

function ofImage(
  image: number,
  coordinates: Float64Array,
  scores: Float64Array,
  { classes, count }: Sizes,
  attrs: MulticlassNmsAttrs,
): Detection[] {
  const rule: SuppressionRule = {
    extra: attrs.normalized ? 0 : 1,
    threshold: attrs.nmsThreshold,
    eta: attrs.nmsEta,
  };
  const found: Detection[] = [];
  for (let label = 0; label < classes; label++) {
    if (label === attrs.backgroundLabel) continue;
    const start = (image * classes + label) * count;
    const own = scores.subarray(start, start + count);
    const order = ranked(own, attrs.scoreThreshold, attrs.nmsTopK);
    for (const box of suppress(coordinates, order, (i) => (image * count + i) * 4, rule))
      found.push({ image, label, box, score: own[box]! });
  }
  return mostLikely(found, attrs.keepTopK);
}

/** The best of all classes, grouped by class again. */
function mostLikely(found: readonly Detection[], most: number): Detection[] {
  if (most < 0 || found.length <= most) return [...found];
  const best = found.toSorted((a, b) => b.score - a.score).slice(0, most);
  return best.sort((a, b) => a.label - b.label || b.score - a.score);
}

/**
 * boxes [N,M,4] as x1 y1 x2 y2, scores [N,C,M] -> rows [K,6] of class, score and corners, index [K,1] (i32) of the box
 * among all images' boxes, counts [N] (i32). Suppression within each class, then the best of an image, grouped by
 * class. Throws ShapeError.
 */
export const multiclassNms: Op<MulticlassNmsAttrs> = defineOp<MulticlassNmsAttrs>({
  name: "multiclassNms",
  accuracy: "exact",
  infer: inferDetections,
  reference([boxes, scores], attrs) {
    const [batch, classes, count] = scores!.shape as readonly [number, number, number];
    const [coordinates, values] = [toDoubles(boxes!), toDoubles(scores!)];
    const images = Array.from({ length: batch }, (_, image) =>
      ofImage(image, coordinates, values, { classes, count }, attrs),
    );
    return detectionTensors(boxes!, coordinates, images);
  },
  flops: detectionFlops,
});
