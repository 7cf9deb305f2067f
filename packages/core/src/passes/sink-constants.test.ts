import { expect, test } from "vitest";
import type { Block, Program, Value } from "../ir/program.ts";
import { Tensor } from "../ir/tensor.ts";
import * as ops from "../ops/index.ts";
import { sinkConstantsPass } from "./sink-constants.ts";
import { expectSame, Sketch } from "./testing/programs.ts";

const flag = (s: Sketch): Value => s.constant(Tensor.scalar("bool", 1), "flag");

function loopOf(numTrips: number): Program {
  const inner = new Sketch();
  inner.input("trip", "i64", []);
  inner.input("running", "bool", []);
  const [x, w, y] = [inner.x(["a", 3], "x"), inner.x([3, "b"], "w"), inner.x(["a", 3], "y")];
  const next = inner.one(ops.add, {}, [inner.one(ops.matMul, {}, [x, w]), y]);
  const body = inner.build([flag(inner), next, w]);
  const outer = new Sketch();
  const start = outer.x(["n", 3], "start");
  const trips = outer.constant(Tensor.scalar("i64", numTrips), "trips");
  const inputs = [trips, flag(outer), start, outer.c([3, 3], undefined, "w"), outer.x(["n", 3], "other")];
  return outer.build(outer.node(ops.loop, { body, numCarried: 1 }, inputs));
}

test("a constant that a loop's body captures becomes one inside it", () => {
  const program = loopOf(3);
  const after = sinkConstantsPass.run(program);
  expectSame(program, after, { n: 2 });
  const [loop] = after.nodes;
  expect(loop!.inputs.map(({ name }) => name)).toEqual(["trips", "flag", "start", "other"]);
  const { body } = loop!.attrs as { readonly body: Block };
  expect(body.inputs.map(({ name }) => name)).toEqual(["trip", "running", "x", "y"]);
  expect(body.nodes[0]!.inputs[1]!.data).toBe(program.nodes[0]!.inputs[3]!.data);
  expect(sinkConstantsPass.run(after)).toBe(after);
});

test("a loop's first values stay outside", () => {
  const inner = new Sketch();
  inner.input("trip", "i64", []);
  inner.input("running", "bool", []);
  const [x, y] = [inner.x([3], "x"), inner.x([3], "y")];
  const body = inner.build([flag(inner), inner.one(ops.add, {}, [x, y])]);
  const outer = new Sketch();
  const trips = outer.constant(Tensor.scalar("i64", 3), "trips");
  const inputs = [trips, flag(outer), outer.c([3]), outer.x([3])];
  const program = outer.build(outer.node(ops.loop, { body, numCarried: 1 }, inputs));
  expect(sinkConstantsPass.run(program)).toBe(program);
});

test("both branches take a constant, also as what they give", () => {
  const branch = (make: (s: Sketch, x: Value, c: Value) => Value): Block => {
    const s = new Sketch();
    const [x, c] = [s.x([3], "x"), s.x([3], "c")];
    return s.build([make(s, x, c)]);
  };
  const outer = new Sketch();
  const attrs = {
    // biome-ignore lint/suspicious/noThenProperty: a block, which cannot be called
    then: branch((s, x, c) => s.one(ops.mul, {}, [x, c])),
    else: branch((_s, _x, c) => c),
  };
  const condition = outer.input("condition", "bool", []);
  const program = outer.build([outer.one(ops.ifElse, attrs, [condition, outer.x([3]), outer.c([3])])]);
  const after = sinkConstantsPass.run(program);
  expect(after.nodes[0]!.inputs).toHaveLength(2);
  expectSame(program, after);
});
