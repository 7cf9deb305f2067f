import { ops } from "@coracle/core";
import { describe, test } from "vitest";
import { expectReference, fixed, floats } from "../testing/one-op.ts";
import { only } from "../testing/only.ts";

const plain = {
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  dilations: [1, 1],
  groups: 1,
  autoPad: "none",
  outputPadding: [0, 0],
} as const;

const cases = [
  { x: [1, 24, 5, 6], w: [24, 24, 2, 2], attrs: { strides: [2, 2] } },
  { x: [1, 24, 5, 6], w: [24, 1, 2, 2], attrs: { strides: [2, 2] } },
  {
    x: [2, 7, 5, 17],
    w: [7, 20, 3, 3],
    attrs: { strides: [2, 2], pads: [1, 1, 1, 1], outputPadding: [1, 1] },
  },
  { x: [1, 7, 5, 5], w: [7, 20, 4, 4], attrs: { strides: [2, 2], pads: [1, 1, 1, 1] } },
  { x: [1, 7, 5, 5], w: [7, 3, 3, 3], attrs: { dilations: [2, 2], pads: [1, 0, 2, 1] } },
  { x: [1, 7, 5, 5], w: [7, 3, 3, 2], attrs: { strides: [2, 3], dilations: [2, 1] } },
  { x: [1, 7, 5, 5], w: [7, 3, 1, 1], attrs: { strides: [3, 2] } },
  { x: [1, 7, 5, 5], w: [7, 3, 5, 5], attrs: { strides: [4, 2], pads: [3, 2, 3, 2] } },
];

describe.each(["phases", "scatter"])("x86/conv-transpose-%s", (kind) => {
  const kernel = `x86/conv-transpose-${kind}`;
  test.each(cases)("$x with $w, $attrs", async ({ x, w, attrs }) => {
    const inputs = [floats(x), fixed(floats(w)), fixed(floats([w[1]!]))];
    const given = { ...plain, ...attrs, activation: { kind: "leakyRelu", alpha: 0.2 } } as const;
    await expectReference(
      { op: ops.convTranspose, attrs: given, inputs },
      kernel,
      only("convTranspose", kernel),
    );
    const bare = { ...plain, ...attrs };
    const without = inputs.slice(0, 2);
    await expectReference(
      { op: ops.convTranspose, attrs: bare, inputs: without },
      kernel,
      only("convTranspose", kernel),
    );
  });
});

test.each([1, 3, 24])("x86/conv-transpose-tiled to %i channels", async (channels) => {
  const kernel = "x86/conv-transpose-tiled";
  const inputs = [floats([2, 24, 5, 19]), fixed(floats([24, channels, 2, 3])), fixed(floats([channels]))];
  const attrs = { ...plain, strides: [2, 3], activation: { kind: "sigmoid" } } as const;
  await expectReference({ op: ops.convTranspose, attrs, inputs }, kernel, only("convTranspose", kernel));
});

test("groups", async () => {
  const kernel = "x86/conv-transpose-scatter";
  const inputs = [floats([1, 6, 5, 5]), fixed(floats([6, 1, 4, 4])), fixed(floats([6]))];
  const attrs = { ...plain, groups: 6, strides: [2, 2], pads: [1, 1, 1, 1] };
  await expectReference({ op: ops.convTranspose, attrs, inputs }, kernel);
});
