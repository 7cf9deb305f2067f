import { ConvertError, evaluateBlock, type Tensor } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { readProgram } from "./reader.ts";
import { descOf, oneOp, type TestOp, tensor } from "./testing/program.ts";

const run = (program: Parameters<typeof evaluateBlock>[0], x: Tensor): readonly number[] =>
  Array.from(evaluateBlock(program, [x])[0]!.data, Number);

const unary = (type: string, attributes: TestOp["attributes"] = {}) => ({
  type,
  inputs: { X: ["x"] },
  output: "Out",
  attributes: attributes ?? {},
});

describe("traps of the operators", () => {
  test("hard_sigmoid has slope 0.2 unless told", () => {
    const program = oneOp(unary("hard_sigmoid"), [3]);
    expect(run(program, tensor([3], [-3, 0, 1]))).toEqual([0, 0.5, Math.fround(0.7)]);
  });

  test("dropout scales down in its older form only", () => {
    const x = tensor([2], [2, 4]);
    expect(run(oneOp(unary("dropout", { dropout_prob: 0.25 }), [2]), x)).toEqual([1.5, 3]);
    const newer = unary("dropout", { dropout_prob: 0.25, dropout_implementation: "upscale_in_train" });
    expect(run(oneOp(newer, [2]), x)).toEqual([2, 4]);
  });

  test("lrn's alpha is not divided by the size of its window", () => {
    const program = oneOp(unary("lrn", { n: 1, k: 1, alpha: 3, beta: 1 }), [1, 2, 1, 1]);
    expect(run(program, tensor([1, 2, 1, 1], [1, 2]))).toEqual([0.25, Math.fround(2 / 13)]);
  });

  test("elementwise operators lay the second input at `axis`", () => {
    const op = { ...unary("elementwise_add", { axis: 1 }), inputs: { X: ["x"], Y: ["b"] } };
    const program = oneOp(op, [1, 2, 1, 2], { b: tensor([2], [10, 20]) });
    expect(run(program, tensor([1, 2, 1, 2], [1, 2, 3, 4]))).toEqual([11, 12, 23, 24]);
  });

  test("SAME padding takes no dilation", () => {
    const op = {
      type: "conv2d",
      inputs: { Input: ["x"], Filter: ["w"] },
      output: "Output",
      attributes: {
        strides: [1, 1],
        paddings: [0, 0],
        dilations: [2, 2],
        padding_algorithm: "SAME",
        groups: 1,
      },
    };
    const program = oneOp(op, [1, 1, 1, 3], { w: tensor([1, 1, 1, 3], [1, 1, 1]) });
    expect(run(program, tensor([1, 1, 1, 3], [1, 2, 3]))).toEqual([3, 6, 5]);
  });

  test("a pooling window larger than its axis by less than a stride gives one element", () => {
    const op = unary("pool2d", { pooling_type: "avg", ksize: [1, 2], strides: [1, 2], paddings: [0, 0] });
    expect(run(oneOp(op, [1, 1, 1, 1]), tensor([1, 1, 1, 1], [5]))).toEqual([5]);
  });

  test("adaptive pooling spreads bins over what they do not divide", () => {
    const op = unary("pool2d", {
      pooling_type: "avg",
      adaptive: true,
      ksize: [1, 2],
      strides: [1, 1],
      paddings: [0, 0],
    });
    expect(run(oneOp(op, [1, 1, 1, 3]), tensor([1, 1, 1, 3], [1, 2, 3]))).toEqual([1.5, 2.5]);
  });

  test("slice drops axes after cutting", () => {
    const op = {
      ...unary("slice", { axes: [0], starts: [-1], ends: [10], decrease_axis: [0] }),
      inputs: { Input: ["x"] },
    };
    const program = oneOp(op, [2, 2]);
    expect(evaluateBlock(program, [tensor([2, 2], [1, 2, 3, 4])])[0]!.shape).toEqual([2]);
  });
});

describe("programs", () => {
  const relu: TestOp = { type: "relu", inputs: { X: ["x"] }, outputs: { Out: ["x"] } };
  const double: TestOp = {
    type: "scale",
    inputs: { X: ["x"] },
    outputs: { Out: ["x"] },
    attributes: { scale: 2 },
  };

  test("a variable may be written again", () => {
    const program = readProgram(descOf([relu, double], { x: [2] }, ["x"]), new Map());
    expect(run(program, tensor([2], [-1, 3]))).toEqual([0, 6]);
  });

  test("open dimensions are symbols, and may be given", () => {
    const desc = descOf([relu], { x: [-1, 3] }, ["x"]);
    expect(readProgram(desc, new Map()).inputs[0]!.type.shape).toEqual(["x_0", 3]);
    expect(readProgram(desc, new Map(), { inputShapes: { x: [4, 3] } }).inputs[0]!.type.shape).toEqual([
      4, 3,
    ]);
  });

  test("all unsupported operators are named at once", () => {
    const desc = descOf(
      [
        { ...relu, type: "zebra" },
        { ...relu, type: "aardvark" },
      ],
      { x: [2] },
      ["x"],
    );
    expect(() => readProgram(desc, new Map())).toThrow(
      new ConvertError("paddle: 2 operators are not supported: aardvark, zebra."),
    );
  });

  test("an input that nothing makes is named with its slot", () => {
    const desc = descOf([{ ...relu, inputs: { X: ["ghost"] } }], { x: [2] }, ["x"]);
    expect(() => readProgram(desc, new Map())).toThrow('X "ghost" that nothing makes');
  });
});
