import { describe, expect, it } from "vitest";
import type { Program, Value } from "../../ir/program.ts";
import * as ops from "../../ops/index.ts";
import { expectSame, Sketch } from "../../passes/testing/programs.ts";
import { fuse } from "../fuse.ts";

const names = ({ nodes }: Program): string[] => nodes.map(({ op }) => op.name);
const stages = ({ nodes }: Program): number[] =>
  nodes.flatMap(({ op, attrs }) =>
    op.name === "convChain" ? [(attrs as ops.ConvChainAttrs).stages.length] : [],
  );

const plain: ops.ConvAttrs = {
  ...{ strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 },
  autoPad: "none",
};

function conv(s: Sketch, x: Value, w: readonly number[], attrs: Partial<ops.ConvAttrs> = {}): Value {
  const count = w.reduce((all, size) => all * size, 1);
  const ramp = (size: number): number[] => Array.from({ length: size }, (_, i) => ((i * 7) % 5) / 4 - 0.5);
  return s.one(ops.conv, { ...plain, ...attrs }, [x, s.c(w, ramp(count)), s.c([w[0]!], ramp(w[0]!))]);
}

const depthwise: Partial<ops.ConvAttrs> = { groups: 4, pads: [1, 1, 1, 1] };

describe("convChainFusions", () => {
  it("makes one node of an inverted residual, with its activations and its residual", () => {
    const s = new Sketch();
    const x = s.x([1, 2, 5, 5]);
    const expanded = s.one(ops.relu, {}, [conv(s, x, [4, 2, 1, 1])]);
    const middle = s.one(ops.relu, {}, [conv(s, expanded, [4, 1, 3, 3], depthwise)]);
    const before = s.build([s.one(ops.add, {}, [conv(s, middle, [2, 4, 1, 1]), x])]);
    const after = fuse(before, () => true);
    expect(names(after)).toEqual(["convChain"]);
    expect(stages(after)).toEqual([3]);
    expect(after.nodes[0]!.inputs).toHaveLength(8);
    expectSame(before, after);
  });

  it("leaves the expansion out where others read it or no kernel takes all three", () => {
    const s = new Sketch();
    const expanded = conv(s, s.x([1, 2, 5, 5]), [4, 2, 1, 1]);
    const after = conv(s, conv(s, expanded, [4, 1, 3, 3], depthwise), [3, 4, 1, 1]);
    const shared = s.build([after, expanded]);
    expect(names(fuse(shared, () => true))).toEqual(["conv", "convChain"]);
    expectSame(
      shared,
      fuse(shared, () => true),
    );
    const alone = s.build([after]);
    const two = fuse(alone, ({ inputs }) => inputs.length < 7);
    expect(stages(two)).toEqual([2]);
    expectSame(alone, two);
  });

  it("leaves other convolutions", () => {
    const s = new Sketch();
    const x = s.x([1, 4, 5, 5]);
    const whole = conv(s, conv(s, x, [4, 4, 3, 3], { pads: [1, 1, 1, 1] }), [3, 4, 1, 1]);
    const strided = conv(s, conv(s, x, [4, 1, 3, 3], depthwise), [3, 4, 1, 1], { strides: [2, 2] });
    expect(names(fuse(s.build([whole, strided]), () => true))).toEqual(["conv", "conv", "conv", "conv"]);
  });
});
