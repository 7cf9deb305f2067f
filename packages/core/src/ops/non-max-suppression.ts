import { ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { formatShape, isStatic, numElements } from "../ir/shape.ts";
import { Tensor, type TensorType } from "../ir/tensor.ts";
import { canEqual } from "./shared/channels.ts";
import { checkDType, checkInputs, checkRank } from "./shared/check.ts";
import { toDoubles } from "./shared/doubles.ts";
import { checkScalar } from "./shared/quant-params.ts";

export interface NonMaxSuppressionAttrs {
  /** Boxes are (x centre, y centre, width, height), not two opposite corners (y1, x1, y2, x2). */
  readonly centerPointBox: boolean;
}

interface Box {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly area: number;
}

function boxAt(boxes: Float64Array, at: number, isCentre: boolean): Box {
  const [a, b, c, d] = boxes.subarray(at, at + 4) as unknown as [number, number, number, number];
  const [x1, x2] = isCentre ? [a - c / 2, a + c / 2] : [Math.min(b, d), Math.max(b, d)];
  const [y1, y2] = isCentre ? [b - d / 2, b + d / 2] : [Math.min(a, c), Math.max(a, c)];
  return { x1, y1, x2, y2, area: (x2 - x1) * (y2 - y1) };
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  if (width <= 0 || height <= 0 || a.area <= 0 || b.area <= 0) return 0;
  const common = width * height;
  return common / (a.area + b.area - common);
}

interface Limits {
  readonly most: number;
  readonly iou: number;
  readonly score: number;
}

/** Box indices by falling score, equal scores by index, each overlapping none before it by more than the limit. */
function select(boxOf: (index: number) => Box, scores: Float64Array, { most, iou, score }: Limits): number[] {
  const order: number[] = [];
  for (let i = 0; i < scores.length; i++) if (scores[i]! > score) order.push(i);
  order.sort((a, b) => scores[b]! - scores[a]! || a - b);
  const kept: number[] = [];
  const keptBoxes: Box[] = [];
  for (const i of order) {
    if (kept.length >= most) break;
    const box = boxOf(i);
    if (keptBoxes.some((other) => overlap(other, box) > iou)) continue;
    kept.push(i);
    keptBoxes.push(box);
  }
  return kept;
}

/**
 * boxes [N,B,4], scores [N,C,B] (f32), maxOutputBoxesPerClass (i64), iouThreshold, scoreThreshold (f32, one element each) ->
 * i64 [selected,3] of (batch, class, box). Throws ShapeError.
 */
export const nonMaxSuppression: Op<NonMaxSuppressionAttrs> = defineOp<NonMaxSuppressionAttrs>({
  name: "nonMaxSuppression",
  accuracy: "exact",
  infer(inputs) {
    checkInputs(inputs, 5);
    const [boxes, scores, most, ...thresholds] = inputs as readonly [
      TensorType,
      TensorType,
      TensorType,
      ...TensorType[],
    ];
    checkDType(boxes, ["f32"], "boxes");
    checkDType(scores, ["f32"], "scores");
    checkRank(boxes, 3, 3, "boxes");
    checkRank(scores, 3, 3, "scores");
    checkDType(most, ["i64"], "maxOutputBoxesPerClass");
    checkScalar(most, "maxOutputBoxesPerClass");
    for (const [i, type] of thresholds.entries()) checkScalar(type, ["iouThreshold", "scoreThreshold"][i]!);
    const [batch, count, corners] = boxes.shape;
    const fits =
      canEqual(corners!, 4) && canEqual(batch!, scores.shape[0]!) && canEqual(count!, scores.shape[2]!);
    if (!fits) {
      throw new ShapeError(
        `boxes have shape ${formatShape(boxes.shape)} and scores ${formatShape(scores.shape)}; expected [N,B,4] and [N,C,B].`,
      );
    }
    return [{ dtype: "i64", shape: ["?n", 3] }];
  },
  reference([boxes, scores, most, iou, score], { centerPointBox }) {
    const [batch, count] = boxes!.shape as readonly [number, number, number];
    const classes = scores!.shape[1]!;
    const [coordinates, values] = [toDoubles(boxes!), toDoubles(scores!)];
    const limits: Limits = {
      most: Number(most!.data[0]),
      iou: toDoubles(iou!)[0]!,
      score: toDoubles(score!)[0]!,
    };
    const selected: number[] = [];
    for (let n = 0; n < batch; n++) {
      const boxOf = (i: number): Box => boxAt(coordinates, (n * count + i) * 4, centerPointBox);
      for (let c = 0; c < classes; c++) {
        const at = (n * classes + c) * count;
        for (const i of select(boxOf, values.subarray(at, at + count), limits)) selected.push(n, c, i);
      }
    }
    return [Tensor.from("i64", [selected.length / 3, 3], selected)];
  },
  flops([boxes, scores]) {
    const [batch, count] = boxes!.shape;
    const dims = [batch!, scores!.shape[1]!, count!, count!];
    return isStatic(dims) ? 8 * numElements(dims) : 0;
  },
});
