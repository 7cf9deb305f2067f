import { expect, test } from "vitest";
import { DataError } from "../errors.ts";
import { makeValue } from "../ir/program.ts";
import { Tensor } from "../ir/tensor.ts";
import { bindFeeds, bindShapes, type Feeds } from "./feeds.ts";

const image = makeValue("image", { dtype: "f32", shape: ["n", 3, "h", "w"] });
const mask = makeValue("mask", { dtype: "u8", shape: ["n", 4] });
const inputs = [image, mask];
const good = { image: Tensor.zeros("f32", [2, 3, 5, 6]), mask: Tensor.zeros("u8", [2, 4]) };

function messageOf(feeds: unknown): string {
  try {
    bindFeeds(inputs, feeds as Feeds);
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return (error as Error).message;
  }
  return "no error";
}

test("feeds come in the order of the inputs", () => {
  expect(bindFeeds(inputs, { mask: good.mask, image: good.image })).toEqual([good.image, good.mask]);
});

test("each wrong feed gives one sentence", () => {
  expect(messageOf({ ...good, img: good.image })).toBe(
    'feeds: unknown "img"; expected the inputs "image" f32[n,3,h,w], "mask" u8[n,4].',
  );
  expect(messageOf({ img: good.image })).toBe(
    'feeds: unknown "img" and missing "image", "mask"; expected the inputs "image" f32[n,3,h,w], "mask" u8[n,4].',
  );
  expect(messageOf({ ...good, mask: Tensor.zeros("i32", [2, 4]) })).toBe(
    'input "mask": i32[2,4]; expected dtype u8. Convert the data.',
  );
  expect(messageOf({ ...good, image: Tensor.zeros("f32", [2, 4, 5, 6]) })).toBe(
    'input "image": shape [2,4,5,6]; expected [n,3,h,w]. Resize or reshape the data.',
  );
  expect(messageOf({ ...good, image: Tensor.zeros("f32", [3, 5, 6]) })).toBe(
    'input "image": shape [3,5,6]; expected [n,3,h,w]. Resize or reshape the data.',
  );
  expect(messageOf({ ...good, mask: Tensor.zeros("u8", [1, 4]) })).toBe(
    'input "mask": shape [1,4] makes "n" 1; expected 2, as in input "image".',
  );
  expect(messageOf({ ...good, image: new Float32Array(3) })).toBe(
    'input "image": Float32Array; expected a Tensor f32[n,3,h,w]. Make one with Tensor.from(dtype, shape, data).',
  );
  expect(messageOf({ ...good, image: undefined })).toBe(
    'input "image": undefined; expected a Tensor f32[n,3,h,w]. Make one with Tensor.from(dtype, shape, data).',
  );
});

test("shapes may leave out inputs whose shape is all numbers", () => {
  const fixed = makeValue("fixed", { dtype: "f32", shape: [7] });
  expect(bindShapes([mask, fixed], { mask: [3, 4] })).toEqual([[3, 4], [7]]);
  expect(() => bindShapes([mask, fixed], {})).toThrow(
    'shapes: missing "mask"; expected the inputs "mask" u8[n,4], "fixed" f32[7].',
  );
});
