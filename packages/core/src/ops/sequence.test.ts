import { describe, expect, test } from "vitest";
import { ProgramBuilder } from "../ir/build.ts";
import { evaluateBlock } from "../ir/evaluate.ts";
import { inferNode } from "../ir/infer.ts";
import type { Op } from "../ir/op.ts";
import { formatType } from "../ir/print.ts";
import { constantValue, makeValue, type Value } from "../ir/program.ts";
import { Tensor, type TensorType } from "../ir/tensor.ts";
import { verify } from "../ir/verify.ts";
import * as ops from "./index.ts";

const f32 = (...values: readonly number[]): Tensor => Tensor.from("f32", [values.length], values);
const three = Tensor.sequence([f32(1), f32(2, 3), f32(4)]);
const at = (index: number): Tensor => Tensor.scalar("i64", index);
const contents = ({ items }: Tensor): number[][] => items.map(({ data }) => [...(data as Float32Array)]);

function types<A>(op: Op<A>, attrs: A, ...inputs: readonly (TensorType | Tensor)[]): string[] {
  const values = inputs.map(
    (input, i): Value =>
      input instanceof Tensor ? constantValue(`c${i}`, input) : makeValue(`x${i}`, input),
  );
  return inferNode({ name: "n", op, attrs, inputs: values }).map(formatType);
}

const sequenceOf = (
  shape: readonly (number | string)[] | undefined,
  length: number | string = "n",
): TensorType => ({
  dtype: "sequence",
  shape: [length],
  element: shape ? { dtype: "f32", shape } : { dtype: "f32" },
});
const x: TensorType = { dtype: "f32", shape: [2, "w"] };
const position: TensorType = { dtype: "i64", shape: [] };

describe("type rules", () => {
  test("lengths and items are known as far as they are", () => {
    expect(types(ops.sequenceConstruct, {}, x, x)).toEqual(["sequence<f32[2,w]>[2]"]);
    expect(types(ops.sequenceConstruct, {}, x, { dtype: "f32", shape: [3, 1] })).toEqual([
      "sequence<f32[n.item.0,n.item.1]>[2]",
    ]);
    expect(types(ops.sequenceEmpty, { dtype: "i32" })).toEqual(["sequence<i32>[0]"]);
    expect(types(ops.sequenceAt, {}, sequenceOf([2, "w"]), position)).toEqual(["f32[2,n.1]"]);
    expect(types(ops.sequenceInsert, {}, sequenceOf(undefined, 0), x)).toEqual(["sequence<f32[2,w]>[1]"]);
    expect(types(ops.sequenceErase, {}, sequenceOf([2], 3))).toEqual(["sequence<f32[2]>[2]"]);
    expect(types(ops.sequenceLength, {}, sequenceOf([2]))).toEqual(["i64[]"]);
    expect(types(ops.splitToSequence, { axis: 0, keepDims: true }, x)).toEqual(["sequence<f32[1,w]>[2]"]);
    expect(types(ops.splitToSequence, { axis: 0, keepDims: false }, x)).toEqual(["sequence<f32[w]>[2]"]);
    expect(types(ops.splitToSequence, { axis: 1, keepDims: true }, x, at(3))).toEqual([
      "sequence<f32[2,n.part]>",
    ]);
    expect(types(ops.concatFromSequence, { axis: 0, newAxis: true }, sequenceOf([2], 3))).toEqual([
      "f32[3,2]",
    ]);
    expect(types(ops.concatFromSequence, { axis: 0, newAxis: false }, sequenceOf(["w"]))).toEqual([
      "f32[n.length]",
    ]);
    expect(types(ops.optional, {}, x)).toEqual(["optional<f32[2,w]>"]);
    expect(types(ops.optional, { element: { dtype: "f32", shape: [1] } })).toEqual(["optional<f32[1]>"]);
  });

  test.each([
    [
      "another dtype",
      () => types(ops.sequenceInsert, {}, sequenceOf([1]), position),
      "a i64 into a sequence of f32",
    ],
    [
      "items of unknown rank",
      () => types(ops.sequenceAt, {}, sequenceOf(undefined), position),
      "unknown rank",
    ],
    ["a tensor for a sequence", () => types(ops.sequenceLength, {}, x), "input 0 is f32; expected sequence."],
    [
      "a sequence for a tensor",
      () => types(ops.relu, {}, sequenceOf([1])),
      'relu "n": input 0 is sequence<f32[1]>; expected a tensor of numbers.',
    ],
    [
      "a sequence to a movement",
      () => types(ops.transpose, { perm: [0] }, sequenceOf([1])),
      'transpose "n": input 0 is sequence<f32[1]>; expected a tensor.',
    ],
    [
      "nothing erased from nothing",
      () => types(ops.sequenceErase, {}, sequenceOf([1], 0)),
      "an empty sequence",
    ],
    ["an optional of nothing", () => types(ops.optional, {}), "no input and no element type"],
  ])("%s is refused", (_, infer, message) => {
    expect(infer).toThrow(message);
  });
});

describe("references", () => {
  const run = <A>(op: Op<A>, attrs: A, ...inputs: readonly Tensor[]): Tensor =>
    op.reference(inputs, attrs)[0]!;

  test("items are put in, taken out and dropped by position", () => {
    expect(contents(run(ops.sequenceInsert, {}, three, f32(9)))).toEqual([[1], [2, 3], [4], [9]]);
    expect(contents(run(ops.sequenceInsert, {}, three, f32(9), at(-3)))).toEqual([[9], [1], [2, 3], [4]]);
    expect(contents(run(ops.sequenceInsert, {}, three, f32(9), at(3)))).toEqual([[1], [2, 3], [4], [9]]);
    expect(contents(run(ops.sequenceErase, {}, three))).toEqual([[1], [2, 3]]);
    expect(contents(run(ops.sequenceErase, {}, three, at(0)))).toEqual([[2, 3], [4]]);
    expect([...(run(ops.sequenceAt, {}, three, at(-2)).data as Float32Array)]).toEqual([2, 3]);
    expect(Number(run(ops.sequenceLength, {}, three).data[0])).toBe(3);
    expect(() => run(ops.sequenceAt, {}, three, at(3))).toThrow(
      "position 3 of a sequence of 3; expected -3 to 2.",
    );
    expect(() => run(ops.sequenceInsert, {}, three, f32(9), at(4))).toThrow("expected -3 to 3.");
  });

  test("a tensor is split and joined again", () => {
    const m = Tensor.from("f32", [2, 3], [1, 2, 3, 4, 5, 6]);
    const columns = run(ops.splitToSequence, { axis: 1, keepDims: true }, m, at(2));
    expect(contents(columns)).toEqual([
      [1, 2, 4, 5],
      [3, 6],
    ]);
    expect(run(ops.concatFromSequence, { axis: 1, newAxis: false }, columns).data).toEqual(m.data);
    const rows = run(ops.splitToSequence, { axis: 0, keepDims: false }, m);
    expect(rows.items[0]!.shape).toEqual([3]);
    expect(run(ops.concatFromSequence, { axis: 0, newAxis: true }, rows).data).toEqual(m.data);
    expect(contents(run(ops.splitToSequence, { axis: 1, keepDims: true }, m, Tensor.ints([1, 2])))).toEqual([
      [1, 4],
      [2, 3, 5, 6],
    ]);
    expect(() => run(ops.splitToSequence, { axis: 1, keepDims: true }, m, Tensor.ints([1, 1]))).toThrow(
      "add up",
    );
    expect(() => run(ops.splitToSequence, { axis: 1, keepDims: true }, m, at(0))).toThrow(
      "a size of at least 1",
    );
    expect(() => run(ops.concatFromSequence, { axis: 0, newAxis: true }, three)).toThrow(
      "differ along axis 0 only",
    );
  });

  test("optionals hold something or nothing", () => {
    const held = run(ops.optional, {}, f32(1));
    const empty = run(ops.optional, { element: { dtype: "f32" } });
    expect(run(ops.optionalHasElement, {}, held).data[0]).toBe(1);
    expect(run(ops.optionalHasElement, {}, empty).data[0]).toBe(0);
    expect(run(ops.optionalGetElement, {}, held).data).toEqual(Float32Array.of(1));
    expect(() => run(ops.optionalGetElement, {}, empty)).toThrow("an empty optional");
  });
});

test("a body is mapped over sequences, tensors and captures", () => {
  const inner = new ProgramBuilder();
  const [item, other, captured] = ["item", "other", "captured"].map((name) =>
    inner.input(name, "f32", ["w"]),
  );
  const sum = inner.one(ops.add, {}, [item!, other!]);
  const body = inner.build([inner.one(ops.mul, {}, [sum, captured!])]);
  const b = new ProgramBuilder();
  const sequence = b.input("s", "sequence", ["n"], { dtype: "f32", shape: ["w"] });
  const y = b.input("y", "f32", [1]);
  const program = b.build([b.one(ops.sequenceMap, { body, numInputs: 2 }, [sequence, y, y])]);
  verify(program);
  const [result] = evaluateBlock(program, [three, f32(10)]);
  expect(contents(result!)).toEqual([[110], [120, 130], [140]]);
});
