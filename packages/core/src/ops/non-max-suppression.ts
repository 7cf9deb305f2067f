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

/** Boxes field by field. */
interface Boxes {
  readonly x1: Float64Array;
  readonly y1: Float64Array;
  readonly x2: Float64Array;
  readonly y2: Float64Array;
  readonly area: Float64Array;
}

function emptyBoxes(count: number): Boxes {
  const field = (): Float64Array => new Float64Array(count);
  return { x1: field(), y1: field(), x2: field(), y2: field(), area: field() };
}

function boxesOf(coordinates: Float64Array, isCentre: boolean): Boxes {
  const boxes = emptyBoxes(coordinates.length / 4);
  const { x1, y1, x2, y2, area } = boxes;
  for (let i = 0; i < x1.length; i++) {
    const [a, b] = [coordinates[4 * i]!, coordinates[4 * i + 1]!];
    const [c, d] = [coordinates[4 * i + 2]!, coordinates[4 * i + 3]!];
    x1[i] = isCentre ? a - c / 2 : Math.min(b, d);
    x2[i] = isCentre ? a + c / 2 : Math.max(b, d);
    y1[i] = isCentre ? b - d / 2 : Math.min(a, c);
    y2[i] = isCentre ? b + d / 2 : Math.max(a, c);
    area[i] = (x2[i]! - x1[i]!) * (y2[i]! - y1[i]!);
  }
  return boxes;
}

/** Whether one of the first `count` boxes of `kept` overlaps box `i` of `all` by more than `iou`. */
function isCovered(kept: Boxes, count: number, all: Boxes, i: number, iou: number): boolean {
  const [left, top, right, bottom] = [all.x1[i]!, all.y1[i]!, all.x2[i]!, all.y2[i]!];
  const { x1, y1, x2, y2, area } = kept;
  const own = all.area[i]!;
  for (let k = 0; k < count; k++) {
    const width = Math.min(x2[k]!, right) - Math.max(x1[k]!, left);
    const height = width <= 0 ? 0 : Math.min(y2[k]!, bottom) - Math.max(y1[k]!, top);
    if (height <= 0) {
      if (iou < 0) return true;
      continue;
    }
    const common = width * height;
    if (common / (area[k]! + own - common) > iou) return true;
  }
  return false;
}

interface Limits {
  readonly most: number;
  readonly iou: number;
  readonly score: number;
}

/** A heap's first key sinks to where none below it is less. */
function sink(heap: Float64Array, count: number, from: number): void {
  const key = heap[from]!;
  let at = from;
  for (let child = 2 * at + 1; child < count; child = 2 * at + 1) {
    if (child + 1 < count && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= key) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = key;
}

const indexBits = 21;
const mostBoxes = 2 ** indexBits;

/** A heap of the scores above the limit: 32 bits that rise as f32 scores fall, then those of the index. */
function heapOf(scores: Float64Array, limit: number): Float64Array {
  const words = new Int32Array(new Float32Array(scores).buffer);
  const keys = new Float64Array(scores.length);
  let count = 0;
  for (let i = 0; i < scores.length; i++) {
    if (!(scores[i]! > limit)) continue;
    const word = scores[i] === 0 ? 0 : words[i]!;
    keys[count++] = (word < 0 ? word + 2 ** 32 : 2 ** 31 - 1 - word) * mostBoxes + i;
  }
  for (let at = (count >> 1) - 1; at >= 0; at--) sink(keys, count, at);
  return keys.subarray(0, count);
}

/** Takes the indices of scores above the limit, by falling score, equal scores by index, while `take` says so. */
function takeInOrder(scores: Float64Array, limit: number, take: (index: number) => boolean): void {
  if (scores.length > mostBoxes) {
    const order = Array.from(scores.keys()).filter((i) => scores[i]! > limit);
    order.sort((a, b) => scores[b]! - scores[a]! || a - b).every(take);
    return;
  }
  const heap = heapOf(scores, limit);
  for (let left = heap.length; left > 0; ) {
    const key = heap[0]!;
    if (!take(key - Math.floor(key / mostBoxes) * mostBoxes)) return;
    heap[0] = heap[--left]!;
    sink(heap, left, 0);
  }
}

function copyBox(from: Boxes, i: number, to: Boxes, at: number): void {
  to.x1[at] = from.x1[i]!;
  to.y1[at] = from.y1[i]!;
  to.x2[at] = from.x2[i]!;
  to.y2[at] = from.y2[i]!;
  to.area[at] = from.area[i]!;
}

/** Each overlapping none before it by more than the limit. `kept` is working memory. */
function select(boxes: Boxes, kept: Boxes, scores: Float64Array, { most, iou, score }: Limits): number[] {
  const selected: number[] = [];
  takeInOrder(scores, score, (i) => {
    const count = selected.length;
    if (count >= most) return false;
    if (isCovered(kept, count, boxes, i, iou)) return true;
    copyBox(boxes, i, kept, count);
    selected.push(i);
    return true;
  });
  return selected;
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
  reference([corners, scores, most, iou, score], { centerPointBox }) {
    const [batch, count] = corners!.shape as readonly [number, number, number];
    const classes = scores!.shape[1]!;
    const [coordinates, values] = [toDoubles(corners!), toDoubles(scores!)];
    const limits: Limits = {
      most: Number(most!.data[0]),
      iou: toDoubles(iou!)[0]!,
      score: toDoubles(score!)[0]!,
    };
    const selected: number[] = [];
    const kept = emptyBoxes(count);
    for (let n = 0; n < batch; n++) {
      const boxes = boxesOf(coordinates.subarray(n * count * 4, (n + 1) * count * 4), centerPointBox);
      for (let c = 0; c < classes; c++) {
        const at = (n * classes + c) * count;
        for (const i of select(boxes, kept, values.subarray(at, at + count), limits)) selected.push(n, c, i);
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
