import { expect, test } from "vitest";
import { type Detection, decodePrior, iou, nms, scaleBox } from "./boxes.ts";

const box = (left: number, top: number, right: number, bottom: number, score = 1, label = 0): Detection => ({
  left,
  top,
  right,
  bottom,
  score,
  label,
});

test("iou is the overlap over the union", () => {
  expect(iou(box(0, 0, 2, 2), box(1, 1, 3, 3))).toBeCloseTo(1 / 7, 12);
  expect(iou(box(0, 0, 1, 1), box(2, 2, 3, 3))).toBe(0);
  expect(iou(box(0, 0, 0, 0), box(0, 0, 0, 0))).toBe(0);
});

test("nms keeps the best of overlapping boxes of one label", () => {
  const kept = nms([
    box(0, 0, 10, 10, 0.6),
    box(1, 1, 11, 11, 0.9),
    box(0, 0, 10, 10, 0.8, 1),
    box(50, 50, 60, 60, 0.5),
  ]);
  expect(kept.map(({ score }) => score)).toEqual([0.9, 0.8, 0.5]);
  expect(nms(kept, { isClassAgnostic: true, maxDetections: 1 }).map(({ score }) => score)).toEqual([0.9]);
});

test("scaleBox undoes a letterbox", () => {
  expect(scaleBox(box(20, 10, 40, 30), { x: 2, y: 2, padX: 10, padY: 0 })).toMatchObject({
    left: 5,
    top: 5,
    right: 15,
    bottom: 15,
  });
});

test("a prior with zero offsets is the prior", () => {
  const decoded = decodePrior([0, 0, 0, 0], { centerX: 0.5, centerY: 0.5, width: 0.2, height: 0.4 });
  expect(decoded.left).toBeCloseTo(0.4);
  expect(decoded.bottom).toBeCloseTo(0.7);
  expect(decodePrior([1, 0, 0, 0], { centerX: 0.5, centerY: 0.5, width: 0.2, height: 0.4 }).left).toBeCloseTo(
    0.42,
  );
});
