import { ops } from "@coracle/core";
import { cases, f32, given, type InputSpec, type OpCase } from "../case.ts";

/** x1 y1 x2 y2, in order, some overlapping much and some not at all. */
const corners = [0, 0, 10, 10, 1, 1, 11, 10, 20, 20, 30, 32, 21, 20, 30, 31, 5, 5, 25, 25, 40, 2, 44, 9];
const scores = [0.9, 0.85, 0.3, 0.75, 0.6, 0.05, 0.2, 0.4, 0.95, 0.9, 0.1, 0.55];

const boxes = (batch: number): InputSpec => given("f32", [batch, 6, 4], corners);
const classScores = (batch: number): InputSpec => given("f32", [batch, 2, 6], scores);

const suppression: ops.MulticlassNmsAttrs = {
  backgroundLabel: -1,
  scoreThreshold: 0.15,
  nmsTopK: -1,
  nmsThreshold: 0.4,
  nmsEta: 1,
  keepTopK: -1,
  normalized: true,
};

const suppressions = cases(ops.multiclassNms, [
  { name: "all classes", attrs: suppression, inputs: [boxes(1), classScores(1)] },
  { name: "two images", attrs: suppression, inputs: [boxes(2), classScores(2)] },
  { name: "a background", attrs: { ...suppression, backgroundLabel: 0 }, inputs: [boxes(1), classScores(1)] },
  { name: "pixels", attrs: { ...suppression, normalized: false }, inputs: [boxes(1), classScores(1)] },
  {
    name: "a threshold that shrinks",
    attrs: { ...suppression, nmsThreshold: 0.9, nmsEta: 0.5 },
    inputs: [boxes(1), classScores(1)],
  },
  {
    name: "at most three",
    attrs: { ...suppression, nmsTopK: 4, keepTopK: 3 },
    inputs: [boxes(1), classScores(1)],
  },
  {
    name: "none above the threshold",
    attrs: { ...suppression, scoreThreshold: 2 },
    inputs: [boxes(1), classScores(1)],
  },
]);

const decay: ops.MatrixNmsAttrs = {
  backgroundLabel: 0,
  scoreThreshold: 0.1,
  postThreshold: 0.05,
  nmsTopK: -1,
  keepTopK: -1,
  useGaussian: false,
  gaussianSigma: 2,
  normalized: true,
};

const decays = cases(ops.matrixNms, [
  { name: "linear", attrs: decay, inputs: [boxes(1), classScores(1)] },
  {
    name: "gaussian",
    attrs: { ...decay, useGaussian: true, keepTopK: 4 },
    inputs: [boxes(2), classScores(2)],
  },
]);

const prior: ops.PriorBoxAttrs = {
  minSizes: [20, 40],
  maxSizes: [40, 60],
  aspectRatios: [2, 3],
  flip: true,
  minMaxAspectRatiosOrder: false,
  variances: [0.1, 0.1, 0.2, 0.2],
  clip: true,
  stepWidth: 0,
  stepHeight: 0,
  offset: 0.5,
};
const maps = [f32([1, 4, 5, 7]), f32([1, 3, 100, 140])];

const priors = cases(ops.priorBox, [
  { name: "flipped and clipped", attrs: prior, inputs: maps },
  {
    name: "steps, no largest sizes",
    attrs: {
      ...prior,
      maxSizes: [],
      clip: false,
      stepWidth: 16,
      stepHeight: 16,
      minMaxAspectRatiosOrder: true,
    },
    inputs: maps,
  },
]);

const densePriors = cases(ops.densityPriorBox, [
  {
    name: "two densities",
    attrs: { ...prior, fixedSizes: [32, 64], fixedRatios: [1], densities: [4, 2] },
    inputs: maps,
  },
]);

const yolo: ops.YoloBoxAttrs = {
  anchors: [10, 13, 16, 30],
  classes: 3,
  confidenceThreshold: 0.4,
  downsampleRatio: 8,
  clipBox: true,
  scaleXY: 1.05,
  iouAware: false,
  iouAwareFactor: 0.5,
};
const sizes = given("i32", [2, 2], [320, 240, 100, 200]);

const heads = cases(ops.yoloBox, [
  { name: "two anchors", attrs: yolo, inputs: [f32([2, 16, 3, 4]), sizes] },
  {
    name: "aware of overlap",
    attrs: { ...yolo, iouAware: true, clipBox: false },
    inputs: [f32([2, 18, 3, 4]), sizes],
  },
]);

export const detectionCases: readonly OpCase[] = [
  ...suppressions,
  ...decays,
  ...priors,
  ...densePriors,
  ...heads,
];
