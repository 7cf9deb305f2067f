import { describe, expect, it } from "vitest";
import type { Program, Value } from "../../ir/program.ts";
import * as ops from "../../ops/index.ts";
import { expectSame, Sketch } from "../../passes/testing/programs.ts";
import { fuse } from "../fuse.ts";

const fused = (before: Program): Program => fuse(before, () => true);
const names = ({ nodes }: Program): string[] => nodes.map(({ op }) => op.name);

/** Channels of x [N,C,H,W], in `groups`, side by side. */
function shuffle(s: Sketch, x: Value, groups: number, perm: readonly number[] = [0, 2, 1, 3, 4]): Value {
  const [n, c, h, w] = x.type.shape as [number, number, number, number];
  const parted = s.one(ops.reshape, { allowZero: false }, [x, s.i(n, groups, c / groups, h, w)]);
  const turned = s.one(ops.transpose, { perm }, [parted]);
  return s.one(ops.reshape, { allowZero: false }, [turned, s.i(n, c, h, w)]);
}

describe("channelFusions", () => {
  it("makes one node of a concatenation, a shuffle and a split", () => {
    const s = new Sketch();
    const joined = s.one(ops.concat, { axis: 1 }, [s.x([2, 3, 2, 2], "a"), s.x([2, 3, 2, 2], "b")]);
    const parts = s.node(ops.split, { axis: -3, numOutputs: 2 }, [shuffle(s, joined, 2)]);
    const before = s.build([...parts]);
    const after = fused(before);
    expect(names(after)).toEqual(["pickChannels"]);
    expect(after.nodes[0]!.attrs).toEqual({
      picks: [
        [0, 3, 1],
        [4, 2, 5],
      ],
    });
    expectSame(before, after);
  });

  it("shuffles a single map of three groups", () => {
    const s = new Sketch();
    const before = s.build([shuffle(s, s.x([1, 6, 2, 3]), 3)]);
    const after = fused(before);
    expect(names(after)).toEqual(["pickChannels"]);
    expectSame(before, after);
  });

  it("leaves a concatenation that others read, and one along another axis", () => {
    const s = new Sketch();
    const joined = s.one(ops.concat, { axis: 1 }, [s.x([1, 2, 2, 2], "a"), s.x([1, 2, 2, 2], "b")]);
    const tall = s.one(ops.concat, { axis: 2 }, [s.x([1, 4, 1, 2], "c"), s.x([1, 4, 1, 2], "d")]);
    const before = s.build([shuffle(s, joined, 2), s.one(ops.relu, {}, [joined]), shuffle(s, tall, 2)]);
    const after = fused(before);
    expect(names(after).sort()).toEqual(["concat", "concat", "pickChannels", "pickChannels", "relu"]);
    expectSame(before, after);
  });

  it("leaves other turns of the dimensions", () => {
    const s = new Sketch();
    const before = s.build([shuffle(s, s.x([1, 4, 2, 2]), 2, [0, 1, 2, 4, 3])]);
    expect(fused(before)).toBe(before);
  });
});
