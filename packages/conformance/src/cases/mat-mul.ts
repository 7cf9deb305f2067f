import { ops } from "@coracle/core";
import { type CaseEntry, cases, constant, f32, type OpCase, random } from "../case.ts";

type Attrs = ops.MatMulAttrs;
type Pair = readonly [readonly number[], readonly number[]];

const shapes: readonly Pair[] = [
  [
    [1, 1],
    [1, 1],
  ],
  [
    [1, 7],
    [7, 1],
  ],
  [
    [1, 512],
    [512, 1000],
  ],
  [
    [3, 5],
    [5, 4],
  ],
  ...[5, 6, 7, 13, 14, 15].map(
    (m): Pair => [
      [m, 19],
      [19, 33],
    ],
  ),
  ...[1, 15, 16, 17, 31, 32, 33, 63, 64, 65].map(
    (n): Pair => [
      [7, 24],
      [24, n],
    ],
  ),
  ...[1, 2, 15, 16, 17, 255, 300].map(
    (k): Pair => [
      [9, k],
      [k, 34],
    ],
  ),
  [
    [0, 4],
    [4, 3],
  ],
  [
    [3, 0],
    [0, 4],
  ],
  [[4], [4]],
  [[4], [4, 5]],
  [[3, 4], [4]],
  [
    [2, 3, 4],
    [4, 5],
  ],
  [
    [2, 3, 4],
    [2, 4, 5],
  ],
  [
    [2, 1, 3, 4],
    [3, 4, 5],
  ],
  [[4], [2, 4, 3]],
  [
    [1, 2, 7, 8],
    [3, 1, 8, 9],
  ],
  [
    [12, 17, 64],
    [12, 64, 17],
  ],
];

const name = ([a, b]: Pair): string => `[${a}] by [${b}]`;

function flagged(attrs: Attrs, a: readonly number[], b: readonly number[]): CaseEntry<Attrs>[] {
  const label = `${JSON.stringify(attrs)} ${name([a, b])}`;
  return [
    { name: label, attrs, inputs: [f32(a, -1, 1), f32(b, -1, 1)] },
    { name: `${label} constant`, attrs, inputs: [f32(a, -1, 1), constant(f32(b, -1, 1))] },
  ];
}

const biased = (attrs: Attrs, label: string): CaseEntry<Attrs> => ({
  name: `with bias${label}`,
  attrs,
  inputs: [f32([2, 7, 18], -1, 1), constant(f32([18, 35], -1, 1)), constant(f32([35]))],
});

export const matMulCases: readonly OpCase[] = cases(ops.matMul, [
  ...shapes.map((pair) => ({ name: name(pair), attrs: {}, inputs: pair.map((shape) => f32(shape, -1, 1)) })),
  ...shapes.map(([a, b]) => ({
    name: `${name([a, b])} constant`,
    attrs: {},
    inputs: [f32(a, -1, 1), constant(f32(b, -1, 1))],
  })),
  ...flagged({ transA: true }, [18, 7], [18, 33]),
  ...flagged({ transB: true }, [7, 18], [33, 18]),
  ...flagged({ transA: true, transB: true }, [18, 7], [33, 18]),
  ...flagged({ transB: true }, [12, 9, 64], [12, 9, 64]),
  ...flagged({ transA: true }, [2, 6, 5], [6, 7]),
  ...flagged({ alpha: 0.125 }, [5, 6], [6, 7]),
  ...flagged({ alpha: 0.125, transB: true }, [3, 9, 16], [3, 9, 16]),
  biased({}, ""),
  biased({ alpha: 2 }, " and alpha"),
  biased({ activation: { kind: "relu" } }, " then relu"),
  biased({ activation: { kind: "gelu", approximate: "none" } }, " then gelu"),
  biased({ activation: { kind: "sigmoid" } }, " then sigmoid"),
  ...[
    [2, 7, 18, 35],
    [1, 15, 1600, 33],
    [1, 200, 1024, 130],
    [1, 1, 40, 70],
  ].map(([b, m, k, n]) => ({
    name: `with residual ${[b, m, k, n]}`,
    attrs: { activation: { kind: "gelu", approximate: "none" } } as const,
    inputs: [
      f32([b!, m!, k!], -1, 1),
      constant(f32([k!, n!], -0.1, 0.1)),
      constant(f32([n!])),
      f32([b!, m!, n!]),
    ],
  })),
  { name: "relu without bias", attrs: { activation: { kind: "relu" } }, inputs: [f32([3, 4]), f32([4, 5])] },
  ...(["f64", "f16", "bf16"] as const).map((dtype) => ({
    attrs: {},
    inputs: [random(dtype, [2, 5, 6], -1, 1), random(dtype, [6, 7], -1, 1)],
  })),
  ...(["i32", "u32", "i64", "u64"] as const).map((dtype) => ({
    attrs: {},
    inputs: [random(dtype, [2, 3, 4], -1000, 1000), random(dtype, [4, 5], -1000, 1000)],
  })),
]);
