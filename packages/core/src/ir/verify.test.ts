import { describe, expect, it } from "vitest";
import { ProgramError } from "../errors.ts";
import { ProgramBuilder } from "./build.ts";
import type { Op } from "./op.ts";
import { type Block, constantValue, makeValue, type Node, type Program, type Value } from "./program.ts";
import { Tensor } from "./tensor.ts";
import { boxed, plus, twice } from "./testing/toy-ops.ts";
import { verify } from "./verify.ts";

const value = (name: string, shape: readonly (number | string)[] = [2]): Value =>
  makeValue(name, { dtype: "f32", shape });

function node(name: string, inputs: readonly Value[], outputs: readonly Value[], op: Op = twice): Node {
  return { name, op, attrs: {}, inputs, outputs };
}

function program(nodes: readonly Node[], inputs: readonly Value[], outputs: readonly Value[]): Program {
  return { inputs, outputs, nodes, meta: {}, states: [] };
}

function problem(broken: Program): string {
  try {
    verify(broken);
  } catch (error) {
    expect(error).toBeInstanceOf(ProgramError);
    return (error as Error).message;
  }
  return "nothing";
}

describe("verify", () => {
  const x = value("x");
  const y = value("y");
  const z = value("z");

  it("accepts a program in order, with constants and symbols", () => {
    const build = new ProgramBuilder();
    const a = build.input("a", "f32", ["n", 2]);
    const b = build.one(plus, {}, [a, build.constant(Tensor.from("f32", [2], [1, 2]))]);
    expect(problem(build.build([b]))).toBe("nothing");
  });

  it("accepts a number where the rule gives a symbol", () => {
    const a = value("a", ["n"]);
    const b = value("b", [4]);
    expect(problem(program([node("t", [a], [b])], [a], [b]))).toBe("nothing");
  });

  it("names a value that nothing makes", () => {
    expect(problem(program([node("t", [z], [y])], [x], [y]))).toMatchInlineSnapshot(
      `"twice "t": reads "z", which nothing in its block makes; expected a block input, a constant or an earlier node's output. Blocks capture nothing: pass it as an input."`,
    );
  });

  it("names a value that is made later", () => {
    const nodes = [node("first", [y], [z]), node("second", [x], [y])];
    expect(problem(program(nodes, [x], [z]))).toMatchInlineSnapshot(
      `"twice "first": reads "y", which twice "second" makes later; expected nodes in topological order. Move it up."`,
    );
  });

  it("refuses a cycle", () => {
    const nodes = [node("first", [z], [y]), node("second", [y], [z])];
    expect(problem(program(nodes, [x], [z]))).toMatchInlineSnapshot(
      `"twice "first": reads "z", which twice "second" makes later; expected nodes in topological order. Move it up."`,
    );
  });

  it("refuses a value made twice", () => {
    const nodes = [node("first", [x], [y]), node("second", [x], [y])];
    expect(problem(program(nodes, [x], [y]))).toMatchInlineSnapshot(
      `"twice "second": makes "y" again; expected each value made once. Give it a value of its own."`,
    );
  });

  it("refuses equal names", () => {
    const nodes = [node("t", [x], [y]), node("t", [y], [z])];
    expect(problem(program(nodes, [x], [z]))).toMatchInlineSnapshot(
      `"program: two nodes named "t"; expected unique names. Rename one."`,
    );
    const twin = value("y");
    const twins = [node("first", [x], [y]), node("second", [y], [twin])];
    expect(problem(program(twins, [x], [twin]))).toMatchInlineSnapshot(
      `"program: two values named "y"; expected unique names. Rename one."`,
    );
  });

  it("refuses missing and absent outputs", () => {
    expect(problem(program([], [x], [z]))).toMatchInlineSnapshot(
      `"output "z": reads "z", which nothing in its block makes; expected a block input, a constant or an earlier node's output. Blocks capture nothing: pass it as an input."`,
    );
    expect(problem(program([], [x], []))).toMatchInlineSnapshot(
      `"program: 0 outputs; expected at least one."`,
    );
  });

  it("refuses types that the rule does not give", () => {
    const wide = value("wide", [3]);
    expect(problem(program([node("t", [x], [wide])], [x], [wide]))).toMatchInlineSnapshot(
      `"twice "t": output "wide" has type f32[3]; expected f32[2] by its type rule."`,
    );
    expect(problem(program([node("t", [x], [y, z])], [x], [y]))).toMatchInlineSnapshot(
      `"twice "t": 2 outputs; expected 1 by its type rule."`,
    );
    expect(problem(program([node("p", [x, wide], [y], plus)], [x, wide], [y]))).toMatchInlineSnapshot(
      `"plus "p": shapes [2] and [3]; expected dimensions that are equal or 1."`,
    );
  });

  it("refuses constants whose data is not what the type says, and constants that are computed", () => {
    const wrong = makeValue("w", { dtype: "f32", shape: [2] }, Tensor.from("f32", [3], [1, 2, 3]));
    expect(problem(program([node("p", [x, wrong], [y], plus)], [x], [y]))).toMatchInlineSnapshot(
      `"constant "w": data f32[3]; expected f32[2] as its type says."`,
    );
    const made = constantValue("made", Tensor.from("f32", [2], [1, 2]));
    expect(problem(program([node("t", [x], [made])], [x], [made]))).toMatchInlineSnapshot(
      `"twice "t": makes "made", a constant; expected a value without data."`,
    );
  });

  it("refuses a nested block that captures", () => {
    const inner = value("inner");
    const body: Block = { inputs: [], outputs: [inner], nodes: [node("t", [x], [inner])] };
    const outer: Node = { name: "b", op: boxed as Op, attrs: { body }, inputs: [x], outputs: [y] };
    expect(problem(program([outer], [x], [y]))).toMatchInlineSnapshot(
      `"boxed "b", block body: twice "t": reads "x", which nothing in its block makes; expected a block input, a constant or an earlier node's output. Blocks capture nothing: pass it as an input."`,
    );
  });

  it("refuses endless nesting", () => {
    let body: Block = { inputs: [x], outputs: [x], nodes: [] };
    for (let depth = 0; depth < 100; depth++) {
      const out = value(`out${depth}`);
      const box: Node = { name: "b", op: boxed as Op, attrs: { body }, inputs: [x], outputs: [out] };
      body = { inputs: [x], outputs: [out], nodes: [box] };
    }
    expect(problem({ ...body, meta: {}, states: [] }).slice(-120)).toMatchInlineSnapshot(
      `"d "b", block body: boxed "b", block body: program: blocks nested 65 deep; expected at most 64. Flatten the control flow."`,
    );
  });

  it("checks that a state keeps its type", () => {
    const variable = value("v");
    const next = value("next", [3]);
    const states = [{ variable, next }];
    const wide = value("wide", [3]);
    const nodes = [node("t", [wide], [next])];
    expect(problem({ inputs: [wide], outputs: [next], nodes, meta: {}, states })).toMatchInlineSnapshot(
      `"state "v": next value has type f32[3]; expected f32[2]."`,
    );
  });
});
