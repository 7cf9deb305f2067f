import { type Activation, evaluateBlock, ops, Predictor } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { contextOf } from "../context.ts";
import { x86 } from "../index.ts";
import { expectReference, fixed, floats, programOf } from "../testing/one-op.ts";
import { only } from "../testing/only.ts";
import { convWinogradKernels } from "./conv-winograd.ts";

const plain = {
  strides: [1, 1],
  pads: [1, 1, 1, 1],
  dilations: [1, 1],
  groups: 1,
  autoPad: "none",
} as const;

interface Case {
  readonly x: readonly number[];
  readonly out: number;
  readonly attrs?: object;
}

const cases: readonly Case[] = [
  { x: [1, 32, 14, 14], out: 64 },
  { x: [1, 16, 7, 7], out: 200 },
  { x: [1, 160, 7, 7], out: 96 },
  { x: [3, 17, 9, 11], out: 33 },
  { x: [1, 20, 30, 31], out: 40, attrs: { pads: [0, 2, 1, 0] } },
  { x: [2, 5, 1, 2], out: 3 },
  { x: [1, 8, 12, 13], out: 8, attrs: { autoPad: "sameUpper", pads: [0, 0, 0, 0] } },
];

const activations: readonly Activation[] = [
  { kind: "relu" },
  { kind: "clip", min: -0.25, max: 0.5 },
  { kind: "hardSwish" },
  { kind: "mish" },
];

describe.each(["4x4", "2x2", "6x6", "4x2"])("x86/conv-winograd-%s", (outputs) => {
  const kernel = `x86/conv-winograd-${outputs}`;
  const backend = only("conv", kernel);
  const most = outputs === "6x6" ? 1e-4 : 2e-5;

  test.each(cases)("$x to $out channels", async ({ x, out, attrs }) => {
    const weights = fixed(floats([out, x[1]!, 3, 3], -0.1, 0.1));
    const inputs = [floats(x, -1, 1), weights, fixed(floats([out]))];
    await expectReference({ op: ops.conv, attrs: { ...plain, ...attrs }, inputs }, kernel, backend, most);
  });

  test("without bias", async () => {
    const inputs = [floats([1, 12, 6, 6], -1, 1), fixed(floats([12, 12, 3, 3], -0.2, 0.2))];
    await expectReference({ op: ops.conv, attrs: plain, inputs }, kernel, backend, most);
  });

  test.each(activations)("residual, then $kind", async (activation) => {
    const inputs = [
      floats([1, 24, 10, 15], -1, 1),
      fixed(floats([40, 24, 3, 3], -0.1, 0.1)),
      fixed(floats([40])),
      floats([1, 40, 10, 15]),
    ];
    await expectReference({ op: ops.conv, attrs: { ...plain, activation }, inputs }, kernel, backend, most);
  });

  test.each([1, 2])("a batch and channels that %i threads share", async (threads) => {
    const inputs = [floats([2, 64, 13, 14], -1, 1), fixed(floats([160, 64, 3, 3], -0.1, 0.1))];
    const { program, feeds } = programOf({ op: ops.conv, attrs: plain, inputs });
    using predictor = await Predictor.create(program, { backends: [backend], threads, fallback: false });
    const got = Object.values(predictor.runSync(feeds))[0]!.data as Float32Array;
    const want = evaluateBlock(program, [feeds["x0"]!])[0]!.data as Float32Array;
    const squares = want.reduce((sum, value) => sum + value * value, 0);
    const worst = got.reduce((most, value, i) => Math.max(most, Math.abs(value - want[i]!)), 0);
    expect(worst / Math.sqrt(squares / want.length)).toBeLessThan(most);
    expect(predictor.explain().rows.map(({ kernel: name }) => name)).toContain(kernel);
  });

  test("weights of a run are refused", () => {
    const inputs = [floats([1, 16, 8, 8]), floats([16, 16, 3, 3])];
    const { program } = programOf({ op: ops.conv, attrs: plain, inputs });
    const own = x86.kernels.find(({ name }) => name === kernel)!;
    expect(own.supports(program.nodes[0]!)).toContain("weight must be constant");
  });

  test.each([
    ["strides", { strides: [2, 2] }, "strides 2,2"],
    ["dilations", { dilations: [2, 2] }, "dilations 2,2"],
    ["groups", { groups: 2 }, "2 groups; expected 1"],
  ])("other %s are refused", (_, attrs, reason) => {
    const groups = "groups" in attrs ? attrs.groups : 1;
    const inputs = [floats([1, 16, 8, 8]), fixed(floats([16, 16 / groups, 3, 3]))];
    const { program } = programOf({ op: ops.conv, attrs: { ...plain, ...attrs }, inputs });
    const own = x86.kernels.find(({ name }) => name === kernel)!;
    expect(own.supports(program.nodes[0]!)).toContain(reason);
  });
});

/** Window, and the outputs of a tile. */
const windows: readonly (readonly [kernel: readonly [number, number], outputs: string])[] = [
  [[1, 3], "1x4"],
  [[3, 1], "4x1"],
  [[1, 7], "1x6"],
  [[7, 1], "6x1"],
  [[5, 5], "4x4"],
];

describe.each(windows)("x86/conv-winograd of a %j window", ([rows, cols], outputs) => {
  const name = `x86/conv-winograd-${outputs}-of-${rows}x${cols}`;
  const backend = only("conv", name);
  const pads = [rows >> 1, cols >> 1, rows >> 1, cols >> 1];

  test.each([
    { x: [1, 32, 17, 17], out: 64, pads },
    { x: [2, 17, 9, 11], out: 33, pads },
    { x: [1, 40, 8, 25], out: 24, pads: [0, 0, 0, 0] },
  ])("$x to $out channels, pads $pads", async ({ x, out, pads }) => {
    const weights = fixed(floats([out, x[1]!, rows, cols], -0.1, 0.1));
    const attrs = { ...plain, pads, activation: { kind: "relu" } as const };
    const inputs = [floats(x, -1, 1), weights, fixed(floats([out]))];
    await expectReference({ op: ops.conv, attrs, inputs }, name, backend);
  });

  test("is what networks get", async () => {
    const weights = fixed(floats([192, 192, rows, cols]));
    const attrs = { ...plain, pads };
    const { program } = programOf({ op: ops.conv, attrs, inputs: [floats([1, 192, 17, 17]), weights] });
    using predictor = await Predictor.create(program, { backends: [x86], threads: 1 });
    expect(predictor.explain().rows.find(({ node }) => node === "it")!.kernel).toBe(name);
  });
});

async function chosen(
  channels: number,
  size: number,
  precision: "fast" | "strict",
): Promise<{ kernel: string; rejected: readonly { kernel: string; reason: string }[] }> {
  const inputs = [floats([1, channels, size, size]), fixed(floats([channels, channels, 3, 3]))];
  const { program } = programOf({ op: ops.conv, attrs: plain, inputs });
  using predictor = await Predictor.create(program, { backends: [x86], threads: 1, precision });
  return predictor.explain().rows.find(({ node }) => node === "it")!;
}

test("maps of many channels take it, a first layer does not", async () => {
  expect((await chosen(64, 28, "fast")).kernel).toBe("x86/conv-winograd-4x4");
  expect((await chosen(3, 28, "fast")).kernel).not.toContain("winograd");
});

test("the larger tile costs less, except where its weights outweigh a small map", () => {
  const kernels = convWinogradKernels(contextOf("avx512"));
  const [larger, smaller] = ["4x4", "4x2"].map((tile) =>
    kernels.find(({ name }) => name === `x86/conv-winograd-${tile}`),
  );
  const cheaper = (channels: number, size: number): string => {
    const inputs = [floats([1, channels, size, size]), fixed(floats([channels, channels, 3, 3]))];
    const [node] = programOf({ op: ops.conv, attrs: plain, inputs }).program.nodes;
    return (larger!.costNs(node!) < smaller!.costNs(node!) ? larger! : smaller!).name;
  };
  expect(cheaper(64, 28)).toBe("x86/conv-winograd-4x4");
  expect(cheaper(512, 7)).toBe("x86/conv-winograd-4x2");
});

test("strict precision takes none, and says so", async () => {
  const { kernel, rejected } = await chosen(64, 28, "strict");
  expect(kernel).not.toContain("winograd");
  expect(rejected).toContainEqual({
    kernel: "x86/conv-winograd-4x4",
    reason: "approximate; precision is strict",
  });
});
