import { ops } from "@coracle/core";
import { type CaseEntry, cases, constant, f32, given, type InputSpec, type OpCase, random } from "../case.ts";

type Attrs = ops.AttentionAttrs;

interface Sizes {
  readonly batch?: number;
  readonly heads?: number;
  readonly s: number;
  readonly t: number;
  readonly d: number;
  readonly e?: number;
}

function apart({ batch = 1, heads = 2, s, t, d, e = d }: Sizes, mask?: InputSpec): CaseEntry<Attrs> {
  const inputs = [f32([batch, heads, s, d]), f32([batch, heads, t, d]), f32([batch, heads, t, e])];
  return { attrs: { scale: 1 / Math.sqrt(d) }, inputs: mask ? [...inputs, mask] : inputs };
}

function joined({ batch = 1, heads = 2, s, t, d, e = d }: Sizes, mask?: InputSpec): CaseEntry<Attrs> {
  const inputs = [f32([batch, s, heads * d]), f32([batch, t, heads * d]), f32([batch, t, heads * e])];
  return {
    name: `joined ${heads} heads ${[batch, s, t, d, e]}${mask ? " masked" : ""}`,
    attrs: { scale: 0.25, heads },
    inputs: mask ? [...inputs, mask] : inputs,
  };
}

const blocked = (shape: readonly number[]): InputSpec =>
  given("f32", shape, [0, Number.NEGATIVE_INFINITY, -1, 0.5, -10_000]);

export const attentionCases: readonly OpCase[] = cases<Attrs>(ops.attention, [
  ...[1, 5, 13, 14, 15, 31].map((s) => apart({ s, t: 17, d: 8 })),
  ...[1, 7, 8, 15, 16, 17, 31, 32, 33, 65].map((t) => apart({ s: 6, t, d: 16 })),
  ...[1, 4, 7, 16, 24, 33, 64].map((d) => apart({ s: 9, t: 12, d })),
  apart({ s: 5, t: 20, d: 8, e: 35 }),
  apart({ batch: 2, heads: 3, s: 29, t: 40, d: 32 }),
  apart({ batch: 2, heads: 3, s: 7, t: 21, d: 8 }, blocked([2, 1, 1, 21])),
  apart({ batch: 2, heads: 3, s: 7, t: 21, d: 8 }, blocked([7, 21])),
  apart({ batch: 2, heads: 3, s: 7, t: 21, d: 8 }, blocked([3, 7, 21])),
  apart({ s: 7, t: 21, d: 8 }, f32([7, 1])),
  apart({ s: 7, t: 21, d: 8 }, constant(f32([1]))),
  joined({ s: 14, t: 17, d: 8 }),
  joined({ batch: 2, heads: 3, s: 30, t: 33, d: 20, e: 17 }),
  joined({ batch: 2, heads: 4, s: 19, t: 19, d: 16 }, blocked([2, 1, 1, 19])),
  joined({ heads: 1, s: 3, t: 4, d: 5 }, f32([3, 4])),
  ...(["f64", "f16", "bf16"] as const).map((dtype) => ({
    attrs: { scale: 0.5 },
    inputs: [random(dtype, [1, 2, 3, 4]), random(dtype, [1, 2, 5, 4]), random(dtype, [1, 2, 5, 4])],
  })),
]);
