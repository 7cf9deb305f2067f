import { DataError } from "@coracle/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bandOutline } from "./centre-line.ts";
import { createImage, type Image } from "./image.ts";
import { letterbox, resize } from "./resize.ts";
import { toTensor } from "./tensor.ts";
import { crop, curveCrop, flip, perspectiveCrop, rotate } from "./transform.ts";

const gray = (width: number, height: number, samples: readonly number[]): Image =>
  createImage({ width, height }, 1, Uint8Array.from(samples));

const anyImage = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.constantFrom<1 | 3>(1, 3))
  .chain(([width, height, channels]) =>
    fc
      .uint8Array({ minLength: width * height * channels, maxLength: width * height * channels })
      .map((data) => createImage({ width, height }, channels, data)),
  );

test("two flips, and four quarter turns, give the picture back", () => {
  fc.assert(
    fc.property(anyImage, (image) => {
      expect(flip(flip(image, "horizontal"), "horizontal")).toEqual(image);
      expect(flip(flip(image, "vertical"), "vertical")).toEqual(image);
      expect(rotate(rotate(image, 90), 270)).toEqual(image);
      expect(rotate(rotate(image, 90), 90)).toEqual(rotate(image, 180));
    }),
  );
});

test("a quarter turn clockwise moves the left column to the top row", () => {
  expect([...rotate(gray(2, 2, [1, 2, 3, 4]), 90).data]).toEqual([3, 1, 4, 2]);
});

test("resizing to the same size changes nothing, with every filter", () => {
  fc.assert(
    fc.property(anyImage, fc.constantFrom("bilinear", "nearest", "area"), (image, filter) => {
      expect(resize(image, image, filter as "bilinear")).toEqual(image);
    }),
  );
});

test("bilinear doubling uses half-pixel centres", () => {
  expect([...resize(gray(2, 1, [0, 100]), { width: 4, height: 1 }).data]).toEqual([0, 25, 75, 100]);
});

test("area halving averages", () => {
  expect([...resize(gray(4, 1, [0, 10, 20, 40]), { width: 2, height: 1 }, "area").data]).toEqual([5, 30]);
});

test("letterbox centres and reports its scale", () => {
  const { image, scale, padX, padY } = letterbox(gray(2, 1, [9, 9]), { width: 4, height: 4 }, { fill: 7 });
  expect({ scale, padX, padY }).toEqual({ scale: 2, padX: 0, padY: 1 });
  expect([...image.data]).toEqual([7, 7, 7, 7, 9, 9, 9, 9, 9, 9, 9, 9, 7, 7, 7, 7]);
});

test("a perspective crop of an upright rectangle is a crop", () => {
  const image = gray(4, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  const quad = [
    { x: 1, y: 1 },
    { x: 3, y: 1 },
    { x: 3, y: 3 },
    { x: 1, y: 3 },
  ] as const;
  expect(perspectiveCrop(image, quad)).toEqual(crop(image, { x: 1, y: 1, width: 2, height: 2 }));
});

test("a crop along a straight line is a crop, and its outline the rectangle", () => {
  const image = gray(4, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  const line = [
    { x: 1, y: 2 },
    { x: 3, y: 2 },
  ];
  expect(curveCrop(image, line, 2)).toEqual(crop(image, { x: 1, y: 1, width: 2, height: 2 }));
  expect(bandOutline(line, 2)).toEqual([
    { x: 1, y: 1 },
    { x: 3, y: 1 },
    { x: 3, y: 3 },
    { x: 1, y: 3 },
  ]);
  expect(() => curveCrop(image, [], 2)).toThrow(
    "curve crop: 0 points over 0 pixels, height 2; expected at least 1 by 1.",
  );
});

test("what cannot be cut is refused with words", () => {
  const image = gray(2, 2, [0, 0, 0, 0]);
  expect(() => crop(image, { x: 5, y: 5, width: 1, height: 1 })).toThrow(
    "crop: [5,5 1x1]; expected to overlap the 2x2 image.",
  );
  const line = { x: 1, y: 1 };
  expect(() => perspectiveCrop(image, [line, line, line, line])).toThrow(DataError);
});

test("toTensor orders channels and normalises", () => {
  const pixel = createImage({ width: 1, height: 1 }, 3, Uint8Array.from([10, 20, 30]));
  const { shape, data } = toTensor(pixel, { order: "bgr", mean: [0, 10, 10], std: [1, 2, 5] });
  expect(shape).toEqual([1, 3, 1, 1]);
  expect([...data]).toEqual([30, 5, 0]);
  expect(toTensor([pixel, pixel], { layout: "NHWC" }).shape).toEqual([2, 1, 1, 3]);
  expect(() => toTensor([pixel, createImage({ width: 2, height: 1 }, 3)])).toThrow(
    "image 1: 2x1x3; expected 1x1x3 as the first.",
  );
});
