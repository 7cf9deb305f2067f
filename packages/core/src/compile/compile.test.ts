import { expect, test } from "vitest";
import { reference } from "../backend/reference.ts";
import { ProgramError } from "../errors.ts";
import { ProgramBuilder } from "../ir/build.ts";
import type { Program } from "../ir/program.ts";
import { Tensor } from "../ir/tensor.ts";
import * as ops from "../ops/index.ts";
import { compile } from "./compile.ts";
import { splitStatic } from "./split.ts";
import { nextStage } from "./stage.ts";
import { blocks } from "./testing/block-backend.ts";
import { mix, positives, scale } from "./testing/ops.ts";

function network(shape: readonly (number | string)[]): Program {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", shape);
  const weight = Tensor.from(
    "f32",
    [4, 3],
    Float32Array.from({ length: 12 }, (_, i) => i),
  );
  const mixed = b.one(mix, undefined, [x, b.constant(weight)], { name: "mixed" });
  return b.build([b.one(scale, { by: 2 }, [mixed], { name: "scaled" })]);
}

test("compile binds a program to devices and shapes", async () => {
  const devices = [{ backend: reference, device: await reference.open({}) }];
  const made = compile(network(["n", 3, 2, "w"]), { devices, shapes: { x: [2, 3, 2, 5] } });
  expect(made.outputs[0]!.type.shape).toEqual([2, 4, 2, 5]);
  expect(made.segments).toHaveLength(1);
});

test("plans for other shapes share the packed weights of the program", async () => {
  const program = network(["n", 3, 2, 2]);
  const devices = [
    { backend: blocks, device: await blocks.open({}) },
    { backend: reference, device: await reference.open({}) },
  ];
  const [one, two] = [1, 2].map((n) => compile(program, { devices, shapes: { x: [n, 3, 2, 2] } }));
  expect(one!.packed).toHaveLength(1);
  expect(one!.packed[0]).toBe(two!.packed[0]);
  for (const { device } of devices) device.dispose();
});

test("a shape that depends on data has no plan", async () => {
  const b = new ProgramBuilder();
  const program = b.build([b.one(positives, undefined, [b.input("x", "f32", [4])])]);
  const devices = [{ backend: reference, device: await reference.open({}) }];
  expect(() => compile(program, { devices })).toThrow(ProgramError);
  expect(() => compile(program, { devices })).toThrow(
    "program: a shape depends on data or on a missing input shape; expected only numbers.",
  );
});

function detector(): Program {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", [1, 3, 2, 2]);
  const scores = b.one(scale, { by: 2 }, [x], { name: "scores" });
  const kept = b.one(positives, undefined, [scores], { name: "kept" });
  const tens = b.one(scale, { by: 10 }, [kept], { name: "tens" });
  const aside = b.one(scale, { by: 3 }, [x], { name: "aside" });
  return b.build([tens, aside, x]);
}

test("the static head of a program is all that needs nothing unknown, wherever it stands", () => {
  const { head, rest } = splitStatic(detector());
  expect(head.nodes.map(({ name }) => name)).toEqual(["scores", "aside"]);
  expect(head.outputs.map(({ name }) => name)).toEqual(["scores.out", "aside.out"]);
  expect(rest.nodes.map(({ name }) => name)).toEqual(["kept", "tens"]);
  expect(rest.inputs.map(({ name }) => name)).toEqual(["x", "scores.out", "aside.out"]);
});

test("without weights behind the unknown shapes there is no further stage", () => {
  expect(nextStage(splitStatic(detector()))).toBeUndefined();
});

test("a stage hands on what later nodes and outputs need, with symbols of their own", () => {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", [1, 3, 2, 2]);
  const kept = b.one(positives, undefined, [x], { name: "kept" });
  const weight = b.constant(Tensor.zeros("f32", [1024, 1]));
  const layer = b.one(mix, undefined, [kept, weight], { name: "layer" });
  const stage = nextStage(splitStatic(b.build([layer, x])))!;
  expect(stage.ready.nodes.map(({ name }) => name)).toEqual(["kept"]);
  expect(stage.after.nodes.map(({ name }) => name)).toEqual(["layer"]);
  expect(stage.after.inputs.map(({ name, type }) => [name, type.shape])).toEqual([
    ["x", [1, 3, 2, 2]],
    ["kept.out", ["kept.out:0"]],
  ]);
  expect(stage.after.outputs[1]).toBe(stage.after.inputs[0]);
});

test("nodes that bring shapes back to known ones run before the next stage, whose shapes never change", () => {
  const b = new ProgramBuilder();
  const [boxes, scores] = [b.input("boxes", "f32", [1, 9, 4]), b.input("scores", "f32", [1, 2, 9])];
  const [most, none] = [b.constant(Tensor.scalar("i64", 9)), b.constant(Tensor.scalar("f32", 0))];
  const limits = [most, none, none];
  const kept = b.one(ops.nonMaxSuppression, { centerPointBox: false }, [boxes, scores, ...limits]);
  const values = b.one(ops.gatherND, { batchDims: 0 }, [scores, kept]);
  const zeros = b.constant(Tensor.zeros("f32", [1, 2, 9]));
  const spread = b.one(ops.scatterND, { reduction: "none" }, [zeros, kept, values]);
  const doubled = b.one(ops.add, {}, [spread, spread], { name: "doubled" });
  const stage = nextStage(splitStatic(b.build([doubled])))!;
  expect(stage.ready.nodes.map(({ op }) => op.name)).toEqual(["nonMaxSuppression", "gatherND", "scatterND"]);
  expect(stage.after.inputs.map(({ type }) => type.shape)).toEqual([[1, 2, 9]]);
  expect(stage.after.nodes.map(({ name }) => name)).toEqual(["doubled"]);
  expect(nextStage(splitStatic(b.build([kept, doubled])))).toBeUndefined();
});
