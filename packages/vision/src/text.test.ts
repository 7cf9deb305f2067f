import { Tensor } from "@coracle/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { softmax, topK } from "./classify.ts";
import { ctcDecode } from "./ctc.ts";
import { dbTextRegions, readingOrder, type TextRegion } from "./db-text.ts";
import { convexHull, minAreaRect, rectCorners } from "./geometry.ts";

test("ctc merges repeats, drops blanks and averages what it kept", () => {
  const steps = [1, 1, 0, 1, 2, 2];
  const data = steps.flatMap((best) => [0, 1, 2].map((k) => (k === best ? 0.8 : 0.1)));
  const [line] = ctcDecode(Tensor.from("f32", [1, steps.length, 3], data), ["a", "b"]);
  expect(line!.text).toBe("aab");
  expect(line!.confidence).toBeCloseTo(0.8, 6);
  expect(() => ctcDecode(Tensor.zeros("f32", [1, 2, 3]), ["a"])).toThrow(
    "ctc: probabilities [1,2,3] and 1 characters; expected [N,T,2].",
  );
});

test("the smallest rectangle around a turned rectangle is that rectangle", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1.5, noNaN: true }),
      fc.integer({ min: 3, max: 50 }),
      fc.integer({ min: 3, max: 50 }),
      (angle, width, height) => {
        const axis = { x: Math.cos(angle), y: Math.sin(angle) };
        const corners = rectCorners({ center: { x: 5, y: -3 }, width, height, axis });
        const found = minAreaRect(convexHull([...corners, { x: 5, y: -3 }]));
        expect(found.width * found.height).toBeCloseTo(width * height, 6);
        expect(found.center.x).toBeCloseTo(5, 6);
      },
    ),
  );
});

test("a block of text probability becomes one grown region", () => {
  const [height, width] = [20, 40];
  const data = new Float32Array(height * width);
  for (let y = 8; y < 12; y++) data.fill(0.9, y * width + 10, y * width + 30);
  const regions = dbTextRegions(Tensor.from("f32", [1, 1, height, width], data), { width: 80, height: 40 });
  expect(regions).toHaveLength(1);
  const [topLeft, , bottomRight] = regions[0]!.quad;
  expect(topLeft.x).toBeLessThan(20);
  expect(bottomRight.x).toBeGreaterThan(58);
  expect(regions[0]!.score).toBeCloseTo(0.9, 5);
  expect(dbTextRegions(Tensor.zeros("f32", [1, 1, 4, 4]), { width: 4, height: 4 })).toEqual([]);
});

test("reading order goes down, and right within a line", () => {
  const at = (x: number, y: number): TextRegion => ({
    score: 1,
    centreLine: [],
    height: 10,
    quad: [
      { x, y },
      { x: x + 9, y },
      { x: x + 9, y: y + 10 },
      { x, y: y + 10 },
    ],
  });
  const order = readingOrder([at(50, 0), at(0, 3), at(0, 40)]).map(({ quad }) => [quad[0].x, quad[0].y]);
  expect(order).toEqual([
    [0, 3],
    [50, 0],
    [0, 40],
  ]);
});

test("softmax sums to one and topK ranks", () => {
  const scores = softmax([1, 3, 2, 1000]);
  expect(scores.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  expect(topK([1, 3, 2], 2)).toEqual([
    { index: 1, score: 3 },
    { index: 2, score: 2 },
  ]);
});
