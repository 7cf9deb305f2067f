import { expect, it } from "vitest";
import { ProgramBuilder } from "./build.ts";
import type { Op } from "./op.ts";
import { print } from "./print.ts";
import { Tensor } from "./tensor.ts";
import { boxed, plus, scaled, twice } from "./testing/toy-ops.ts";

function sample(): ReturnType<ProgramBuilder["build"]> {
  const inner = new ProgramBuilder();
  const a = inner.input("a", "f32", [9]);
  const body = inner.build([inner.one(scaled, { by: 0.1 }, [a])]);
  const build = new ProgramBuilder();
  const x = build.input("x", "f32", ["n", 9]);
  const small = build.constant(Tensor.from("f32", [2, 1], [1, -0]), "small");
  const large = build.constant(Tensor.zeros("f32", [9]), "large");
  const sum = build.one(plus, {}, [x, large], { name: "sum" });
  build.node(boxed, { body }, [sum], { name: "box", outputs: ["boxed"] });
  const other = build.one(plus, {}, [sum, small], { name: "other" });
  return build.build([build.one(twice, {}, [other], { name: "last", outputs: ["y"] })]);
}

it("prints values by name, types, attributes, blocks and constants", () => {
  expect(print(sample())).toMatchInlineSnapshot(`
    "(x: f32[n,9]) {
      sum.out: f32[n,9] = plus "sum" (x, large=f32[9])
      boxed: f32[9] = boxed "box" (sum.out) body=(a: f32[9]) {
        scaled.out: f32[9] = scaled "scaled" (a) by=0.1
        return scaled.out
      }
      other.out: f32[2,9] = plus "other" (sum.out, small=f32[2,1]{1, -0})
      y: f32[2,9] = twice "last" (other.out)
      return y
    }"
  `);
});

it("prints equal programs equally", () => {
  expect(print(sample())).toBe(print(sample()));
});

it("prints every kind of attribute", () => {
  const op = { ...twice, name: "odd" } as Op;
  const build = new ProgramBuilder();
  const x = build.input("x", "i64", []);
  const attrs = {
    text: "a",
    list: [1, 2],
    nothing: undefined,
    none: null,
    isOn: true,
    big: 3n,
    inf: -Infinity,
    act: { kind: "clip", max: 6 },
    fill: Tensor.ints([7]),
  };
  expect(print(build.build([build.one(op, attrs, [x])]))).toMatchInlineSnapshot(`
    "(x: i64[]) {
      odd.out: i64[] = odd "odd" (x) text=a list=[1,2] none=null isOn=true big=3n inf=-Infinity act={kind=clip, max=6} fill=i64[1]{7}
      return odd.out
    }"
  `);
});
