import { ops } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { x86 } from "../index.ts";
import { expectReference, floats, preferredLayoutsOnly } from "../testing/one-op.ts";

const window = {
  kernel: [3, 3],
  strides: [2, 2],
  pads: [1, 1, 1, 1],
  dilations: [1, 1],
  ceilMode: false,
  autoPad: "none",
} as const;
const cases = [
  {},
  { ceilMode: true },
  { strides: [1, 1], dilations: [2, 2] },
  { kernel: [2, 3], strides: [2, 1], pads: [0, 1, 0, 1] },
  { pads: [0, 0, 0, 0], autoPad: "sameUpper" },
  { pads: [0, 0, 0, 0], autoPad: "sameLower" },
] as const;

describe.each([
  ["blocked", preferredLayoutsOnly(x86)],
  ["any layout", x86],
] as const)("%s", (_, backend) => {
  test.each(cases)("maxPool %o", async (given) => {
    const attrs = { ...window, ...given, storageOrder: 0, withIndices: false } as const;
    await expectReference(
      { op: ops.maxPool, attrs, inputs: [floats([2, 19, 10, 12])] },
      "x86/max-pool",
      backend,
    );
  });

  test.each(cases)("averagePool %o", async (given) => {
    for (const countIncludePad of [false, true]) {
      const attrs = { ...window, ...given, countIncludePad };
      const inputs = [floats([2, 19, 10, 12])];
      await expectReference({ op: ops.averagePool, attrs, inputs }, "x86/average-pool", backend);
    }
  });

  test("whole maps", async () => {
    const one = { attrs: {}, inputs: [floats([2, 19, 10, 12])] };
    await expectReference({ op: ops.globalAveragePool, ...one }, "x86/global-average-pool", backend);
    await expectReference({ op: ops.globalMaxPool, ...one }, "x86/global-max-pool", backend);
  });
});

test("global pooling of blocks is plain", async () => {
  const one = { op: ops.globalAveragePool, attrs: {}, inputs: [floats([1, 40, 7, 7])] };
  const layouts = await expectReference(one, "x86/global-average-pool", preferredLayoutsOnly(x86));
  expect(layouts).toContain("NCHW");
});

test("one spatial dimension", async () => {
  const attrs = { ...window, kernel: [3], strides: [2], pads: [1, 1], dilations: [1], countIncludePad: true };
  await expectReference({ op: ops.averagePool, attrs, inputs: [floats([2, 5, 21])] }, "x86/average-pool");
});
