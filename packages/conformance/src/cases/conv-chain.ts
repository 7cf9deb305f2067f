import { ops } from "@coracle/core";
import { type CaseEntry, cases, constant, f32, type InputSpec, type OpCase } from "../case.ts";

type Attrs = ops.ConvAttrs;

const plain: Attrs = {
  ...{ strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 },
  autoPad: "none",
  activation: { kind: "relu" },
};

interface Chain {
  readonly x: readonly number[];
  /** Channels after the expansion, 0 for none, and of the output. */
  readonly mid: number;
  readonly out: number;
  readonly depthwise: Partial<Attrs>;
  readonly kernel?: number;
  /** The output's shape, when a residual is added. */
  readonly residual?: readonly number[];
}

const weights = (shape: readonly number[]): InputSpec[] => [
  constant(f32(shape, -0.5, 0.5)),
  constant(f32([shape[0]!], -0.5, 0.5)),
];

function chain(
  name: string,
  { x, mid, out, depthwise, kernel = 3, residual }: Chain,
): CaseEntry<ops.ConvChainAttrs> {
  const between = mid === 0 ? x[1]! : mid;
  const expand =
    mid === 0 ? [] : [{ ...plain, activation: { kind: "clip", min: 0, max: 6 } } satisfies Attrs];
  const { activation: _, ...project } = plain;
  return {
    name,
    attrs: { stages: [...expand, { ...plain, groups: between, ...depthwise }, project] },
    inputs: [
      f32(x, -1, 1),
      ...(mid === 0 ? [] : weights([mid, x[1]!, 1, 1])),
      ...weights([between, 1, kernel, kernel]),
      ...weights([out, between, 1, 1]),
      ...(residual ? [f32(residual)] : []),
    ],
  };
}

const same = (pad: number): Pick<Attrs, "pads"> => ({ pads: [pad, pad, pad, pad] });

export const convChainCases: readonly OpCase[] = cases(ops.convChain, [
  chain("small maps", { x: [1, 3, 5, 6], mid: 7, out: 4, depthwise: same(1) }),
  chain("one of a wide map", {
    x: [1, 8, 40, 50],
    mid: 40,
    out: 24,
    depthwise: same(1),
    residual: [1, 24, 40, 50],
  }),
  chain("stride 2", { x: [2, 16, 33, 47], mid: 33, out: 17, depthwise: { ...same(1), strides: [2, 2] } }),
  chain("narrow map", { x: [1, 24, 28, 28], mid: 72, out: 40, depthwise: same(2), kernel: 5 }),
  chain("kernel 5, stride 2", {
    ...{ x: [1, 24, 56, 57], mid: 48, out: 8, kernel: 5 },
    depthwise: { ...same(2), strides: [2, 2], activation: { kind: "hardSwish" } },
  }),
  chain("swish", {
    x: [1, 16, 30, 36],
    mid: 64,
    out: 33,
    depthwise: { ...same(1), activation: { kind: "swish", alpha: 1 } },
  }),
  chain("without padding", { x: [1, 16, 34, 36], mid: 48, out: 16, depthwise: {} }),
  chain("without expansion", { x: [1, 32, 40, 44], mid: 0, out: 64, depthwise: same(1) }),
  chain("without expansion, stride 2 and a residual", {
    ...{ x: [2, 48, 57, 31], mid: 0, out: 20, residual: [2, 20, 29, 16] },
    depthwise: { ...same(1), strides: [2, 2] },
  }),
  chain("sameUpper", {
    x: [1, 16, 41, 42],
    mid: 50,
    out: 16,
    depthwise: { autoPad: "sameUpper", strides: [2, 2] },
  }),
]);
