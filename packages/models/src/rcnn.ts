import { DataError, ops, type Program, type Value } from "@coracle/core";
import { centresAndSizes, clipBoxes, decode } from "./detection/boxes.ts";
import { type DetectorOptions, imageSize } from "./detection/options.ts";
import { type Proposals, propose } from "./detection/proposals.ts";
import { alignRegions, type Canvas, canvasOf, featurePyramid } from "./detection/pyramid.ts";
import { best, type Detections, described, outputsOf, pick, suppress } from "./detection/select.ts";
import { Layers } from "./layers.ts";
import { resnet50Stages } from "./resnet.ts";

export interface RcnnOptions extends DetectorOptions {
  /** Boxes that each image's second stage looks at, at most. Default 1000. */
  readonly maxProposals?: number;
  /** Channels of the pyramid; fully connected layers are four times as wide. Default 256. */
  readonly width?: number;
}

interface Settings {
  readonly numClasses: number;
  readonly scoreThreshold: number;
  readonly iouThreshold: number;
  readonly maxDetections: number;
  readonly image: readonly [number, number];
}

/** Regions [R,C,7,7] -> logits [R,numClasses] and deltas [R,numClasses*4]. */
function boxHead(layers: Layers, regions: Value, numClasses: number): readonly [Value, Value] {
  const width = 4 * Number(regions.type.shape[1]);
  let x = layers.flatten(regions);
  for (let i = 0; i < 2; i++) {
    const inputs = Number(x.type.shape[1]);
    x = layers.activate(layers.linear(x, width, Math.sqrt(2 / inputs)), "relu");
  }
  const logits = layers.linear(x, numClasses, 4 / Math.sqrt(width));
  return [logits, layers.linear(x, numClasses * 4, 2 / Math.sqrt(width))];
}

/** The best boxes of every class but 0, each class suppressed by itself. */
function detect(
  layers: Layers,
  { boxes: proposals, found, count }: Proposals,
  [logits, deltas]: readonly [Value, Value],
  settings: Settings,
): Detections {
  const { numClasses, image, scoreThreshold, iouThreshold, maxDetections } = settings;
  const numThings = numClasses - 1;
  const shares = layers.one(ops.softmax, { axis: 1 }, [logits]);
  const things = layers.reshape(layers.slice(shares, 1, numClasses, 1), [-1, count, numThings]);
  const scores = layers.transpose(layers.mul(things, layers.unsqueeze(found, 2)), [0, 2, 1]);
  const ofThings = layers.slice(layers.reshape(deltas, [-1, count, numClasses, 4]), 1, numClasses, 2);
  const [centre, size] = centresAndSizes(layers, layers.unsqueeze(proposals, 2));
  const decoded = clipBoxes(layers, decode(layers, ofThings, [centre, size], [0.1, 0.2]), image);
  const boxes = layers.transpose(decoded, [0, 2, 1, 3]);
  const kept = suppress(
    layers,
    layers.reshape(boxes, [-1, count, 4]),
    layers.reshape(scores, [-1, 1, count]),
    { iouThreshold, scoreThreshold, most: maxDetections },
  );
  const flat = layers.reshape(kept, [-1, numThings * count]);
  const [values, rows] = best(layers, flat, maxDetections);
  const chosen = {
    boxes: pick(layers, layers.reshape(boxes, [-1, numThings * count, 4]), rows),
    scores: values,
    classes: layers.one(ops.div, {}, [rows, layers.integer(count)]),
    rows,
  };
  return described(layers, chosen, 1);
}

/** Regions of the detections -> masks [N,K,28,28] (He et al. 2017, figure 4, right). */
function maskHead(layers: Layers, canvas: Canvas, detections: Detections, settings: Settings): Value {
  const { maxDetections: count, numClasses } = settings;
  let x = alignRegions(layers, canvas, detections.boxes, { count, size: 14 });
  const width = Number(x.type.shape[1]);
  for (let i = 0; i < 4; i++) x = layers.conv(x, width, { kernel: 3, after: "bias", activation: "relu" });
  const large = layers.activate(layers.upConv(x, width), "relu");
  const maps = layers.conv(large, numClasses, { after: "bias", gain: 2 });
  const known = layers.one(ops.max, {}, [detections.labels, layers.integer(0)]);
  const labels = layers.reshape(known, [-1, 1]);
  const ofLabels = layers.one(ops.gatherND, { batchDims: 1 }, [maps, labels]);
  const masks = layers.reshape(layers.activate(ofLabels, "sigmoid"), [-1, count, 28, 28]);
  return layers.mul(masks, layers.one(ops.unsqueeze, {}, [detections.found, layers.ints([2, 3])]));
}

function rcnn(options: RcnnOptions, hasMasks: boolean): Program {
  const { numClasses = 91, inputShape = ["n", 3, 800, 800], width = 256 } = options;
  const { scoreThreshold = 0.05, iouThreshold = 0.5, maxDetections = 100, maxProposals = 1000 } = options;
  const image = imageSize(inputShape);
  if (image.some((size) => size % 32 !== 0)) {
    throw new DataError(`inputShape [${inputShape}]; expected a height and width of multiples of 32.`);
  }
  const settings = { numClasses, scoreThreshold, iouThreshold, maxDetections, image };
  const layers = new Layers(options);
  const levels = featurePyramid(layers, resnet50Stages(layers, layers.input("image", inputShape)), width);
  const proposals = propose(layers, levels, { image, most: maxProposals });
  const canvas = canvasOf(layers, levels.slice(0, 4));
  const regions = alignRegions(layers, canvas, proposals.boxes, { count: proposals.count, size: 7 });
  const detections = detect(layers, proposals, boxHead(layers, regions, numClasses), settings);
  const outputs = outputsOf(detections);
  return layers.build(hasMasks ? [...outputs, maskHead(layers, canvas, detections, settings)] : outputs);
}

/**
 * Faster R-CNN (Ren et al. 2015) on ResNet50 with a feature pyramid (Lin et al. 2017), as torchvision's
 * fasterrcnn_resnet50_fpn has it: image [N,3,H,W] f32, H and W multiples of 32, 800 x 800 by default -> things over
 * 0.05, none of which overlaps another of its class by more than 0.5: boxes [N,maxDetections,4] as x1 y1 x2 y2 in
 * pixels, scores [N,maxDetections], labels [N,maxDetections] i64 from 1, and their count [N] i64; the best first,
 * zeros and label -1 after the last. 91 classes, the first for what is nothing, and 100 things at most by default.
 * Batch norms are not frozen, which counts 53,120 parameters more than torchvision. Throws DataError.
 */
export function fasterRcnn(options: RcnnOptions = {}): Program {
  return rcnn(options, false);
}

/**
 * Mask R-CNN (He et al. 2017), as torchvision's maskrcnn_resnet50_fpn has it: `fasterRcnn` and, after its outputs, a
 * mask of each thing within its box [N,maxDetections,28,28], from 0 to 1. Throws DataError.
 */
export function maskRcnn(options: RcnnOptions = {}): Program {
  return rcnn(options, true);
}
