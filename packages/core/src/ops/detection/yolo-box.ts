import { ShapeError } from "../../errors.ts";
import { fromNumbers } from "../../ir/numeric.ts";
import { defineOp, type Op } from "../../ir/op.ts";
import { type Dim, formatShape } from "../../ir/shape.ts";
import { ints, type TensorType } from "../../ir/tensor.ts";
import { canEqual } from "../shared/channels.ts";
import { checkDType, checkFloat, checkInputs, checkRank } from "../shared/check.ts";
import { doubles, toDoubles } from "../shared/doubles.ts";

export interface YoloBoxAttrs {
  /** Width and height of each anchor, in pixels of the network's input. */
  readonly anchors: readonly number[];
  readonly classes: number;
  /** Boxes of less confidence are zeros. */
  readonly confidenceThreshold: number;
  /** Pixels of the network's input for one of the map. */
  readonly downsampleRatio: number;
  readonly clipBox: boolean;
  /** How far a centre may leave its cell (Bochkovskiy et al. 2020). */
  readonly scaleXY: number;
  /** A predicted overlap for each anchor comes first, and is weighed into the confidence. */
  readonly iouAware: boolean;
  readonly iouAwareFactor: number;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const channelsOf = ({ anchors, classes, iouAware }: YoloBoxAttrs): number =>
  (anchors.length / 2) * (5 + classes + (iouAware ? 1 : 0));

function product(...dims: readonly Dim[]): Dim {
  const numbers = dims.filter((dim) => typeof dim === "number");
  return numbers.length === dims.length ? numbers.reduce((a, b) => a * b, 1) : "?boxes";
}

interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** One image's map with its decoding rules. */
class Head {
  readonly #data: Float64Array;
  readonly #attrs: YoloBoxAttrs;
  readonly #rows: number;
  readonly #cols: number;

  constructor(data: Float64Array, rows: number, cols: number, attrs: YoloBoxAttrs) {
    this.#data = data;
    this.#rows = rows;
    this.#cols = cols;
    this.#attrs = attrs;
  }

  /** Entry `k` of an anchor at a cell: tx, ty, tw, th, confidence, classes. */
  entry(anchor: number, k: number, cell: number): number {
    const { anchors, classes, iouAware } = this.#attrs;
    const first = iouAware ? anchors.length / 2 : 0;
    return this.#data[(first + anchor * (5 + classes) + k) * this.#rows * this.#cols + cell]!;
  }

  confidence(anchor: number, cell: number): number {
    const own = sigmoid(this.entry(anchor, 4, cell));
    const { iouAware, iouAwareFactor } = this.#attrs;
    if (!iouAware) return own;
    const overlap = sigmoid(this.#data[anchor * this.#rows * this.#cols + cell]!);
    return own ** (1 - iouAwareFactor) * overlap ** iouAwareFactor;
  }

  corners(anchor: number, cell: number, { width, height }: ImageSize): [number, number, number, number] {
    const { anchors, downsampleRatio, scaleXY, clipBox } = this.#attrs;
    const bias = -0.5 * (scaleXY - 1);
    const at = (k: number, index: number): number =>
      index + sigmoid(this.entry(anchor, k, cell)) * scaleXY + bias;
    const x = (at(0, cell % this.#cols) * width) / this.#cols;
    const y = (at(1, Math.floor(cell / this.#cols)) * height) / this.#rows;
    const w =
      (Math.exp(this.entry(anchor, 2, cell)) * anchors[2 * anchor]! * width) / (downsampleRatio * this.#cols);
    const h =
      (Math.exp(this.entry(anchor, 3, cell)) * anchors[2 * anchor + 1]! * height) /
      (downsampleRatio * this.#rows);
    const [x1, y1, x2, y2] = [x - w / 2, y - h / 2, x + w / 2, y + h / 2];
    if (!clipBox) return [x1, y1, x2, y2];
    return [Math.max(x1, 0), Math.max(y1, 0), Math.min(x2, width - 1), Math.min(y2, height - 1)];
  }
}

/**
 * x [N,A*(5+C),H,W], imageSize [N,2] (i32) as height and width -> boxes [N,A*H*W,4] as x1 y1 x2 y2 in pixels of the image,
 * scores [N,A*H*W,C] (Redmon and Farhadi 2018, YOLOv3). Throws ShapeError.
 */
export const yoloBox: Op<YoloBoxAttrs> = defineOp<YoloBoxAttrs>({
  name: "yoloBox",
  accuracy: "rounding",
  infer(inputs, attrs) {
    checkInputs(inputs, 2);
    const [x, size] = inputs as readonly [TensorType, TensorType];
    checkFloat(x, "input");
    checkRank(x, 4, 4, "input");
    checkDType(size, ["i32", "i64"], "imageSize");
    checkRank(size, 2, 2, "imageSize");
    const [batch, channels, rows, cols] = x.shape as readonly [Dim, Dim, Dim, Dim];
    if (!canEqual(channels, channelsOf(attrs))) {
      throw new ShapeError(
        `input has shape ${formatShape(x.shape)}; expected ${channelsOf(attrs)} channels.`,
      );
    }
    const count = product(attrs.anchors.length / 2, rows, cols);
    return [
      { dtype: x.dtype, shape: [batch, count, 4] },
      { dtype: x.dtype, shape: [batch, count, attrs.classes] },
    ];
  },
  reference([x, imageSize], attrs) {
    const [batch, channels, rows, cols] = x!.shape as readonly [number, number, number, number];
    const [numAnchors, cells] = [attrs.anchors.length / 2, rows * cols];
    const [values, sizes] = [toDoubles(x!), ints(imageSize!)];
    const [boxes, scores] = [
      doubles([batch, numAnchors * cells, 4]),
      doubles([batch, numAnchors * cells, attrs.classes]),
    ];
    for (let n = 0; n < batch; n++) {
      const head = new Head(
        values.subarray(n * channels * cells, (n + 1) * channels * cells),
        rows,
        cols,
        attrs,
      );
      const image = { height: sizes[2 * n]!, width: sizes[2 * n + 1]! };
      for (let at = 0; at < numAnchors * cells; at++) {
        const [anchor, cell] = [Math.floor(at / cells), at % cells];
        const confidence = head.confidence(anchor, cell);
        if (confidence < attrs.confidenceThreshold) continue;
        const to = n * numAnchors * cells + at;
        boxes.set(head.corners(anchor, cell, image), to * 4);
        for (let c = 0; c < attrs.classes; c++)
          scores[to * attrs.classes + c] = confidence * sigmoid(head.entry(anchor, 5 + c, cell));
      }
    }
    return [
      fromNumbers(x!.dtype, [batch, numAnchors * cells, 4], boxes),
      fromNumbers(x!.dtype, [batch, numAnchors * cells, attrs.classes], scores),
    ];
  },
});
