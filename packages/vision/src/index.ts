export {
  area,
  type Box,
  type Detection,
  decodePrior,
  iou,
  type NmsOptions,
  nms,
  type Prior,
  scaleBox,
} from "./boxes.ts";
export { bandOutline } from "./centre-line.ts";
export { type Ranked, softmax, topK } from "./classify.ts";
export { decodeImage, encodePng } from "./codec.ts";
export { toGray, toRgb } from "./color.ts";
export { ctcDecode, type Transcript } from "./ctc.ts";
export { type DbOptions, dbTextRegions, readingOrder, type TextRegion } from "./db-text.ts";
export { boxPoints, type DrawOptions, draw, loadFont, type Shape } from "./draw.ts";
export { convexHull, minAreaRect, type RotatedRect, rectCorners } from "./geometry.ts";
export { createImage, type Image, type Point, type Size } from "./image.ts";
export { type Letterboxed, letterbox, pad, type ResizeFilter, resize } from "./resize.ts";
export { imagenet, type NormalizeOptions, toTensor } from "./tensor.ts";
export {
  crop,
  curveCrop,
  flip,
  homography,
  perspectiveCrop,
  type Quad,
  quadSize,
  type Rect,
  rotate,
} from "./transform.ts";
