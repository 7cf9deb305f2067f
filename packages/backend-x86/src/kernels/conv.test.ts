import { type Activation, ops } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { expectReference, fixed, floats } from "../testing/one-op.ts";
import { only } from "../testing/only.ts";

const plain = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1, autoPad: "none" } as const;

interface Case {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly attrs?: object;
}

const cases: readonly Case[] = [
  { x: [1, 3, 9, 11], w: [5, 3, 3, 3], attrs: { pads: [1, 1, 1, 1], strides: [2, 2] } },
  { x: [2, 17, 7, 7], w: [33, 17, 1, 1] },
  { x: [1, 32, 14, 14], w: [64, 32, 3, 3], attrs: { pads: [1, 1, 1, 1] } },
  { x: [1, 20, 13, 30], w: [40, 20, 3, 5], attrs: { pads: [0, 2, 1, 2], dilations: [2, 1] } },
  { x: [1, 8, 12, 12], w: [8, 8, 2, 2], attrs: { strides: [3, 2], autoPad: "sameUpper" } },
  { x: [1, 8, 12, 13], w: [8, 8, 3, 2], attrs: { strides: [2, 2], autoPad: "sameLower" } },
  { x: [1, 6, 5, 40], w: [24, 6, 1, 1], attrs: { strides: [2, 3] } },
];

const activations: readonly Activation[] = [
  { kind: "relu" },
  { kind: "clip", min: -0.25, max: 0.5 },
  { kind: "leakyRelu", alpha: 0.1 },
  { kind: "hardSwish" },
  { kind: "sigmoid" },
  { kind: "gelu", approximate: "none" },
];

describe.each(["direct", "first", "last", "planar"])("x86/conv-%s", (kind) => {
  const kernel = `x86/conv-${kind}`;
  const backend = only("conv", kernel);

  test.each(cases)("$x with $w", async ({ x, w, attrs }) => {
    const weights = floats(w, -0.5, 0.5);
    const given = { ...plain, ...attrs };
    await expectReference(
      { op: ops.conv, attrs: given, inputs: [floats(x), fixed(weights)] },
      kernel,
      backend,
    );
    const bias = fixed(floats([w[0]!]));
    await expectReference(
      { op: ops.conv, attrs: given, inputs: [floats(x), fixed(weights), bias] },
      kernel,
      backend,
    );
  });

  test.each(activations)("$kind", async (activation) => {
    const inputs = [floats([1, 10, 6, 15]), fixed(floats([18, 10, 1, 1], -0.5, 0.5)), fixed(floats([18]))];
    await expectReference({ op: ops.conv, attrs: { ...plain, activation }, inputs }, kernel, backend);
  });

  test("weights and bias at run time", async () => {
    const inputs = [floats([1, 10, 6, 15]), floats([18, 10, 3, 3], -0.5, 0.5), floats([18])];
    await expectReference({ op: ops.conv, attrs: plain, inputs }, kernel, backend);
  });

  test("one spatial dimension", async () => {
    const attrs = { ...plain, strides: [2], pads: [1, 1], dilations: [1] };
    const inputs = [floats([2, 18, 31]), fixed(floats([20, 18, 3], -0.5, 0.5)), fixed(floats([20]))];
    await expectReference({ op: ops.conv, attrs, inputs }, kernel, backend);
  });
});

describe("residual", () => {
  test.each(["direct", "first", "planar"])("x86/conv-%s", async (kind) => {
    const kernel = `x86/conv-${kind}`;
    const attrs = { ...plain, activation: { kind: "relu" } } as const;
    const inputs = [
      floats([1, 10, 6, 15]),
      fixed(floats([18, 10, 1, 1])),
      fixed(floats([18])),
      floats([1, 18, 6, 15]),
    ];
    await expectReference({ op: ops.conv, attrs, inputs }, kernel, only("conv", kernel));
  });
});

describe("groups", () => {
  test("of whole blocks", async () => {
    const inputs = [floats([1, 64, 9, 9]), fixed(floats([96, 32, 3, 3], -0.3, 0.3)), fixed(floats([96]))];
    const attrs = { ...plain, groups: 2, pads: [1, 1, 1, 1] };
    await expectReference(
      { op: ops.conv, attrs, inputs },
      "x86/conv-direct",
      only("conv", "x86/conv-direct"),
    );
  });

  test.each([
    [12, 4, 3],
    [6, 12, 6],
  ])("%i to %i channels in %i groups", async (inChannels, outChannels, groups) => {
    const inputs = [
      floats([2, inChannels, 9, 9]),
      fixed(floats([outChannels * groups, inChannels / groups, 3, 3])),
    ];
    const attrs = { ...plain, groups, strides: [2, 2], pads: [1, 1, 1, 1] };
    await expectReference(
      { op: ops.conv, attrs, inputs },
      "x86/conv-planar",
      only("conv", "x86/conv-planar"),
    );
  });

  test.each([
    [3, 1, 1],
    [3, 2, 1],
    [5, 1, 1],
    [5, 2, 1],
    [3, 1, 2],
    [4, 3, 1],
  ])("depthwise %i, stride %i, dilation %i", async (size, stride, dilation) => {
    const pad = Math.floor(size / 2) * dilation;
    const attrs = {
      ...plain,
      groups: 35,
      strides: [stride, stride],
      dilations: [dilation, dilation],
      pads: [pad, pad, pad, pad],
    };
    const inputs = [floats([2, 35, 11, 17]), fixed(floats([35, 1, size, size])), fixed(floats([35]))];
    await expectReference(
      { op: ops.conv, attrs, inputs },
      "x86/conv-depthwise",
      only("conv", "x86/conv-depthwise"),
    );
  });
});

test("reasons are for people", () => {
  const reasonOf = (
    kernel: string,
    x: readonly number[],
    w: readonly number[],
    groups: number,
  ): true | string => {
    const [own] = only("conv", kernel).kernels.filter(({ name }) => name === kernel);
    const type = (shape: readonly number[]) => ({ id: 0, name: "v", type: { dtype: "f32", shape } }) as const;
    const attrs = { ...plain, groups };
    const node = {
      name: "c",
      op: ops.conv,
      attrs,
      inputs: [type(x), type(w)],
      outputs: [type([1, w[0]!, 1, 1])],
    };
    return own!.supports(node as never);
  };
  expect(reasonOf("x86/conv-direct", [1, 6, 5, 5], [6, 2, 3, 3], 3)).toContain("groups of 2 to 2 channels");
  expect(reasonOf("x86/conv-depthwise", [1, 6, 5, 5], [6, 2, 3, 3], 3)).toContain("expected 1 to 1");
  expect(reasonOf("x86/conv-planar", [1, 6, 5, 5, 5], [6, 2, 3, 3, 3], 3)).toContain("3 spatial dimensions");
});
