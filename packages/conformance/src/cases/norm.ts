import { ops } from "@coracle/core";
import { type CaseEntry, cases, constant, f32, type InputSpec, type OpCase, random } from "../case.ts";
import { mapShapes } from "./shapes.ts";

const epsilon = 1e-5;
const batched = [
  [2, 16, 7, 7],
  [1, 17, 5, 6],
  [3, 4],
  [2, 6, 9],
  [1, 4, 3, 4, 5],
  [0, 4, 3, 3],
  [1, 32, 1, 1],
];
const vectors = (c: number, ...ranges: readonly (readonly [number, number])[]): InputSpec[] =>
  ranges.map(([low, high]) => constant(f32([c], low, high)));

const batchNorms = batched.map((shape) => ({
  attrs: { epsilon },
  inputs: [f32(shape), ...vectors(shape[1]!, [0.5, 2], [-1, 1], [-1, 1], [0.1, 3])],
}));

const groupNorms = [1, 2, 4].flatMap((groups) =>
  [
    [2, 16, 7, 7],
    [1, 4, 5, 6],
    [3, 8],
    [1, 12, 9],
    [2, 4, 2, 3, 2],
  ].map((shape) => ({
    name: `${groups} groups of [${shape}]`,
    attrs: { groups, epsilon },
    inputs: [f32(shape), ...vectors(shape[1]!, [0.5, 2], [-1, 1])],
  })),
);

const instanceNorms = batched
  .filter((shape) => shape.length > 2 && !shape.includes(0))
  .map((shape) => ({ attrs: { epsilon }, inputs: [f32(shape), ...vectors(shape[1]!, [0.5, 2], [-1, 1])] }));

interface Normalised {
  readonly shape: readonly number[];
  readonly axis: number;
}

const normalised: readonly Normalised[] = [
  { shape: [5, 768], axis: -1 },
  { shape: [2, 7, 33], axis: -1 },
  { shape: [2, 7, 33], axis: 1 },
  { shape: [3, 4, 5], axis: 0 },
  { shape: [1, 1], axis: -1 },
  { shape: [2, 3, 15], axis: 2 },
  { shape: [2, 3, 16], axis: -1 },
  { shape: [0, 8], axis: -1 },
];

const labelled = <A>({ shape, axis }: Normalised, attrs: A, parameters: number): CaseEntry<A> => ({
  name: `[${shape}] from axis ${axis} with ${parameters} parameters`,
  attrs,
  inputs: [f32(shape), ...Array.from({ length: parameters }, () => constant(f32(shape.slice(axis))))],
});

const floats = ["f64", "f16", "bf16"] as const;

export const normCases: readonly OpCase[] = [
  ...cases(ops.batchNorm, [
    ...batchNorms,
    ...floats.map((dtype) => ({
      attrs: { epsilon },
      inputs: [
        random(dtype, [2, 3, 4, 5]),
        ...[0, 1, 2].map(() => random(dtype, [3])),
        random(dtype, [3], 0.5, 2),
      ],
    })),
  ]),
  ...cases(ops.groupNorm, groupNorms),
  ...cases(ops.instanceNorm, instanceNorms),
  ...cases(ops.layerNorm, [
    ...normalised.flatMap((one) => [1, 2].map((count) => labelled(one, { axis: one.axis, epsilon }, count))),
    {
      name: "of a scale that repeats",
      attrs: { axis: -2, epsilon },
      inputs: [f32([2, 3, 8]), f32([8]), f32([3, 1])],
    },
    ...floats.map((dtype) => ({
      attrs: { axis: -1, epsilon },
      inputs: [random(dtype, [3, 20]), random(dtype, [20]), random(dtype, [20])],
    })),
  ]),
  ...cases(
    ops.rmsNorm,
    normalised.map((one) => labelled(one, { axis: one.axis, epsilon }, 1)),
  ),
  ...cases(
    ops.lpNorm,
    [1, 2].flatMap((p) =>
      [0, 1, -1].map((axis) => ({
        name: `p ${p} axis ${axis}`,
        attrs: { p, axis },
        inputs: [f32([3, 4, 5])],
      })),
    ),
  ),
  ...cases(
    ops.lrn,
    [1, 3, 5].flatMap((size) =>
      [...mapShapes, [1, 2, 3, 3]].map((shape) => ({
        name: `size ${size} of [${shape}]`,
        attrs: { size, alpha: 1e-2, beta: 0.75, bias: 1 },
        inputs: [f32(shape)],
      })),
    ),
  ),
];
