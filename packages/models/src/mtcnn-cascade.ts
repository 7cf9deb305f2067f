import { ops, type Program, type Value } from "@coracle/core";
import { centresAndSizes, clipBoxes } from "./detection/boxes.ts";
import { type DetectorOptions, imageSize, mapSize } from "./detection/options.ts";
import { best, described, outputsOf, pick, suppress } from "./detection/select.ts";
import { Layers } from "./layers.ts";
import { outputNet, proposalNet, refineNet } from "./mtcnn.ts";

export interface CascadeOptions extends DetectorOptions {
  /** Side of the smallest face looked for, in pixels. Default 20. */
  readonly minFace?: number;
  /** Windows that the second network, and faces that the third, sees of each image. Default 128 and 64. */
  readonly maxWindows?: number;
  readonly maxRefined?: number;
}

/** What is left of each image: boxes [N,K,4], scores [N,K], 0 where a row is none. */
interface Faces {
  readonly boxes: Value;
  readonly scores: Value;
  readonly count: number;
}

const numPoints = 5;
const window = 12;
const shrinking = 0.709;
/** Within a scale. A little less than a half, by which windows a third of their side apart overlap: engines round it. */
const windowIou = 0.49;

/** Zhang et al. 2016, section II: of the images a face of `minFace` is 12 pixels wide in the first. */
function scalesOf([width, height]: readonly [number, number], minFace: number): readonly number[] {
  const scales: number[] = [];
  for (let scale = window / minFace; Math.min(width, height) * scale >= window; scale *= shrinking) {
    scales.push(scale);
  }
  return scales;
}

interface Windows extends Faces {
  /** [N,K,4], relative to the boxes. */
  readonly moves: Value;
}

/** [N,C,h,w] -> [N,h*w,C] */
function listed(layers: Layers, maps: Value, count: number): Value {
  const channels = Number(maps.type.shape[1]);
  return layers.transpose(layers.reshape(maps, [0, channels, count]), [0, 2, 1]);
}

type Size = readonly [number, number];

/** Every window of an image resized. */
function windowsAt(layers: Layers, image: Value, scale: number, size: Size): Windows {
  const [width, height] = size.map((side) => Math.ceil(side * scale)) as [number, number];
  const [chances, moves] = proposalNet(layers, layers.resize(image, layers.ints([height, width])));
  const [columns, rows] = mapSize(chances);
  const [across, down] = [size[0] / width, size[1] / height];
  const corners = Array.from({ length: columns * rows }, (_, i) => {
    const [x, y] = [2 * (i % columns), 2 * Math.floor(i / columns)];
    return [x * across, y * down, (x + window) * across, (y + window) * down];
  });
  const count = corners.length;
  const all = layers.full("f32", 0, layers.sizes([[image, 0], count, 4]));
  return {
    boxes: layers.add(all, layers.floats(corners.flat(), [1, count, 4])),
    scores: layers.reshape(layers.slice(chances, 1, 2, 1), [0, count]),
    moves: listed(layers, moves, count),
    count,
  };
}

/** Boxes moved by parts of their own size. */
function moved(layers: Layers, boxes: Value, moves: Value): Value {
  const [low, high] = layers.split(boxes, [2, 2], 2);
  const size = layers.sub(high!, low!);
  return layers.add(boxes, layers.mul(moves, layers.concat([size, size], 2)));
}

/** Boxes as squares around the same centre. */
function squared(layers: Layers, boxes: Value): Value {
  const [centre, size] = centresAndSizes(layers, boxes);
  const [width, height] = layers.split(size, [1, 1], 2);
  const half = layers.mul(layers.one(ops.max, {}, [width!, height!]), layers.scalar(0.5));
  return layers.concat([layers.sub(centre, half), layers.add(centre, half)], 2);
}

interface Keep {
  readonly iouThreshold: number;
  readonly scoreThreshold: number;
  readonly most: number;
}

/** The best faces that are not too near to a better one, and their rows among those given. */
function keep(layers: Layers, faces: Faces, limits: Keep): readonly [Faces, Value] {
  const kept = suppress(layers, faces.boxes, layers.unsqueeze(faces.scores, 1), limits);
  const count = Math.min(limits.most, faces.count);
  const [scores, rows] = best(layers, layers.reshape(kept, [-1, faces.count]), count);
  return [{ boxes: pick(layers, faces.boxes, rows), scores, count }, rows];
}

/** The windows of all scales, suppressed at a half within each scale and at 0.7 over all, moved and squared. */
function proposals(layers: Layers, scales: readonly Windows[], limits: Keep): Faces {
  const total = scales.reduce((sum, { count }) => sum + count, 0);
  const all = (of: (windows: Windows) => Value): Value => layers.concat(scales.map(of));
  const [boxes, scores] = [all((windows) => windows.boxes), all((windows) => windows.scores)];
  const isOf = scales.flatMap((_, scale) =>
    scales.flatMap(({ count }, i) => Array(count).fill(Number(i === scale))),
  );
  const byScale = layers.mul(layers.unsqueeze(scores, 1), layers.floats(isOf, [1, scales.length, total]));
  const within = suppress(layers, boxes, byScale, { ...limits, iouThreshold: windowIou });
  const reduced = { keepDims: false, noopWithEmptyAxes: false };
  const once = layers.one(ops.reduceMax, reduced, [within, layers.ints([1])]);
  const [faces, rows] = keep(layers, { boxes, scores: once, count: total }, limits);
  const moves = pick(
    layers,
    all((windows) => windows.moves),
    rows,
  );
  return { ...faces, boxes: squared(layers, moved(layers, faces.boxes, moves)) };
}

/** [N*K,3,size,size]: the image within each box, zeros outside of it. */
function crops(layers: Layers, image: Value, { boxes, count }: Faces, size: number): Value {
  const attrs = {
    mode: "avg",
    outputHeight: size,
    outputWidth: size,
    samplingRatio: 2,
    spatialScale: 1,
    coordinateMode: "halfPixel",
  } as const;
  const ones = layers.full("i64", 1, layers.sizes([[boxes, 0], count]));
  const images = layers.one(ops.cumSum, { exclusive: true, reverse: false }, [ones, layers.integer(0)]);
  return layers.one(ops.roiAlign, attrs, [
    image,
    layers.reshape(boxes, [-1, 4]),
    layers.reshape(images, [-1]),
  ]);
}

/** What a network says [N*K,C] of the faces it saw, as [N,K,C]. */
const perImage = (layers: Layers, x: Value, { count }: Faces): Value =>
  layers.reshape(x, [-1, count, Number(x.type.shape[1])]);

/** Scores of the faces by a network's chances [N*K,2]; rows that are none stay at 0. */
function judged(layers: Layers, faces: Faces, chances: Value): Value {
  const isFace = layers.one(ops.greater, {}, [faces.scores, layers.scalar(0)]);
  const scores = layers.reshape(layers.slice(chances, 1, 2, 1), [-1, faces.count]);
  return layers.mul(scores, layers.one(ops.cast, { to: "f32" }, [isFace]));
}

function refined(layers: Layers, image: Value, faces: Faces, limits: Keep): Faces {
  const [chances, moves] = refineNet(layers, crops(layers, image, faces, 24));
  const scores = judged(layers, faces, chances);
  const [kept, rows] = keep(layers, { ...faces, scores }, limits);
  const of = pick(layers, perImage(layers, moves, faces), rows);
  return { ...kept, boxes: squared(layers, moved(layers, kept.boxes, of)) };
}

/** Points [N,K,10] relative to boxes [N,K,4] -> [N,K,5,2] in pixels. */
function placed(layers: Layers, points: Value, boxes: Value): Value {
  const apart = layers.transpose(layers.reshape(points, [0, 0, 2, numPoints]), [0, 1, 3, 2]);
  const [low, high] = layers.split(layers.unsqueeze(boxes, 2), [2, 2], 3);
  return layers.add(low!, layers.mul(apart, layers.sub(high!, low!)));
}

/** The five points of each face, and whether there is one: described with the boxes. */
function finished(
  layers: Layers,
  image: Value,
  faces: Faces,
  { size, ...limits }: Keep & { size: Size },
): readonly Value[] {
  const [chances, moves, points] = outputNet(layers, crops(layers, image, faces, 48));
  const scores = judged(layers, faces, chances);
  const boxes = clipBoxes(layers, moved(layers, faces.boxes, perImage(layers, moves, faces)), size);
  const [kept, rows] = keep(layers, { ...faces, boxes, scores }, limits);
  const zero = layers.full("i64", 0, layers.sizes([[rows, 0], kept.count]));
  const detections = described(layers, { boxes: kept.boxes, scores: kept.scores, classes: zero, rows }, 1);
  const all = placed(layers, perImage(layers, points, faces), faces.boxes);
  const found = layers.one(ops.unsqueeze, {}, [detections.found, layers.ints([2, 3])]);
  return [...outputsOf(detections), layers.mul(pick(layers, all, rows), found)];
}

/**
 * MTCNN (Zhang et al. 2016): its three networks and what lies between them in one program. image [N,3,H,W] f32, H and
 * W numbers, 240 x 320 by default -> faces over 0.7: boxes [N,maxDetections,4] as x1 y1 x2 y2 in pixels, scores
 * [N,maxDetections], labels [N,maxDetections] i64, all 1, their count [N] i64, and five points of each
 * [N,maxDetections,5,2] in pixels; zeros and label -1 after the last. 32 faces at most by default. Crops are means of
 * four samples of each pixel. Throws DataError.
 */
export function mtcnn(options: CascadeOptions = {}): Program {
  const { inputShape = ["n", 3, 240, 320], minFace = 20, maxWindows = 128, maxRefined = 64 } = options;
  const { scoreThreshold = 0.7, iouThreshold = 0.7, maxDetections = 32 } = options;
  const size = imageSize(inputShape);
  const layers = new Layers(options);
  const image = layers.input("image", inputShape);
  const scales = layers.repeat(scalesOf(size, minFace), (scale) => windowsAt(layers, image, scale, size));
  const limits = { iouThreshold, scoreThreshold };
  const windows = proposals(layers, scales, { iouThreshold: 0.7, scoreThreshold: 0.6, most: maxWindows });
  const faces = refined(layers, image, windows, { iouThreshold: 0.7, scoreThreshold: 0.7, most: maxRefined });
  return layers.build(finished(layers, image, faces, { ...limits, most: maxDetections, size }));
}
