import { expect, test } from "vitest";
import { Tensor } from "../ir/tensor.ts";
import * as ops from "./index.ts";
import { f32, run, typeOf } from "./testing/run.ts";

const boxes = [0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, -0.1, 1, 0.9, 0, 10, 1, 11, 0, 10.1, 1, 11.1, 0, 100, 1, 101];
const scores = f32([1, 1, 6], [0.9, 0.75, 0.6, 0.95, 0.5, 0.3]);

function suppressed(
  values: readonly number[],
  most: number,
  scoreThreshold: number,
  centerPointBox = false,
): number[][] {
  const { values: found } = run(ops.nonMaxSuppression, { centerPointBox }, [
    f32([1, 6, 4], values),
    scores,
    Tensor.scalar("i64", most),
    Tensor.scalar("f32", 0.5),
    Tensor.scalar("f32", scoreThreshold),
  ]);
  return Array.from({ length: found.length / 3 }, (_, i) => found.slice(i * 3, i * 3 + 3));
}

test("keeps the best of each heap, by falling score", () => {
  expect(suppressed(boxes, 3, 0)).toEqual([
    [0, 0, 3],
    [0, 0, 0],
    [0, 0, 5],
  ]);
  expect(suppressed(boxes, 2, 0)).toEqual([
    [0, 0, 3],
    [0, 0, 0],
  ]);
  expect(suppressed(boxes, 3, 0.4)).toEqual([
    [0, 0, 3],
    [0, 0, 0],
  ]);
  expect(suppressed(boxes, 0, 0)).toEqual([]);
});

test("corners may come in any order, boxes by their centres", () => {
  const flipped = boxes.map((_, i) => boxes[i - (i % 4) + ((i + 2) % 4)]!);
  expect(suppressed(flipped, 3, 0)).toEqual([
    [0, 0, 3],
    [0, 0, 0],
    [0, 0, 5],
  ]);
  const centres = [
    0.5, 0.5, 1, 1, 0.5, 0.6, 1, 1, 0.5, 0.4, 1, 1, 0.5, 10.5, 1, 1, 0.5, 10.6, 1, 1, 0.5, 100.5, 1, 1,
  ];
  expect(suppressed(centres, 3, 0, true)).toEqual([
    [0, 0, 3],
    [0, 0, 0],
    [0, 0, 5],
  ]);
});

test("the number of boxes is unknown until the run; shapes must fit", () => {
  const types = (count: number) => [
    { dtype: "f32", shape: [1, 6, 4] } as const,
    { dtype: "f32", shape: [1, 1, count] } as const,
    { dtype: "i64", shape: [] } as const,
    { dtype: "f32", shape: [] } as const,
    { dtype: "f32", shape: [] } as const,
  ];
  expect(typeOf(ops.nonMaxSuppression, { centerPointBox: false }, types(6)).shape).toEqual(["?n", 3]);
  expect(() => typeOf(ops.nonMaxSuppression, { centerPointBox: false }, types(7))).toThrow(
    "boxes have shape [1,6,4] and scores [1,1,7]; expected [N,B,4] and [N,C,B].",
  );
});

test("boxes apart come by falling score, equal scores by index, NaN never", () => {
  const special = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const values = Array.from({ length: 300 }, (_, i) =>
    i % 29 < 5 ? special[i % 29]! : ((i * 7919) % 41) - 20,
  );
  const rank = values.map((_, i) => i).filter((i) => values[i]! > -15);
  rank.sort((a, b) => (values[a] === values[b] ? a - b : values[b]! - values[a]!));
  for (const most of [7, 300]) {
    const { values: found } = run(ops.nonMaxSuppression, { centerPointBox: false }, [
      f32(
        [1, 300, 4],
        values.flatMap((_, i) => [i, 0, i + 0.5, 1]),
      ),
      f32([1, 1, 300], values),
      Tensor.scalar("i64", most),
      Tensor.scalar("f32", 0.5),
      Tensor.scalar("f32", -15),
    ]);
    expect(found).toEqual(rank.slice(0, most).flatMap((i) => [0, 0, i]));
  }
});
