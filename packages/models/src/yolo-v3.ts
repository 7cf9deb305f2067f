import { ops, type Program, type Value } from "@coracle/core";
import { clipBoxes, corners } from "./detection/boxes.ts";
import { imageSize, mapSize, type OptionalBoxes } from "./detection/options.ts";
import { centred, gridPriors } from "./detection/priors.ts";
import { outputsOf, select } from "./detection/select.ts";
import { anyImage, Layers } from "./layers.ts";
import { mobilenetV3Blocks } from "./mobilenet-v3.ts";

const activation = "leakyRelu";

/** Widths and heights of the priors of each map. */
const anchors = [
  [116, 90, 156, 198, 373, 326],
  [30, 61, 62, 45, 59, 119],
  [10, 13, 16, 30, 33, 23],
] as const;

/** Five convolutions, 1x1 and 3x3 in turn (Redmon and Farhadi 2018, section 2.3). */
function narrow(layers: Layers, x: Value, channels: number): Value {
  let y = x;
  for (let i = 0; i < 2; i++) {
    y = layers.conv(y, channels, { activation });
    y = layers.conv(y, channels * 2, { kernel: 3, activation });
  }
  return layers.conv(y, channels, { activation });
}

/** Bias of the scores with `postprocess`: few boxes are taken for something, as after training. */
function scoreBias(numClasses: number): readonly number[] {
  const one = Array.from({ length: 5 + numClasses }, (_, i) => (i < 4 ? 0 : i === 4 ? -2 : -4));
  return [...one, ...one, ...one];
}

interface Boxes {
  /** [N,B,4] */
  readonly boxes: Value;
  /** [N,B,numClasses] */
  readonly scores: Value;
  readonly count: number;
}

/** maps [N,3*(5+numClasses),H,W], the coarsest first (Redmon and Farhadi 2018, section 2.1). */
function decodeMaps(
  layers: Layers,
  maps: readonly Value[],
  numClasses: number,
  image: readonly [number, number],
): Boxes {
  const size = 5 + numClasses;
  const priors = maps.flatMap((map, i) => {
    const [width, height] = mapSize(map);
    const step = image[0] / width;
    const sizes = [0, 2, 4].map((at) => centred(anchors[i]![at]!, anchors[i]![at + 1]!));
    const shapes = sizes.map((shape) => gridPriors({ width, height, step: [step, step] }, [shape]));
    return shapes.flat().map((prior) => ({ ...prior, step }));
  });
  const rows = maps.map((map) => {
    const [width, height] = mapSize(map);
    const apart = layers.reshape(map, [0, 3, size, width * height]);
    return layers.reshape(layers.transpose(apart, [0, 1, 3, 2]), [0, 3 * width * height, size]);
  });
  const [at, grown, object, classes] = layers.split(layers.concat(rows), [2, 2, 1, numClasses], 2);
  const constant = (numbers: (prior: (typeof priors)[number]) => readonly number[]): Value => {
    const values = priors.flatMap(numbers);
    return layers.floats(values, [1, priors.length, values.length / priors.length]);
  };
  const steps = constant(({ step }) => [step]);
  const origins = constant(({ x, y, step }) => [x - step / 2, y - step / 2]);
  const halfSizes = constant(({ width, height }) => [width / 2, height / 2]);
  const centres = layers.add(origins, layers.mul(layers.activate(at!, "sigmoid"), steps));
  const halves = layers.mul(layers.one(ops.exp, {}, [grown!]), halfSizes);
  const scores = layers.mul(layers.activate(object!, "sigmoid"), layers.activate(classes!, "sigmoid"));
  const boxes = clipBoxes(layers, corners(layers, centres, halves), image);
  return { boxes, scores, count: priors.length };
}

/**
 * YOLOv3 (Redmon and Farhadi 2018) on MobileNetV3-Large, as in PaddleDetection: image [N,3,H,W] f32, H and W multiples
 * of 32 -> three maps [N,3*(5+numClasses),H/s,W/s], s 32, 16, 8. 80 classes by default. With `postprocess` boxes over
 * 0.01, none of which overlaps another of its class by more than 0.45, 100 of them at most, out of the 1000 boxes of
 * the best scores.
 */
export function yoloV3MobilenetV3(options: OptionalBoxes = {}): Program {
  const { numClasses = 80, inputShape = anyImage, postprocess = false } = options;
  const { scoreThreshold = 0.01, iouThreshold = 0.45, maxDetections = 100 } = options;
  const image = postprocess ? imageSize(inputShape) : undefined;
  const layers = new Layers(options);
  const blocks = mobilenetV3Blocks(layers, layers.input("image", inputShape));
  const features = [blocks[14]!, blocks[11]!, blocks[5]!];
  const predicted = image ? { gain: 3, initial: scoreBias(numClasses) } : {};
  const maps: Value[] = [];
  let route: Value | undefined;
  features.forEach((feature, i) => {
    const channels = 512 >> i;
    const up = route && layers.upsample(layers.conv(route, channels, { activation }));
    route = narrow(layers, up ? layers.concat([up, feature]) : feature, channels);
    const tip = layers.conv(route, channels * 2, { kernel: 3, activation });
    maps.push(layers.conv(tip, 3 * (5 + numClasses), { after: "bias", ...predicted }));
  });
  if (!image) return layers.build(maps);
  const { boxes, scores, count } = decodeMaps(layers, maps, numClasses, image);
  const detections = select(layers, boxes, scores, {
    iouThreshold,
    scoreThreshold,
    most: maxDetections,
    rows: maxDetections,
    candidates: Math.min(1000, count),
    numClasses,
    numBoxes: count,
  });
  return layers.build(outputsOf(detections));
}
