import { ops } from "@coracle/core";
import { type CaseEntry, cases, constant, f32, given, type OpCase, random, scalar } from "../case.ts";

const equations: readonly (readonly [string, readonly (readonly number[])[]])[] = [
  [
    "ij,jk->ik",
    [
      [3, 17],
      [17, 5],
    ],
  ],
  [
    "bij,bjk->bik",
    [
      [2, 3, 4],
      [2, 4, 5],
    ],
  ],
  [
    "bhid,bhjd->bhij",
    [
      [1, 2, 5, 8],
      [1, 2, 7, 8],
    ],
  ],
  ["ij->ji", [[3, 4]]],
  ["ij", [[3, 4]]],
  ["ii->i", [[4, 4]]],
  ["ii", [[4, 4]]],
  ["i,i", [[17], [17]]],
  [
    "...ij,...jk->...ik",
    [
      [2, 3, 4],
      [1, 4, 5],
    ],
  ],
  ["...ij->...", [[2, 3, 4]]],
  [" i , j -> i j ", [[3], [4]]],
  ["i,ij,j->", [[3], [3, 4], [4]]],
  ["ij,->ij", [[3, 4], []]],
  [
    "ij,jk->ik",
    [
      [3, 0],
      [0, 5],
    ],
  ],
];

const einsums = cases(ops.einsum, [
  ...equations.map(([equation, shapes]) => ({
    name: `"${equation}" of ${shapes.map((shape) => `[${shape}]`).join(" ")}`,
    attrs: { equation },
    inputs: shapes.map((shape) => f32(shape)),
  })),
  {
    name: "of integers",
    attrs: { equation: "ij,jk->ik" },
    inputs: [random("i64", [3, 4], -9, 9), random("i64", [4, 5], -9, 9)],
  },
]);

const determinants = cases(
  ops.det,
  [
    [0, 0],
    [1, 1],
    [2, 2],
    [5, 5],
    [3, 4, 4],
  ].map((shape) => ({ attrs: {}, inputs: [f32(shape)] })),
);

interface Boxes {
  readonly most: number;
  readonly iou: number;
  readonly score: number;
}

function suppression(
  name: string,
  centerPointBox: boolean,
  { most, iou, score }: Boxes,
): CaseEntry<{ centerPointBox: boolean }> {
  return {
    name,
    attrs: { centerPointBox },
    inputs: [
      f32([2, 20, 4], 0, 4),
      f32([2, 3, 20], 0, 1),
      scalar("i64", most),
      scalar("f32", iou),
      scalar("f32", score),
    ],
  };
}

const suppressions = cases(ops.nonMaxSuppression, [
  suppression("corners", false, { most: 5, iou: 0.3, score: 0.2 }),
  suppression("centres", true, { most: 5, iou: 0.3, score: 0.2 }),
  suppression("no limit on the score", false, { most: 20, iou: 0.5, score: -Infinity }),
  suppression("no boxes wanted", false, { most: 0, iou: 0.5, score: 0 }),
  {
    name: "flipped corners and equal scores",
    attrs: { centerPointBox: false },
    inputs: [
      given("f32", [1, 3, 4], [1, 1, 0, 0, 0, 0.1, 1, 1.1, 0, 10, 1, 11]),
      given("f32", [1, 1, 3], [0.9]),
      scalar("i64", 3),
      constant(given("f32", [1], [0.5])),
      constant(given("f32", [1], [0])),
    ],
  },
]);

export const algebraCases: readonly OpCase[] = [...einsums, ...determinants, ...suppressions];
