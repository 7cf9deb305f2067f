import { describe, expect, it } from "vitest";
import type { Node, Program, Value } from "../ir/program.ts";
import * as ops from "../ops/index.ts";
import { expectSame, Sketch } from "../passes/testing/programs.ts";
import { fuse } from "./fuse.ts";

const names = ({ nodes }: Program): string[] => nodes.map(({ op }) => op.name);
const [batch, rows, heads, depth] = [2, 5, 3, 4];

interface Shape {
  readonly scale?: "div" | "mul";
  readonly hasMask?: boolean;
  readonly isShared?: boolean;
}

function headsOf(s: Sketch, x: Value, perm: readonly number[]): Value {
  const apart = s.one(ops.reshape, { allowZero: false }, [x, s.i(batch, rows, heads, depth)]);
  return s.one(ops.transpose, { perm }, [apart]);
}

function scoresOf(s: Sketch, product: Value, { scale, hasMask }: Shape): Value {
  const scaled = scale ? s.one(scale === "div" ? ops.div : ops.mul, {}, [product, s.c([], 2)]) : product;
  return hasMask ? s.one(ops.add, {}, [scaled, s.x([batch, 1, 1, rows], "mask")]) : scaled;
}

/** What exporters write of an attention over [B,S,H*D]. */
function exported(shape: Shape): Program {
  const s = new Sketch();
  const [x, y] = [s.x([batch, rows, heads * depth], "x"), s.x([batch, rows, heads * depth], "y")];
  const product = s.one(ops.matMul, {}, [headsOf(s, x, [0, 2, 1, 3]), headsOf(s, y, [0, 2, 3, 1])]);
  const weights = s.one(ops.softmax, { axis: -1 }, [scoresOf(s, product, shape)]);
  const values = s.one(ops.matMul, {}, [weights, headsOf(s, y, [0, 2, 1, 3])]);
  const turned = s.one(ops.transpose, { perm: [0, 2, 1, 3] }, [values]);
  const out = s.one(ops.reshape, { allowZero: false }, [turned, s.i(batch, rows, heads * depth)]);
  return s.build(shape.isShared ? [out, s.one(ops.exp, {}, [weights])] : [out]);
}

describe("fuse attention", () => {
  it.each<[Shape, number]>([
    [{}, 1],
    [{ scale: "div" }, 0.5],
    [{ scale: "mul" }, 2],
    [{ hasMask: true }, 1],
    [{ scale: "div", hasMask: true }, 0.5],
  ])("%j with its heads", (shape, scale) => {
    const before = exported(shape);
    const after = fuse(before, () => true);
    expect(names(after)).toEqual(["attention"]);
    expect(after.nodes[0]!.attrs).toEqual({ scale, heads });
    expect(after.nodes[0]!.inputs.length).toBe(shape.hasMask ? 4 : 3);
    expectSame(before, after);
  });

  it("without heads to take apart", () => {
    const s = new Sketch();
    const [q, k, v] = [s.x([1, 2, 3, 4], "q"), s.x([1, 2, 5, 4], "k"), s.x([1, 2, 5, 6], "v")];
    const turned = s.one(ops.transpose, { perm: [0, 1, 3, 2] }, [k]);
    const weights = s.one(ops.softmax, { axis: 3 }, [s.one(ops.matMul, { alpha: 0.25 }, [q, turned])]);
    const before = s.build([s.one(ops.matMul, {}, [weights, v])]);
    const after = fuse(before, () => true);
    expect(names(after)).toEqual(["attention"]);
    expect(after.nodes[0]!.attrs).toEqual({ scale: 0.25 });
    expectSame(before, after);
  });

  it("leaves weights that others read, other axes, broadcast heads and refused nodes", () => {
    expect(names(fuse(exported({ isShared: true }), () => true))).toContain("softmax");
    const s = new Sketch();
    const [q, k, v] = [s.x([2, 2, 3, 4], "q"), s.x([2, 1, 4, 3], "k"), s.x([2, 2, 3, 6], "v")];
    const scores = s.one(ops.matMul, {}, [q, k]);
    const last = s.one(ops.matMul, {}, [s.one(ops.softmax, { axis: -1 }, [scores]), v]);
    const square = s.one(ops.matMul, { transB: true }, [q, q]);
    const other = s.one(ops.matMul, {}, [s.one(ops.softmax, { axis: 2 }, [square]), v]);
    expect(names(fuse(s.build([last, other]), () => true))).not.toContain("attention");
    const refuses = ({ op }: Node): boolean => op.name !== "attention";
    const after = fuse(exported({ scale: "div" }), refuses);
    expect(names(after)).toContain("softmax");
    expectSame(exported({ scale: "div" }), after);
  });

  it("takes a residual into a product, whose bias is zero where it has none", () => {
    const s = new Sketch();
    const x = s.x([2, 3, 4]);
    const first = s.one(ops.add, {}, [s.one(ops.matMul, {}, [x, s.c([4, 4])]), x]);
    const second = s.one(ops.add, {}, [
      first,
      s.one(ops.add, {}, [s.one(ops.matMul, {}, [x, s.c([4, 4])]), s.c([4])]),
    ]);
    const before = s.build([s.one(ops.relu, {}, [second])]);
    const after = fuse(before, () => true);
    expect(names(after)).toEqual(["matMul", "matMul"]);
    expect(after.nodes.map(({ inputs }) => inputs.length)).toEqual([4, 4]);
    expectSame(before, after);
  });
});
