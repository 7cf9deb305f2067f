import { expect, test } from "vitest";
import type { Value } from "../ir/program.ts";
import { Tensor } from "../ir/tensor.ts";
import * as ops from "../ops/index.ts";
import { foldSequencesPass } from "./fold-sequences.ts";
import { optimize } from "./pipeline.ts";
import { expectSame, Sketch } from "./testing/programs.ts";

const opNames = (program: {
  readonly nodes: readonly { readonly op: { readonly name: string } }[];
}): string[] => program.nodes.map(({ op }) => op.name);

function folded(
  build: (s: Sketch, x: Value, y: Value) => Value,
  shape: readonly (number | string)[] = [2, 4],
): string[] {
  const s = new Sketch();
  const [x, y] = [s.x(shape), s.x(shape, "y")];
  const before = s.build([s.one(ops.relu, {}, [build(s, x, y)])]);
  const after = optimize(before);
  expectSame(before, after);
  return opNames(after);
}

const at = (s: Sketch, index: number): Value => s.constant(Tensor.scalar("i64", index));

test("what goes in comes out", () => {
  expect(
    folded((s, x, y) => s.one(ops.sequenceAt, {}, [s.one(ops.sequenceConstruct, {}, [x, y]), at(s, -1)])),
  ).toEqual(["relu"]);
});

test("through insertions and removals", () => {
  const names = folded((s, x, y) => {
    const empty = s.one(ops.sequenceEmpty, { dtype: "f32" }, []);
    const one = s.one(ops.sequenceInsert, {}, [empty, x]);
    const two = s.one(ops.sequenceInsert, {}, [one, y, at(s, 0)]);
    return s.one(ops.sequenceAt, {}, [s.one(ops.sequenceErase, {}, [two, at(s, 0)]), at(s, 0)]);
  });
  expect(names).toEqual(["relu"]);
});

test("parts of a split are parts of a split", () => {
  const names = folded((s, x) => {
    const parts = s.one(ops.splitToSequence, { axis: 1, keepDims: false }, [x]);
    const [a, b] = [0, 3].map((index) => s.one(ops.sequenceAt, {}, [parts, at(s, index)]));
    return s.one(ops.add, {}, [a!, b!]);
  });
  expect(names).toEqual(["split", "reshape", "reshape", "add", "relu"]);
});

test("joins of known parts are concatenations", () => {
  const join = (newAxis: boolean) => (s: Sketch, x: Value, y: Value) =>
    s.one(ops.concatFromSequence, { axis: 0, newAxis }, [s.one(ops.sequenceConstruct, {}, [x, y])]);
  expect(folded(join(false))).toEqual(["concat", "relu"]);
  expect(folded(join(true))).toEqual(["reshape", "reshape", "concat", "relu"]);
});

test("optionals that hold something open, lengths are counted", () => {
  expect(folded((s, x) => s.one(ops.optionalGetElement, {}, [s.one(ops.optional, {}, [x])]))).toEqual([
    "relu",
  ]);
  const counted = folded((s, x, y) => {
    const length = s.one(ops.sequenceLength, {}, [s.one(ops.sequenceConstruct, {}, [x, y])]);
    return s.one(ops.add, {}, [x, s.one(ops.cast, { to: "f32" }, [length])]);
  });
  expect(counted).toEqual(["add", "relu"]);
});

test("what only a run knows stays", () => {
  const s = new Sketch();
  const x = s.x([2, 4]);
  const position = s.input("i", "i64", []);
  const sequence = s.one(ops.sequenceConstruct, {}, [x]);
  const program = s.build([s.one(ops.sequenceAt, {}, [sequence, position])]);
  expect(foldSequencesPass.run(program)).toBe(program);
  const open = s.one(ops.splitToSequence, { axis: 0, keepDims: true }, [s.x(["n", 2], "z")]);
  const other = s.build([s.one(ops.sequenceAt, {}, [open, at(s, 0)])]);
  expect(foldSequencesPass.run(other)).toBe(other);
});
