import { expect, test } from "vitest";
import { resolveWindow, type WindowAttrs, windowShape } from "./window.ts";

const plain: WindowAttrs = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], autoPad: "none" };
const two = { ...plain, strides: [2, 2] };

test("symbols give readable expressions", () => {
  const shape = ["h", "w"] as const;
  expect(windowShape(shape, [3, 3], { ...plain, pads: [1, 1, 1, 1] })).toEqual(["h", "w"]);
  expect(windowShape(shape, [3, 3], { ...two, pads: [1, 1, 1, 1] })).toEqual([
    "floor((h+1)/2)",
    "floor((w+1)/2)",
  ]);
  expect(windowShape(shape, [3, 3], plain)).toEqual(["h-2", "w-2"]);
  expect(windowShape(shape, [3, 3], { ...two, autoPad: "sameUpper" })).toEqual(["ceil(h/2)", "ceil(w/2)"]);
  expect(windowShape(shape, [2, 2], { ...two, ceilMode: true })).toEqual(["ceil(h/2)", "ceil(w/2)"]);
});

test("same padding puts the odd pixel at the end, or at the beginning", () => {
  expect(resolveWindow([5, 6], [3, 3], { ...two, autoPad: "sameUpper" })).toEqual({
    pads: [1, 0, 1, 1],
    output: [3, 3],
  });
  expect(resolveWindow([5, 6], [3, 3], { ...two, autoPad: "sameLower" })).toEqual({
    pads: [1, 1, 1, 0],
    output: [3, 3],
  });
});

test("same padding counts the dilated window", () => {
  const window = { ...plain, dilations: [2, 2], autoPad: "sameUpper" as const };
  expect(resolveWindow([7, 7], [3, 3], window)).toEqual({ pads: [2, 2, 2, 2], output: [7, 7] });
});

test("valid ignores the pads", () => {
  expect(resolveWindow([7, 8], [3, 3], { ...two, pads: [1, 1, 1, 1], autoPad: "valid" })).toEqual({
    pads: [0, 0, 0, 0],
    output: [3, 3],
  });
});

test("ceil mode adds a window, unless it would start in the end padding", () => {
  const line: WindowAttrs = { strides: [2], pads: [0, 0], dilations: [1], autoPad: "none", ceilMode: true };
  expect(windowShape([6], [3], line)).toEqual([3]);
  expect(windowShape([7], [3], line)).toEqual([3]);
  expect(windowShape([5], [2], { ...line, strides: [3], pads: [1, 1] })).toEqual([2]);
  expect(windowShape([3], [2], { ...line, strides: [3], pads: [0, 1] })).toEqual([1]);
});

test("a window larger than the padded input", () => {
  expect(() => windowShape([4, 4], [3, 3], { ...plain, dilations: [3, 1] })).toThrow(
    "window of 7 (kernel 3, dilation 3) on spatial dimension 0 of 4 padded to 4; expected a window that fits.",
  );
});

test("lists that do not fit", () => {
  expect(() => windowShape([4, 4], [3, 3], { ...plain, strides: [1] })).toThrow(
    "strides [1]; expected 2 integers of at least 1.",
  );
  expect(() => windowShape([4, 4], [3, 3], { ...plain, pads: [0, 0, -1, 0] })).toThrow(
    "pads [0,0,-1,0]; expected 4 integers of at least 0.",
  );
});
