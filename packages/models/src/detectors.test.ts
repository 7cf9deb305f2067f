import { fromOnnx, toOnnx } from "@coracle/convert";
import { DataError, type Program, Tensor, verify } from "@coracle/core";
import { beforeAll, describe, expect, test } from "vitest";
import * as all from "./index.ts";
import { type ModelOptions, randomFeeds } from "./index.ts";
import { expectSameDetections, expectWellFormed } from "./testing/compare.ts";
import { runReference, runX86 } from "./testing/run.ts";

const random = (inputShape: readonly number[]): ModelOptions => ({
  inputShape,
  statistics: "random",
  seed: 3,
});

/** Of second stages: narrow, with few regions. */
const few = { width: 16, maxProposals: 24, maxDetections: 12 };

/** Images on which the reference takes a second or two. */
const small: Readonly<Record<string, Program>> = {
  ssd_mobilenet_v1: all.ssdMobilenetV1({ ...random([2, 3, 64, 96]), postprocess: true }),
  yolov3_mobilenet_v3: all.yoloV3MobilenetV3({ ...random([1, 3, 64, 64]), postprocess: true }),
  blazeface: all.blazeface({ ...random([2, 3, 64, 64]), postprocess: true }),
  ultraface_rfb: all.ultraface("RFB", random([2, 3, 60, 80])),
  ultraface_slim: all.ultraface("slim", random([2, 3, 60, 80])),
  faceboxes: all.faceboxes(random([2, 3, 128, 160])),
  mtcnn: all.mtcnn({ ...random([2, 3, 48, 64]), maxWindows: 24, maxRefined: 12 }),
  faster_rcnn: all.fasterRcnn({ ...random([2, 3, 32, 64]), ...few }),
  mask_rcnn: all.maskRcnn({ ...random([1, 3, 64, 32]), ...few }),
};

describe.each(Object.entries(small))("%s", (_, program) => {
  const feeds = randomFeeds(program, 5);
  const [height, width] = program.inputs[0]!.type.shape.slice(2).map(Number) as [number, number];
  const alike = { score: 1e-3, box: 1e-2, side: Math.max(width, height) };
  let expected: readonly Tensor[];
  beforeAll(() => {
    verify(program);
    expected = runReference(program, feeds);
  }, 60_000);

  test("finds boxes in the image, the best first", () => {
    expectWellFormed(expected, [width, height]);
    expect(expected.map(({ shape }) => shape)).toEqual(program.outputs.map(({ type }) => type.shape));
  });

  test("runs on x86 as by reference", async () => {
    expectSameDetections(await runX86(program, feeds), expected, alike);
  });

  test("is the same written as ONNX and read again", async () => {
    const again = fromOnnx(toOnnx(program));
    verify(again);
    expectSameDetections(await runX86(again, feeds), expected, alike);
  });
});

test("a batch is as its images one by one", async () => {
  const program = all.ssdMobilenetV1({ ...random([2, 3, 64, 64]), postprocess: true });
  const alone = all.ssdMobilenetV1({ ...random([1, 3, 64, 64]), postprocess: true });
  const image = randomFeeds(program, 8)["image"]!;
  const outputs = await runX86(program, { image });
  const half = (tensor: Tensor, index: number): Tensor["data"] => {
    const size = tensor.data.length / 2;
    return tensor.data.slice(index * size, (index + 1) * size) as Tensor["data"];
  };
  for (const index of [0, 1]) {
    const single = await runX86(alone, { image: oneOf(image, half(image, index)) });
    const given = outputs.map((tensor) => oneOf(tensor, half(tensor, index)));
    expectSameDetections(given, single, { score: 1e-5, box: 1e-5, side: 64 });
  }
});

const oneOf = (tensor: Tensor, data: Tensor["data"]): Tensor =>
  Tensor.from(tensor.dtype, [1, ...tensor.shape.slice(1)], data);

test("thresholds and rows may be chosen", async () => {
  const options = { ...random([1, 3, 64, 64]), postprocess: true, maxDetections: 7 };
  const program = all.ssdMobilenetV1({ ...options, scoreThreshold: 0.4 });
  const [boxes, scores, , count] = await runX86(program, randomFeeds(program, 5));
  expect(boxes!.shape).toEqual([1, 7, 4]);
  const found = Array.from(scores!.data as Float32Array).slice(0, Number(count!.data[0]));
  expect(found.every((score) => score > 0.4)).toBe(true);
});

test("the batch may stay open, the image may not", async () => {
  const open = all.ultraface("slim", { ...random([]), inputShape: ["n", 3, 60, 80] });
  for (const n of [1, 3]) {
    const fixed = all.ultraface("slim", random([n, 3, 60, 80]));
    const feeds = randomFeeds(fixed, n);
    const alike = { score: 1e-5, box: 1e-5, side: 80 };
    expectSameDetections(await runX86(open, feeds), await runX86(fixed, feeds), alike);
  }
  expect(() => all.faceboxes({ inputShape: ["n", 3, "h", 64] })).toThrow(
    new DataError("inputShape [n,3,h,64]; expected a height and width in numbers. Give both."),
  );
  expect(() => all.maskRcnn({ inputShape: [1, 3, 64, 70] })).toThrow(
    new DataError("inputShape [1,3,64,70]; expected a height and width of multiples of 32."),
  );
});
