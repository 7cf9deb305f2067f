import { ops, type Value } from "@coracle/core";
import type { Convert, PaddleContext, Results } from "../context.ts";
import { castTo, rankOf, reshapeTo, sliceAxis, squeeze, unsqueeze } from "./common.ts";

function priorAttrs(c: PaddleContext) {
  return {
    variances: c.floats("variances") ?? [0.1, 0.1, 0.2, 0.2],
    clip: c.bool("clip", false),
    stepWidth: c.float("step_w", 0),
    stepHeight: c.float("step_h", 0),
    offset: c.float("offset", 0.5),
  };
}

const priorBox: Convert = (c): Results => {
  const attrs = {
    ...priorAttrs(c),
    minSizes: c.floats("min_sizes") ?? [],
    maxSizes: c.floats("max_sizes") ?? [],
    aspectRatios: c.floats("aspect_ratios") ?? [1],
    flip: c.bool("flip", false),
    minMaxAspectRatiosOrder: c.bool("min_max_aspect_ratios_order", false),
  };
  const [boxes, variances] = c.emitAll(ops.priorBox, attrs, [c.input("Input"), c.input("Image")]);
  return { Boxes: boxes!, Variances: variances! };
};

const densityPriorBox: Convert = (c): Results => {
  const attrs = {
    ...priorAttrs(c),
    fixedSizes: c.floats("fixed_sizes") ?? [],
    fixedRatios: c.floats("fixed_ratios") ?? [],
    densities: c.ints("densities") ?? [],
  };
  const made = c.emitAll(ops.densityPriorBox, attrs, [c.input("Input"), c.input("Image")]);
  const [boxes, variances] = c.bool("flatten_to_2d", false)
    ? made.map((value) => reshapeTo(c, value, [-1, 4]))
    : made;
  return { Boxes: boxes!, Variances: variances! };
};

const yoloBox: Convert = (c): Results => {
  const attrs = {
    anchors: c.ints("anchors") ?? [],
    classes: c.int("class_num", 1),
    confidenceThreshold: c.float("conf_thresh", 0.01),
    downsampleRatio: c.int("downsample_ratio", 32),
    clipBox: c.bool("clip_bbox", true),
    scaleXY: c.float("scale_x_y", 1),
    iouAware: c.bool("iou_aware", false),
    iouAwareFactor: c.float("iou_aware_factor", 0.5),
  };
  const [boxes, scores] = c.emitAll(ops.yoloBox, attrs, [c.input("X"), castTo(c, c.input("ImgSize"), "i32")]);
  return { Boxes: boxes!, Scores: scores! };
};

/** Rows, which box each is, and how many each image has, under the names of all versions of the operator. */
const kept = ([rows, index, counts]: readonly Value[]): Results => ({
  Out: rows!,
  Index: index!,
  NmsRoisNum: counts!,
  RoisNum: counts!,
});

const multiclassNms: Convert = (c) => {
  const attrs = {
    backgroundLabel: c.int("background_label", 0),
    scoreThreshold: c.float("score_threshold", 0),
    nmsTopK: c.int("nms_top_k", -1),
    nmsThreshold: c.float("nms_threshold", 0.3),
    nmsEta: c.float("nms_eta", 1),
    keepTopK: c.int("keep_top_k", -1),
    normalized: c.bool("normalized", true),
  };
  return kept(c.emitAll(ops.multiclassNms, attrs, [c.input("BBoxes"), c.input("Scores")]));
};

const matrixNms: Convert = (c) => {
  const attrs = {
    backgroundLabel: c.int("background_label", 0),
    scoreThreshold: c.float("score_threshold", 0),
    postThreshold: c.float("post_threshold", 0),
    nmsTopK: c.int("nms_top_k", -1),
    keepTopK: c.int("keep_top_k", -1),
    useGaussian: c.bool("use_gaussian", false),
    gaussianSigma: c.float("gaussian_sigma", 2),
    normalized: c.bool("normalized", true),
  };
  return kept(c.emitAll(ops.matrixNms, attrs, [c.input("BBoxes"), c.input("Scores")]));
};

type Column = (at: number) => Value;

/** Columns of the last axis, kept as an axis of one. */
const columnsOf = (c: PaddleContext, x: Value): Column => {
  const axis = rankOf(x) - 1;
  return (at) => sliceAxis(c, x, axis, [at, at + 1]);
};

interface Centred {
  readonly x: Value;
  readonly y: Value;
  readonly width: Value;
  readonly height: Value;
}

const add = (c: PaddleContext, a: Value, b: Value): Value => c.emit(ops.add, {}, [a, b]);
const sub = (c: PaddleContext, a: Value, b: Value): Value => c.emit(ops.sub, {}, [a, b]);
const mul = (c: PaddleContext, a: Value, b: Value): Value => c.emit(ops.mul, {}, [a, b]);
const plus = (c: PaddleContext, a: Value, by: number): Value =>
  by === 0 ? a : add(c, a, c.scalarLike(a, by));
const half = (c: PaddleContext, a: Value): Value => mul(c, a, c.scalarLike(a, 0.5));

function centred(c: PaddleContext, boxes: Value, extra: number): Centred {
  const column = columnsOf(c, boxes);
  const side = (from: number): Value => plus(c, sub(c, column(from + 2), column(from)), extra);
  const [width, height] = [side(0), side(1)];
  return { width, height, x: add(c, column(0), half(c, width)), y: add(c, column(1), half(c, height)) };
}

/** A column of the variances, from a tensor or an attribute; undefined where they are all 1. */
function varianceOf(c: PaddleContext, axis: number, at: number): Value | undefined {
  const given = c.optional("PriorBoxVar");
  if (given) return unsqueeze(c, columnsOf(c, given)(at), [axis]);
  const listed = c.floats("variance") ?? [];
  return listed.length === 4 ? c.scalar("f32", listed[at]!) : undefined;
}

/** Offsets [N,M,4] from priors [M,4] (axis 0) or [N,4] (axis 1) -> boxes. */
function decoded(c: PaddleContext, axis: number, extra: number): Value {
  const prior = centred(c, unsqueeze(c, c.input("PriorBox"), [axis]), extra);
  const column = columnsOf(c, c.input("TargetBox"));
  const weighed = (at: number): Value => {
    const variance = varianceOf(c, axis, at);
    return variance ? mul(c, column(at), variance) : column(at);
  };
  const exp = (value: Value): Value => c.emit(ops.exp, {}, [value]);
  const x = add(c, mul(c, weighed(0), prior.width), prior.x);
  const y = add(c, mul(c, weighed(1), prior.height), prior.y);
  const [w, h] = [
    half(c, mul(c, exp(weighed(2)), prior.width)),
    half(c, mul(c, exp(weighed(3)), prior.height)),
  ];
  const corners = [sub(c, x, w), sub(c, y, h), plus(c, add(c, x, w), -extra), plus(c, add(c, y, h), -extra)];
  return c.emit(ops.concat, { axis: 2 }, corners);
}

const boxCoder: Convert = (c) => {
  const kind = c.string("code_type", "encode_center_size");
  if (!/decode/i.test(kind)) return c.fail(`code_type ${kind}`, "decode_center_size");
  return { OutputBox: decoded(c, c.int("axis", 0), c.bool("box_normalized", true) ? 0 : 1) };
};

/** Into an image of round(size / scale) pixels. One image: the sizes of several are told apart by level of detail. */
const boxClip: Convert = (c) => {
  const [boxes, info] = [c.input("Input"), c.input("ImInfo")];
  const column = columnsOf(c, info);
  const limit = (at: number): Value => {
    const size = c.emit(ops.round, {}, [c.emit(ops.div, {}, [column(at), column(2)])]);
    return plus(c, squeeze(c, size, [1]), -1);
  };
  const [height, width] = [limit(0), limit(1)];
  const limits = c.emit(ops.concat, { axis: 0 }, [width, height, width, height]);
  return { Output: c.emit(ops.max, {}, [c.emit(ops.min, {}, [boxes, limits]), c.scalarLike(boxes, 0)]) };
};

const roiAlign: Convert = (c) => {
  const rois = c.input("ROIs");
  const counts = c.optional("RoisNum");
  if (!counts) return c.fail("no RoisNum", "how many regions each image has");
  const attrs = {
    mode: "avg" as const,
    outputHeight: c.int("pooled_height", 1),
    outputWidth: c.int("pooled_width", 1),
    samplingRatio: Math.max(0, c.int("sampling_ratio", -1)),
    spatialScale: c.float("spatial_scale", 1),
    coordinateMode: c.bool("aligned", false) ? ("halfPixel" as const) : ("outputHalfPixel" as const),
  };
  return { Out: c.emit(ops.roiAlign, attrs, [c.input("X"), rois, imagesOf(c, rois, counts)]) };
};

/** The image of each region, from how many each image has: how many images end before it. */
function imagesOf(c: PaddleContext, rois: Value, counts: Value): Value {
  const ends = c.emit(ops.cumSum, { exclusive: false, reverse: false }, [
    castTo(c, counts, "i64"),
    c.scalar("i64", 0),
  ]);
  const [zero, one] = [c.scalar("i64", 0), c.scalar("i64", 1)];
  const total = squeeze(c, c.emit(ops.shapeOf, { start: 0, end: 1 }, [rois]), [0]);
  const index = unsqueeze(c, c.emit(ops.range, {}, [zero, total, one]), [1]);
  const isAfter = castTo(c, c.emit(ops.greaterOrEqual, {}, [index, ends]), "i64");
  return c.emit(ops.reduceSum, { keepDims: false, noopWithEmptyAxes: false }, [isAfter, c.indices([1])]);
}

export const detection: Readonly<Record<string, Convert>> = {
  prior_box: priorBox,
  density_prior_box: densityPriorBox,
  yolo_box: yoloBox,
  multiclass_nms: multiclassNms,
  multiclass_nms2: multiclassNms,
  multiclass_nms3: multiclassNms,
  matrix_nms: matrixNms,
  box_coder: boxCoder,
  box_clip: boxClip,
  roi_align: roiAlign,
};
