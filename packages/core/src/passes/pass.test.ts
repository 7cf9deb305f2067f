import { expect, it } from "vitest";
import { PassError } from "../errors.ts";
import type { Program } from "../ir/program.ts";
import { relu, sigmoid } from "../ops/index.ts";
import { type Pass, rewritePass, runPasses } from "./pass.ts";
import { Sketch } from "./testing/programs.ts";

function sample(): Program {
  const s = new Sketch();
  return s.build([s.one(relu, {}, [s.x([2])])]);
}

it("names the pass that broke the program and keeps the text it was given", () => {
  const breaking: Pass = { name: "breaking", run: (program) => ({ ...program, nodes: [] }) };
  try {
    runPasses(sample(), [breaking]);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(PassError);
    expect((error as PassError).message).toMatchInlineSnapshot(
      `"pass "breaking" failed: output "relu.out": reads "relu.out", which nothing in its block makes; expected a block input, a constant or an earlier node's output. Blocks capture nothing: pass it as an input."`,
    );
    expect((error as PassError).programText).toContain("relu");
  }
});

it("names the pass that threw", () => {
  const throwing: Pass = {
    name: "throwing",
    run: () => {
      throw new RangeError("out of range");
    },
  };
  expect(() => runPasses(sample(), [throwing])).toThrowErrorMatchingInlineSnapshot(
    `[PassError: pass "throwing" failed: out of range]`,
  );
});

it("stops passes that undo each other", () => {
  let runs = 0;
  const there: Pass = rewritePass("there", [
    {
      name: "there",
      anchors: [relu, sigmoid],
      rewrite(node, graph) {
        runs++;
        return [graph.one(node.op === relu ? sigmoid : relu, {}, node.inputs)];
      },
    },
  ]);
  expect(runPasses(sample(), [there]).nodes).toHaveLength(1);
  expect(runs).toBe(16);
});

it("runs each pass once when nothing changes", () => {
  let runs = 0;
  const idle: Pass = {
    name: "idle",
    run: (program) => {
      runs++;
      return program;
    },
  };
  const program = sample();
  expect(runPasses(program, [idle, idle])).toBe(program);
  expect(runs).toBe(2);
});
