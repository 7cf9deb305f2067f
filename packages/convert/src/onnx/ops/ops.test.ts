import { ConvertError, formatShape, numbers, Tensor } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { float, floats, graph, int, ints, tensor, text } from "../../onnx-writer/messages.ts";
import {
  evaluate,
  graphMessage,
  node,
  opNames,
  read,
  type TestModel,
  type TestNode,
} from "../../testing/model.ts";

const f32 = (shape: readonly number[], data: readonly number[]): Tensor => Tensor.from("f32", shape, data);
const upTo = (shape: readonly number[]): Tensor =>
  f32(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
  );

interface Run {
  readonly opset: number;
  readonly nodes: readonly TestNode[];
  readonly x: Tensor;
  readonly constants?: Readonly<Record<string, Tensor>>;
  readonly domains?: Readonly<Record<string, number>>;
}

function modelOf({ opset, nodes, x, constants = {}, domains = {} }: Run): TestModel {
  return {
    opset,
    nodes,
    domains,
    inputs: { x: [x.dtype, x.shape] },
    outputs: ["y"],
    initializers: constants,
  };
}

function run(options: Run): Tensor {
  return evaluate(modelOf(options), [options.x])[0]!;
}

const values = (tensor: Tensor): number[] =>
  Array.from(numbers(tensor), (value) => Math.round(value * 1e4) / 1e4);

describe("older operator sets", () => {
  test("Add-1 with an axis", () => {
    const nodes = [node("Add", ["x", "b"], ["y"], { broadcast: int(1), axis: int(1) })];
    const y = run({ opset: 6, nodes, x: upTo([1, 2, 2, 2]), constants: { b: f32([2], [10, 20]) } });
    expect(values(y)).toEqual([10, 11, 12, 13, 24, 25, 26, 27]);
  });

  test("Softmax before 13 flattens at the axis", () => {
    const y = run({ opset: 11, nodes: [node("Softmax", ["x"], ["y"])], x: Tensor.zeros("f32", [2, 2, 2]) });
    expect(y.shape).toEqual([2, 2, 2]);
    expect(values(y)).toEqual(new Array(8).fill(0.25));
  });

  test("Softmax from 13 works along the axis", () => {
    const y = run({ opset: 13, nodes: [node("Softmax", ["x"], ["y"])], x: Tensor.zeros("f32", [2, 2, 2]) });
    expect(values(y)).toEqual(new Array(8).fill(0.5));
  });

  test("Reshape-1 takes the shape as an attribute", () => {
    const y = run({
      opset: 1,
      nodes: [node("Reshape", ["x"], ["y"], { shape: ints([3, -1]) })],
      x: upTo([2, 3]),
    });
    expect(y.shape).toEqual([3, 2]);
  });

  test("Slice-1", () => {
    const attributes = { starts: ints([1]), ends: ints([2 ** 31]), axes: ints([1]) };
    const y = run({ opset: 9, nodes: [node("Slice", ["x"], ["y"], attributes)], x: upTo([2, 3]) });
    expect(values(y)).toEqual([1, 2, 4, 5]);
  });

  test("Clip-6", () => {
    const y = run({
      opset: 6,
      nodes: [node("Clip", ["x"], ["y"], { min: float(1), max: float(2) })],
      x: upTo([4]),
    });
    expect(values(y)).toEqual([1, 1, 2, 2]);
  });

  test.each([
    [1, "paddings"],
    [2, "pads"],
  ])("Pad-%i", (opset, name) => {
    const attributes = { [name]: ints([0, 1, 0, 1]), value: float(7) };
    const y = run({ opset, nodes: [node("Pad", ["x"], ["y"], attributes)], x: upTo([1, 2]) });
    expect(values(y)).toEqual([7, 0, 1, 7]);
  });

  test("Upsample-7 repeats pixels", () => {
    const y = run({
      opset: 7,
      nodes: [node("Upsample", ["x"], ["y"], { scales: floats([1, 1, 1, 2]) })],
      x: upTo([1, 1, 1, 2]),
    });
    expect(values(y)).toEqual([0, 0, 1, 1]);
  });

  test("Resize-10 is asymmetric", () => {
    const nodes = [node("Resize", ["x", "s"], ["y"], { mode: text("linear") })];
    const y = run({ opset: 10, nodes, x: upTo([1, 1, 1, 2]), constants: { s: f32([4], [1, 1, 1, 2]) } });
    expect(values(y)).toEqual([0, 0.5, 1, 1]);
  });

  test("BatchNormalization-7 per activation", () => {
    const nodes = [
      node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y"], { spatial: int(0), epsilon: float(0) }),
    ];
    const constants = { s: f32([2], [1, 2]), b: f32([2], [0, 1]), m: f32([2], [0, 1]), v: f32([2], [1, 4]) };
    expect(values(run({ opset: 7, nodes, x: f32([1, 2], [3, 5]), constants }))).toEqual([3, 5]);
  });

  test("Squeeze-1 and Unsqueeze-1", () => {
    const nodes = [
      node("Unsqueeze", ["x"], ["u"], { axes: ints([0, 3]) }),
      node("Squeeze", ["u"], ["y"], { axes: ints([0]) }),
    ];
    expect(run({ opset: 11, nodes, x: upTo([2, 3]) }).shape).toEqual([2, 3, 1]);
  });

  test("ReduceSum-11 takes the axes as an attribute", () => {
    const nodes = [node("ReduceSum", ["x"], ["y"], { axes: ints([1]), keepdims: int(0) })];
    expect(values(run({ opset: 11, nodes, x: upTo([2, 3]) }))).toEqual([3, 12]);
  });

  test("Split-2 takes the sizes as an attribute", () => {
    const nodes = [node("Split", ["x"], ["a", "y"], { axis: int(1), split: ints([1, 2]) })];
    expect(values(run({ opset: 11, nodes, x: upTo([1, 3]) }))).toEqual([1, 2]);
  });

  test("TopK-1 takes k as an attribute", () => {
    const nodes = [node("TopK", ["x"], ["y", "i"], { k: int(2) })];
    expect(values(run({ opset: 9, nodes, x: upTo([4]) }))).toEqual([3, 2]);
  });

  test("Cast-1 names its target", () => {
    const y = run({
      opset: 5,
      nodes: [node("Cast", ["x"], ["y"], { to: text("INT32") })],
      x: f32([2], [1.5, -2.5]),
    });
    expect([y.dtype, ...values(y)]).toEqual(["i32", 1, -2]);
  });

  test("Gemm with alpha and beta", () => {
    const attributes = { alpha: float(2), beta: float(3), transB: int(1) };
    const constants = { w: f32([1, 2], [1, 1]), c: f32([1], [10]) };
    const y = run({
      opset: 6,
      nodes: [node("Gemm", ["x", "w", "c"], ["y"], attributes)],
      x: f32([1, 2], [1, 2]),
      constants,
    });
    expect(values(y)).toEqual([36]);
  });

  test("PRelu-6 has one slope for each channel", () => {
    const y = run({
      opset: 6,
      nodes: [node("PRelu", ["x", "s"], ["y"])],
      x: f32([1, 2, 1, 1], [-1, -1]),
      constants: { s: f32([2], [2, 3]) },
    });
    expect(values(y)).toEqual([-2, -3]);
  });

  test("Tile-1 repeats one axis", () => {
    const constants = { n: Tensor.from("i64", [], [2]), a: Tensor.from("i64", [], [1]) };
    expect(
      run({ opset: 5, nodes: [node("Tile", ["x", "n", "a"], ["y"])], x: upTo([1, 2]), constants }).shape,
    ).toEqual([1, 4]);
  });

  test("GroupNormalization-18 has one scale for each group", () => {
    const nodes = [
      node("GroupNormalization", ["x", "s", "b"], ["y"], { num_groups: int(2), epsilon: float(0) }),
    ];
    const constants = { s: f32([2], [1, 2]), b: f32([2], [0, 1]) };
    const y = run({ opset: 18, nodes, x: f32([1, 4, 1, 1], [-1, 1, -1, 1]), constants });
    expect(values(y)).toEqual([-1, 1, -1, 3]);
  });

  test("Dropout is the identity, with a mask of ones", () => {
    const nodes = [node("Dropout", ["x"], ["d", "y"])];
    expect(values(run({ opset: 12, nodes, x: upTo([3]) }))).toEqual([1, 1, 1]);
  });
});

describe("constants", () => {
  test.each([
    ["value_int", { value_int: int(7) }, [7]],
    ["value_ints", { value_ints: ints([7, 8]) }, [7, 8]],
    ["value_floats", { value_floats: floats([0.5]) }, [0.5]],
    ["value", { value: tensor(f32([2], [1, 2])) }, [1, 2]],
  ])("%s", (_, attributes, expected) => {
    const nodes = [node("Constant", [], ["y"], attributes)];
    expect(values(run({ opset: 21, nodes, x: upTo([1]) }))).toEqual(expected);
  });

  test("strings are refused", () => {
    const nodes = [node("Constant", [], ["y"], { value_string: text("a") })];
    expect(() => read(modelOf({ opset: 21, nodes, x: upTo([1]) }))).toThrow(ConvertError);
  });
});

describe("control flow", () => {
  const branch = (op: string) =>
    graph(graphMessage({ nodes: [node(op, ["x"], [`${op}_y`])], outputs: [`${op}_y`] }));

  test("a constant condition leaves one branch", () => {
    const nodes = [node("If", ["c"], ["y"], { then_branch: branch("Neg"), else_branch: branch("Abs") })];
    const constants = { c: Tensor.from("bool", [], [1]) };
    expect(opNames(read(modelOf({ opset: 21, nodes, x: upTo([2]), constants })))).toEqual(["neg"]);
  });

  test("captures become inputs", () => {
    const nodes = [
      node("ReduceSum", ["x"], ["s"], { keepdims: int(0) }),
      node("Greater", ["s", "zero"], ["c"]),
      node("If", ["c"], ["y"], { then_branch: branch("Neg"), else_branch: branch("Abs") }),
    ];
    const options = { opset: 21, nodes, constants: { zero: f32([], [0]) } };
    expect(values(run({ ...options, x: f32([2], [1, 2]) }))).toEqual([-1, -2]);
    expect(values(run({ ...options, x: f32([2], [-1, -2]) }))).toEqual([1, 2]);
  });

  test("a loop whose carried value grows gets an open size", () => {
    const body = graphMessage({
      nodes: [node("Identity", ["c"], ["c_out"]), node("Concat", ["v", "x"], ["v_out"], { axis: int(0) })],
      inputs: { i: ["i64", []], c: ["bool", []], v: ["f32", [1]] },
      outputs: ["c_out", "v_out"],
    });
    const nodes = [node("Loop", ["n", "", "x"], ["y"], { body: graph(body) })];
    const options = { opset: 21, nodes, x: f32([1], [5]), constants: { n: Tensor.from("i64", [], [3]) } };
    expect(formatShape(read(modelOf(options)).outputs[0]!.type.shape)).not.toBe("[1]");
    expect(values(run(options))).toEqual([5, 5, 5, 5]);
  });
});

describe("com.microsoft", () => {
  const domains = { "com.microsoft": 1 };
  const ms = (op: string, inputs: readonly string[], attributes: TestNode["attributes"] = {}): TestNode[] => [
    { ...node(op, inputs, ["y"], attributes), domain: "com.microsoft" },
  ];

  test("FusedConv adds its fourth input before the activation", () => {
    const constants = { w: f32([1, 1, 1, 1], [2]), b: f32([1], [1]), z: f32([1, 1, 1, 2], [0, -10]) };
    const nodes = ms("FusedConv", ["x", "w", "b", "z"], { activation: text("Relu") });
    expect(values(run({ opset: 17, nodes, domains, x: f32([1, 1, 1, 2], [1, 2]), constants }))).toEqual([
      3, 0,
    ]);
  });

  test("FusedMatMul", () => {
    const nodes = ms("FusedMatMul", ["x", "w"], { transB: int(1), alpha: float(0.5) });
    const y = run({
      opset: 17,
      nodes,
      domains,
      x: f32([1, 2], [1, 2]),
      constants: { w: f32([1, 2], [3, 4]) },
    });
    expect(values(y)).toEqual([5.5]);
  });

  test("QuickGelu and BiasGelu", () => {
    expect(values(run({ opset: 17, nodes: ms("QuickGelu", ["x"]), domains, x: f32([1], [1]) }))).toEqual([
      0.8458,
    ]);
    const constants = { b: f32([1], [1]) };
    expect(
      values(run({ opset: 17, nodes: ms("BiasGelu", ["x", "b"]), domains, x: f32([1], [0]), constants })),
    ).toEqual([0.8413]);
  });

  test("QLinearAdd", () => {
    const constants = { s: f32([], [0.5]), z: Tensor.from("u8", [], [10]) };
    const nodes = ms("QLinearAdd", ["x", "s", "z", "x", "s", "z", "s", "z"]);
    const y = run({ opset: 17, nodes, domains, x: Tensor.from("u8", [2], [12, 200]), constants });
    expect([y.dtype, ...values(y)]).toEqual(["u8", 14, 255]);
  });

  test("SkipLayerNormalization", () => {
    const constants = { g: f32([2], [1, 1]), b: f32([2], [0, 1]) };
    const nodes = ms("SkipLayerNormalization", ["x", "x", "g", "b"]);
    expect(values(run({ opset: 17, nodes, domains, x: f32([1, 2], [-1, 1]), constants }))).toEqual([-1, 2]);
  });
});

test("a bad attribute names its node", () => {
  const nodes = [{ ...node("Conv", ["x", "w"], ["y"], { strides: ints([1]) }), name: "stem" }];
  const model = modelOf({ opset: 21, nodes, x: upTo([1, 1, 4, 4]), constants: { w: upTo([1, 1, 3, 3]) } });
  expect(() => read(model)).toThrow('onnx: Conv "stem": strides of 1 numbers; expected 2.');
});
