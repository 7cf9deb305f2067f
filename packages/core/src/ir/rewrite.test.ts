import { describe, expect, it } from "vitest";
import { ProgramBuilder } from "./build.ts";
import { evaluateBlock } from "./evaluate.ts";
import type { Op } from "./op.ts";
import { print } from "./print.ts";
import type { Block, Program } from "./program.ts";
import { applyRewrites, isOp, type Rewrite } from "./rewrite.ts";
import { numbers, Tensor } from "./tensor.ts";
import { boxed, plus, scaled, twice } from "./testing/toy-ops.ts";
import { verify } from "./verify.ts";

/** twice(twice(x)) -> scaled(x, 4) */
const mergeTwice: Rewrite = {
  name: "merge-twice",
  anchors: [twice],
  rewrite(node, graph) {
    const inner = graph.soleProducer(node.inputs[0]!, twice);
    return inner && [graph.one(scaled, { by: 4 }, inner.inputs)];
  },
};

const dropTwice: Rewrite = {
  name: "drop-twice",
  anchors: [twice],
  rewrite: (node) => [node.inputs[0]!],
};

function chain(length: number): Program {
  const build = new ProgramBuilder();
  let value = build.input("x", "f32", [3]);
  for (let i = 0; i < length; i++) value = build.one(twice, {}, [value], { name: `t${i}` });
  return build.build([value]);
}

function run(program: Block): number[] {
  return Array.from(numbers(evaluateBlock(program, [Tensor.from("f32", [3], [1, 2, 3])])[0]!));
}

describe("applyRewrites", () => {
  it("replaces, drops what lost its readers, and keeps the output's name", () => {
    const before = chain(2);
    const after = applyRewrites(before, [mergeTwice]);
    verify(after);
    expect(print(after)).toMatchInlineSnapshot(`
      "(x: f32[3]) {
        t1.out: f32[3] = scaled "t1" (x) by=4
        return t1.out
      }"
    `);
    expect(run(after)).toEqual(run(before));
  });

  it("returns the same program when nothing applies", () => {
    const before = chain(1);
    expect(applyRewrites(before, [mergeTwice])).toBe(before);
  });

  it("leaves values alone that someone else reads", () => {
    const build = new ProgramBuilder();
    const x = build.input("x", "f32", [3]);
    const a = build.one(twice, {}, [x]);
    const b = build.one(twice, {}, [a]);
    const before = build.build([b, a]);
    expect(applyRewrites(before, [mergeTwice])).toBe(before);
  });

  it("renames the maker when an output is replaced by an inner value, and keeps outputs apart", () => {
    const build = new ProgramBuilder();
    const x = build.input("x", "f32", [3]);
    const a = build.one(scaled, { by: 3 }, [x], { outputs: ["inner"] });
    const y = build.one(twice, {}, [a], { name: "y", outputs: ["y"] });
    const z = build.one(twice, {}, [a], { name: "z", outputs: ["z"] });
    const direct = build.one(twice, {}, [x], { name: "direct", outputs: ["direct"] });
    const after = applyRewrites(build.build([y, z, direct]), [dropTwice]);
    verify(after);
    expect(print(after)).toMatchInlineSnapshot(`
      "(x: f32[3]) {
        y: f32[3] = scaled "scaled" (x) by=3
        z: f32[3] = twice "z" (y)
        direct: f32[3] = twice "direct" (x)
        return y, z, direct
      }"
    `);
  });

  it("types the rest anew when a value becomes known, and gives constants as outputs their names", () => {
    const unknown = new ProgramBuilder();
    const x = unknown.input("x", "f32", ["n"]);
    const a = unknown.one(twice, {}, [x]);
    const b = unknown.one(scaled, { by: 2 }, [a], { outputs: ["b"] });
    const known: Rewrite = {
      name: "known",
      anchors: [twice],
      rewrite: (_, graph) => [graph.constantOf(Tensor.from("f32", [2], [1, 2]))],
    };
    const after = applyRewrites(unknown.build([b, a]), [known]);
    verify(after);
    expect(print(after)).toMatchInlineSnapshot(`
      "(x: f32[n]) {
        b: f32[2] = scaled "scaled" (twice.constant=f32[2]{1, 2}) by=2
        return b, twice.out=f32[2]{1, 2}
      }"
    `);
  });

  it("gives new nodes and constants names of their own", () => {
    const split: Rewrite = {
      name: "split",
      anchors: [scaled],
      rewrite(node, graph) {
        const c = graph.constantOf(Tensor.from("f32", [3], [1, 1, 1]), "c");
        return [graph.one(plus, {}, [graph.one(twice, {}, node.inputs), c])];
      },
    };
    const build = new ProgramBuilder();
    let value = build.input("c", "f32", [3]);
    for (let i = 0; i < 2; i++) value = build.one(scaled, { by: 3 }, [value], { name: `s${i}` });
    const after = applyRewrites(build.build([value]), [split]);
    verify(after);
    expect(print(after)).toMatchInlineSnapshot(`
      "(c: f32[3]) {
        s0.out: f32[3] = twice "s0/twice" (c)
        s0.out_1: f32[3] = plus "s0" (s0.out, c_1=f32[3]{1, 1, 1})
        s1.out_1: f32[3] = twice "s1/twice" (s0.out_1)
        s1.out: f32[3] = plus "s1" (s1.out_1, c_2=f32[3]{1, 1, 1})
        return s1.out
      }"
    `);
  });

  it("rewrites nested blocks", () => {
    const build = new ProgramBuilder();
    const x = build.input("x", "f32", [3]);
    const box = build.one(boxed as Op<{ body: Block }>, { body: chain(2) }, [x]);
    const after = applyRewrites(build.build([box]), [mergeTwice]);
    verify(after);
    expect(print(after)).toMatchInlineSnapshot(`
      "(x: f32[3]) {
        boxed.out: f32[3] = boxed "boxed" (x) body=(x: f32[3]) {
          t1.out: f32[3] = scaled "t1" (x) by=4
          return t1.out
        }
        return boxed.out
      }"
    `);
  });

  it("refuses a value of another type", () => {
    const wrong: Rewrite = {
      name: "wrong",
      rewrite: (_, graph) => [graph.constantOf(Tensor.ints([1]))],
    };
    expect(() => applyRewrites(chain(1), [wrong])).toThrowErrorMatchingInlineSnapshot(
      `[ProgramError: rewrite "wrong": i64[1] for "t0.out"; expected f32[3].]`,
    );
  });

  it("sweeps twenty thousand nodes in linear time", () => {
    const before = chain(20_000);
    const start = performance.now();
    const after = applyRewrites(before, [mergeTwice]);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(after.nodes).toHaveLength(10_000);
    expect(after.nodes.every((node) => isOp(node, scaled))).toBe(true);
  });
});
