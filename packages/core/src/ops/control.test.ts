import { expect, test } from "vitest";
import { ProgramBuilder } from "../ir/build.ts";
import type { Block, Value } from "../ir/program.ts";
import { Tensor } from "../ir/tensor.ts";
import { add, mul } from "./binary.ts";
import { ifElse, loop, scan } from "./control.ts";
import { identity } from "./unary.ts";

function block(make: (builder: ProgramBuilder) => readonly Value[]): Block {
  const builder = new ProgramBuilder();
  const { inputs, outputs, nodes } = builder.build(make(builder));
  return { inputs, outputs, nodes };
}

const scalar = (value: number): Tensor => Tensor.scalar("f32", value);
const trips = (count: number): Tensor => Tensor.scalar("i64", count);
const flag = (value: 0 | 1): Tensor => Tensor.scalar("bool", value);
const values = (y: Tensor | undefined): number[] => Array.from(y!.data as Float32Array, Number);
const types = (tensors: readonly Tensor[]) => tensors.map(({ type }) => type);

const pick = (index: number): Block =>
  block((b) => [[b.input("a", "f32", []), b.input("b", "f32", [])][index]!]);
// biome-ignore lint/suspicious/noThenProperty: a block, which cannot be called
const branches = { then: pick(0), else: pick(1) };

test("if runs one of its blocks on the captures", () => {
  expect(values(ifElse.reference([flag(1), scalar(3), scalar(4)], branches)[0])).toEqual([3]);
  expect(values(ifElse.reference([flag(0), scalar(3), scalar(4)], branches)[0])).toEqual([4]);
});

test("if has symbols where its blocks' sizes differ, and rejects other ranks", () => {
  const giving = (shape: readonly number[]): Block => block((b) => [b.constant(Tensor.zeros("f32", shape))]);
  const bool = { dtype: "bool", shape: [] } as const;
  const infer = (a: readonly number[], b: readonly number[]) => () =>
    // biome-ignore lint/suspicious/noThenProperty: a block, which cannot be called
    ifElse.infer([bool], { then: giving(a), else: giving(b) }, []);
  expect(infer([2, 3], [2, 4])()).toEqual([{ dtype: "f32", shape: [2, "?0.1"] }]);
  expect(infer([2], [2, 4])).toThrow("output 0 is f32[2] or f32[2,4]; expected one dtype and rank.");
});

/** Inputs iteration, condition, carried, factor; gives (condition, carried * factor, carried). */
const growing = block((b) => {
  b.input("iteration", "i64", []);
  const condition = b.input("condition", "bool", []);
  const [carried, factor] = [b.input("carried", "f32", []), b.input("factor", "f32", [])];
  return [
    b.one(identity, {}, [condition]),
    b.one(mul, {}, [carried, factor]),
    b.one(identity, {}, [carried]),
  ];
});
const growth = { body: growing, numCarried: 1 };

test("loop carries values, stacks scans and reads captures", () => {
  const [end, scans] = loop.reference([trips(4), flag(1), scalar(2), scalar(3)], growth);
  expect(values(end)).toEqual([162]);
  expect(values(scans)).toEqual([2, 6, 18, 54]);
  expect(scans!.shape).toEqual([4]);
});

test("loop without iterations gives what it started with, and no scans", () => {
  for (const inputs of [
    [trips(0), flag(1)],
    [trips(9), flag(0)],
    [trips(-1), flag(1)],
  ]) {
    const [end, scans] = loop.reference([...inputs, scalar(2), scalar(3)], growth);
    expect(values(end)).toEqual([2]);
    expect(scans!.shape).toEqual([0]);
  }
});

test("loop ends when its body says so", () => {
  const once = block((b) => {
    b.input("iteration", "i64", []);
    b.input("condition", "bool", []);
    const carried = b.input("carried", "f32", []);
    return [b.constant(flag(0)), b.one(add, {}, [carried, carried])];
  });
  expect(
    values(loop.reference([trips(2 ** 53), flag(1), scalar(2)], { body: once, numCarried: 1 })[0]),
  ).toEqual([4]);
});

test("loop's type: carried sizes stay where the body keeps them", () => {
  const inputs = types([trips(4), flag(1), scalar(2), scalar(3)]);
  expect(loop.infer(inputs, growth, [])).toEqual([
    { dtype: "f32", shape: [] },
    { dtype: "f32", shape: ["?trips"] },
  ]);
  expect(() => loop.infer(inputs.slice(0, 3), growth, [])).toThrow("body takes 4 inputs; expected 3.");
  const wrong = [...inputs.slice(0, 2), { dtype: "i32", shape: [] } as const, inputs[3]!];
  expect(() => loop.infer(wrong, growth, [])).toThrow(
    "carried value 0 starts as i32[] and becomes f32[]; expected one dtype and rank.",
  );
});

function forever(scanOutput: Tensor): Block {
  return block((b) => {
    b.input("iteration", "i64", []);
    const condition = b.input("condition", "bool", []);
    return [condition, b.constant(scanOutput)];
  });
}

test("loop stops at 1 GiB of scans, and when it never ends", () => {
  const large = { body: forever(Tensor.zeros("u8", [2 ** 26])), numCarried: 0 };
  expect(() => loop.reference([trips(2 ** 53), flag(1)], large)).toThrow(
    "scan outputs of more than 1073741824 bytes; expected fewer iterations.",
  );
  const endless = { body: forever(Tensor.zeros("u8", [0])), numCarried: 0 };
  expect(() => loop.reference([trips(2 ** 53), flag(1)], endless)).toThrow(
    "more than 1048576 iterations; expected a loop that ends.",
  );
});

const summing = block((b) => {
  const [state, x] = [b.input("state", "f32", [2]), b.input("x", "f32", [2])];
  const sum = b.one(add, {}, [state, x]);
  return [sum, b.one(identity, {}, [sum])];
});
const running = {
  body: summing,
  numStates: 1,
  numScanInputs: 1,
  scanInputAxes: [0],
  scanInputDirections: [0],
  scanOutputAxes: [0],
  scanOutputDirections: [0],
};
const start = Tensor.from("f32", [2], [0, 0]);

test("scan, as ONNX's own example", () => {
  const [end, sums] = scan.reference([start, Tensor.from("f32", [3, 2], [1, 2, 3, 4, 5, 6])], running);
  expect(values(end)).toEqual([9, 12]);
  expect(values(sums)).toEqual([1, 2, 4, 6, 9, 12]);
});

test("scan along another axis, backward, stacked backward along the last axis", () => {
  const attrs = {
    ...running,
    scanInputAxes: [-1],
    scanInputDirections: [1],
    scanOutputAxes: [-1],
    scanOutputDirections: [1],
  };
  const inputs = [start, Tensor.from("f32", [2, 3], [1, 3, 5, 2, 4, 6])];
  const [end, sums] = scan.reference(inputs, attrs);
  expect(values(end)).toEqual([9, 12]);
  expect(sums!.shape).toEqual([2, 3]);
  expect(values(sums)).toEqual([9, 8, 5, 12, 10, 6]);
  expect(scan.infer(types(inputs), attrs, [])).toEqual(types([end!, sums!]));
});

test("scan inputs of different lengths", () => {
  const two = block((b) => [b.one(add, {}, [b.input("x", "f32", [2]), b.input("y", "f32", [2])])]);
  const attrs = {
    body: two,
    numStates: 0,
    numScanInputs: 2,
    scanInputAxes: [0, 0],
    scanInputDirections: [0, 0],
    scanOutputAxes: [0],
    scanOutputDirections: [0],
  };
  const f32 = (shape: readonly number[]) => ({ dtype: "f32" as const, shape });
  expect(() => scan.infer([f32([3, 2]), f32([4, 2])], attrs, [])).toThrow(
    "scan inputs of lengths 3 and 4; expected one length.",
  );
  expect(() => scan.infer([f32([3, 2]), f32([3, 2])], { ...attrs, scanInputAxes: [0] }, [])).toThrow(
    "scanInputAxes of 1 numbers; expected 2.",
  );
});
