import { expect, it } from "vitest";
import type { Value } from "../ir/program.ts";
import { averagePool, conv, pad } from "../ops/index.ts";
import { mergePadsPass } from "./merge-pads.ts";
import { plainAveragePool, plainConv } from "./testing/attrs.ts";
import { beforeAndAfter, expectSame, Sketch } from "./testing/programs.ts";

function padded(s: Sketch, x: Value, pads: readonly number[], axes: readonly number[], value = 0): Value {
  return s.one(pad, { mode: "constant" }, [x, s.i(...pads), s.c([], value), s.i(...axes)]);
}

it("adds zeros to a convolution's pads", () => {
  const s = new Sketch();
  const x = padded(s, s.x([1, 2, 4, 5]), [1, 0, 2, 3], [2, -1]);
  const before = s.build([s.one(conv, { ...plainConv, pads: [1, 1, 1, 1] }, [x, s.c([2, 2, 3, 3])])]);
  const after = mergePadsPass.run(before);
  expect(beforeAndAfter(before, after)).toMatchInlineSnapshot(`
    "(x: f32[1,2,4,5]) {
      pad.out: f32[1,2,7,8] = pad "pad" (x, i=i64[4]{1, 0, 2, 3}, c=f32[]{0}, i_1=i64[2]{2, -1}) mode=constant
      conv.out: f32[1,2,7,8] = conv "conv" (pad.out, c_1=f32[2,2,3,3]) strides=[1,1] pads=[1,1,1,1] dilations=[1,1] groups=1 autoPad=none
      return conv.out
    }
    =>
    (x: f32[1,2,4,5]) {
      conv.out: f32[1,2,7,8] = conv "conv" (x, c_1=f32[2,2,3,3]) strides=[1,1] pads=[2,1,3,4] dilations=[1,1] groups=1 autoPad=none
      return conv.out
    }"
  `);
  expectSame(before, after);
});

it("adds zeros to an average pooling that counts them", () => {
  const s = new Sketch();
  const x = padded(s, s.x([1, 2, 4, 4]), [0, 0, 1, 0, 0, 0, 1, 1], [0, 1, 2, 3]);
  const before = s.build([s.one(averagePool, plainAveragePool, [x])]);
  const after = mergePadsPass.run(before);
  expect(after.nodes).toHaveLength(1);
  expectSame(before, after);
});

it("leaves other values, channels, cropping and shared pads", () => {
  const s = new Sketch();
  const attrs = { ...plainConv };
  const x = s.x([1, 2, 4, 4]);
  const weight = s.c([2, 2, 1, 1]);
  const valued = s.one(conv, attrs, [padded(s, x, [1, 1], [2], 0.5), weight]);
  const channels = s.one(conv, attrs, [padded(s, x, [1, 1], [1]), s.c([2, 4, 1, 1])]);
  const cropped = s.one(conv, attrs, [padded(s, x, [-1, 1], [2]), weight]);
  const shared = padded(s, x, [1, 1], [2]);
  const before = s.build([valued, channels, cropped, s.one(conv, attrs, [shared, weight]), shared]);
  expect(mergePadsPass.run(before)).toBe(before);
});
