import { expect, test } from "vitest";
import { decodeImage, encodePng } from "./codec.ts";
import { toGray, toRgb } from "./color.ts";
import { boxPoints, draw } from "./draw.ts";
import { createImage } from "./image.ts";

test("a PNG round trip keeps every sample", async () => {
  const image = createImage(
    { width: 3, height: 2 },
    3,
    Uint8Array.from({ length: 18 }, (_, i) => i * 14),
  );
  expect(await decodeImage(await encodePng(image))).toEqual(image);
});

test("gray files decode to RGB, and luma weighs green most", async () => {
  const gray = createImage({ width: 2, height: 1 }, 1, Uint8Array.from([7, 250]));
  expect(await decodeImage(await encodePng(gray))).toEqual(toRgb(gray));
  expect([...toGray(createImage({ width: 1, height: 1 }, 3, Uint8Array.from([0, 255, 0]))).data]).toEqual([
    150,
  ]);
});

test("what is no picture is refused with words", async () => {
  await expect(decodeImage(Uint8Array.from([1, 2, 3]))).rejects.toThrow(
    /^image: 3 bytes cannot be decoded .*; expected JPEG, PNG or WebP\.$/,
  );
  expect(() => createImage({ width: 2, height: 2 }, 3, new Uint8Array(5))).toThrow(
    "image: 5 samples; expected 12 for 2x2x3.",
  );
});

test("drawing marks the outline and leaves the inside", async () => {
  const drawn = await draw(createImage({ width: 20, height: 20 }, 3), [
    { points: boxPoints({ left: 5, top: 5, right: 15, bottom: 15 }), color: "#ff0000", lineWidth: 2 },
  ]);
  const red = (x: number, y: number): number => drawn.data[(y * 20 + x) * 3]!;
  expect(red(5, 10)).toBe(255);
  expect(red(10, 10)).toBe(0);
});
