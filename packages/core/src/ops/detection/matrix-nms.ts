import { defineOp, type Op } from "../../ir/op.ts";
import { toDoubles } from "../shared/doubles.ts";
import { type BoxRule, overlap, ranked } from "./boxes.ts";
import { type Detection, detectionFlops, detectionTensors, inferDetections } from "./detections.ts";

export interface MatrixNmsAttrs {
  /** The class that is no object; -1: none. */
  readonly backgroundLabel: number;
  readonly scoreThreshold: number;
  /** What a decayed score must exceed. */
  readonly postThreshold: number;
  /** Candidates of a class; -1: all. */
  readonly nmsTopK: number;
  /** Kept boxes of an image, of all classes; -1: all. */
  readonly keepTopK: number;
  readonly useGaussian: boolean;
  readonly gaussianSigma: number;
  /** False: coordinates are pixels, and boxes include their last ones. */
  readonly normalized: boolean;
}

/** What box `i` keeps of its score beside a better one that overlaps it by `iou` and others by at most `most`. */
function decay(iou: number, most: number, attrs: MatrixNmsAttrs): number {
  if (attrs.useGaussian) return Math.exp((most * most - iou * iou) * attrs.gaussianSigma);
  return (1 - iou) / (1 - most);
}

/** The smallest decay of each candidate, in order. */
function decays(boxes: Float64Array, at: readonly number[], rule: BoxRule, attrs: MatrixNmsAttrs): number[] {
  const most: number[] = [];
  return at.map((own, i) => {
    const ious = at.slice(0, i).map((other) => overlap(boxes, other, own, rule));
    most.push(ious.reduce((a, b) => Math.max(a, b), 0));
    return ious.reduce((least, iou, j) => Math.min(least, decay(iou, most[j]!, attrs)), 1);
  });
}

/**
 * boxes [N,M,4] as x1 y1 x2 y2, scores [N,C,M] -> rows [K,6] of class, score and corners by falling score, index [K,1]
 * (i32) of the box among all images' boxes, counts [N] (i32). Scores decay by overlap instead of boxes being dropped
 * (Wang et al. 2020, SOLOv2). Throws ShapeError.
 */
export const matrixNms: Op<MatrixNmsAttrs> = defineOp<MatrixNmsAttrs>({
  name: "matrixNms",
  accuracy: "rounding",
  infer: inferDetections,
  reference([boxes, scores], attrs) {
    const [batch, classes, count] = scores!.shape as readonly [number, number, number];
    const [coordinates, values] = [toDoubles(boxes!), toDoubles(scores!)];
    const rule: BoxRule = { extra: attrs.normalized ? 0 : 1 };
    const ofClass = (image: number, label: number): Detection[] => {
      if (label === attrs.backgroundLabel) return [];
      const start = (image * classes + label) * count;
      const own = values.subarray(start, start + count);
      const order = ranked(own, attrs.scoreThreshold, attrs.nmsTopK);
      const at = order.map((box) => (image * count + box) * 4);
      const factors = decays(coordinates, at, rule, attrs);
      return order
        .map((box, i): Detection => ({ image, label, box, score: own[box]! * factors[i]! }))
        .filter(({ score }) => score > attrs.postThreshold);
    };
    const images = Array.from({ length: batch }, (_, image) => {
      const found = Array.from({ length: classes }, (_, label) => ofClass(image, label)).flat();
      found.sort((a, b) => b.score - a.score);
      return attrs.keepTopK < 0 ? found : found.slice(0, attrs.keepTopK);
    });
    return detectionTensors(boxes!, coordinates, images);
  },
  flops: detectionFlops,
});
