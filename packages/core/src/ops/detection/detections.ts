import { ShapeError } from "../../errors.ts";
import { fromNumbers } from "../../ir/numeric.ts";
import { formatShape, isStatic, numElements } from "../../ir/shape.ts";
import { Tensor, type TensorType } from "../../ir/tensor.ts";
import { canEqual } from "../shared/channels.ts";
import { checkFloat, checkInputs, checkRank, checkSameDType } from "../shared/check.ts";

/** One kept box: which image, class and box, and its score. */
export interface Detection {
  readonly image: number;
  readonly label: number;
  readonly box: number;
  readonly score: number;
}

/** boxes [N,M,4], scores [N,C,M] of floats -> rows [K,6], index [K,1] (i32), counts [N] (i32). */
export function inferDetections(inputs: readonly TensorType[]): readonly TensorType[] {
  checkInputs(inputs, 2);
  const [boxes, scores] = inputs as readonly [TensorType, TensorType];
  checkFloat(boxes, "boxes");
  checkSameDType([boxes, scores]);
  checkRank(boxes, 3, 3, "boxes");
  checkRank(scores, 3, 3, "scores");
  const [batch, count, corners] = boxes.shape;
  if (!canEqual(corners!, 4) || !canEqual(batch!, scores.shape[0]!) || !canEqual(count!, scores.shape[2]!)) {
    throw new ShapeError(
      `boxes have shape ${formatShape(boxes.shape)} and scores ${formatShape(scores.shape)}; expected [N,M,4] and [N,C,M].`,
    );
  }
  return [
    { dtype: boxes.dtype, shape: ["?kept", 6] },
    { dtype: "i32", shape: ["?kept", 1] },
    { dtype: "i32", shape: [batch!] },
  ];
}

/** Rows of class, score and corners; where each box lies among all images' boxes; how many each image has. */
export function detectionTensors(
  boxes: Tensor,
  coordinates: Float64Array,
  images: readonly (readonly Detection[])[],
): readonly Tensor[] {
  const all = images.flat();
  const perImage = boxes.shape[1]!;
  const rows = all.flatMap(({ image, label, box, score }) => {
    const at = (image * perImage + box) * 4;
    return [label, score, ...coordinates.subarray(at, at + 4)];
  });
  return [
    fromNumbers(boxes.dtype, [all.length, 6], rows),
    Tensor.from(
      "i32",
      [all.length, 1],
      all.map(({ image, box }) => image * perImage + box),
    ),
    Tensor.from(
      "i32",
      [images.length],
      images.map(({ length }) => length),
    ),
  ];
}

/** Every box of a class against every other. */
export function detectionFlops([boxes, scores]: readonly TensorType[]): number {
  const dims = [...scores!.shape, boxes!.shape[1]!];
  return isStatic(dims) ? 8 * numElements(dims) : 0;
}
