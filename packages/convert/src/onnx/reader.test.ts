import { ConvertError, formatShape, Tensor } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { graph, int, ints } from "../onnx-writer/messages.ts";
import {
  evaluate,
  graphMessage,
  modelBytes,
  names,
  node,
  nodeMessage,
  opNames,
  read,
  type TestModel,
} from "../testing/model.ts";
import { encodeModel } from "./proto.ts";
import { fromOnnx } from "./reader.ts";

const x = { x: ["f32", [2, 3]] as const };
const relu: TestModel = { nodes: [node("Relu", ["x"], ["y"])], inputs: x, outputs: ["y"] };

function failure(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(ConvertError);
    return (error as Error).message;
  }
  return "nothing thrown";
}

describe("names, types and meta", () => {
  test("values keep the file's names and symbols", () => {
    const program = read({ ...relu, inputs: { x: ["f32", ["batch", 3]] } });
    expect(names(program.inputs)).toEqual(["x"]);
    expect(names(program.outputs)).toEqual(["y"]);
    expect(formatShape(program.outputs[0]!.type.shape)).toBe("[batch,3]");
    expect(program.meta).toMatchObject({ format: "onnx", opset: "21", producer: "test" });
  });

  test("an output that is an input gets a node of its own", () => {
    const program = read({ nodes: [node("Identity", ["x"], ["y"])], inputs: x, outputs: ["y"] });
    expect(names(program.outputs)).toEqual(["y"]);
    expect(opNames(program)).toEqual(["identity"]);
  });

  test("inputShapes replace the file's", () => {
    const program = read({ ...relu, inputs: { x: ["f32", ["n", "c"]] } }, { inputShapes: { x: [4, 5] } });
    expect(formatShape(program.outputs[0]!.type.shape)).toBe("[4,5]");
  });

  test("initializers listed as inputs are constants", () => {
    const model: TestModel = {
      nodes: [node("Add", ["x", "w"], ["y"])],
      inputs: { ...x, w: ["f32", [3]] },
      outputs: ["y"],
      initializers: { w: Tensor.from("f32", [3], [1, 2, 3]) },
    };
    expect(names(read(model).inputs)).toEqual(["x"]);
    const [y] = evaluate(model, [Tensor.zeros("f32", [2, 3])]);
    expect([...y!.data]).toEqual([1, 2, 3, 1, 2, 3]);
  });

  test("shape arithmetic of known shapes is computed", () => {
    const model: TestModel = {
      nodes: [
        node("Shape", ["x"], ["s"]),
        node("Gather", ["s", "i"], ["n"]),
        node("Concat", ["n", "m"], ["shape"], { axis: int(0) }),
        node("Reshape", ["x", "shape"], ["y"]),
      ],
      inputs: x,
      outputs: ["y"],
      initializers: { i: Tensor.ints([1]), m: Tensor.ints([-1]) },
    };
    expect(opNames(read(model))).toEqual(["reshape"]);
    expect(formatShape(read(model).outputs[0]!.type.shape)).toBe("[3,2]");
  });
});

describe("order", () => {
  test("unsorted nodes are sorted", () => {
    const nodes = [node("Neg", ["b"], ["y"]), node("Abs", ["x"], ["b"])];
    expect(opNames(read({ nodes, inputs: x, outputs: ["y"] }))).toEqual(["abs", "neg"]);
  });

  test("a cycle is an error", () => {
    const nodes = [node("Add", ["x", "b"], ["a"]), node("Neg", ["a"], ["b"])];
    expect(failure(() => read({ nodes, inputs: x, outputs: ["b"] }))).toMatchInlineSnapshot(
      `"onnx: Add "a" reads its own result through a cycle; expected none."`,
    );
  });
});

describe("unsupported operators", () => {
  test("are listed all at once, with counts and names", () => {
    const nodes = [
      { ...node("Foo", ["x"], ["a"]), name: "n1" },
      { ...node("Foo", ["a"], ["b"]), name: "n2" },
      { ...node("Bar", ["b"], ["y"]), domain: "com.example", name: "n3" },
    ];
    const model = { nodes, inputs: x, outputs: ["y"], opset: 13, domains: { "com.example": 2 } };
    expect(failure(() => read(model))).toMatchInlineSnapshot(
      `"onnx: 2 operators are not supported: Foo (2, opset 13: "n1", "n2"), com.example.Bar (1, opset 2: "n3"). Give each a meaning by the option operators, or export the model with operators of the standard in their place."`,
    );
  });

  test("inside subgraphs and functions too", () => {
    const branch = graphMessage({ nodes: [node("Deep", ["x"], ["d"])], outputs: ["d"] });
    const nodes = [node("If", ["c"], ["y"], { then_branch: graph(branch), else_branch: graph(branch) })];
    const model: TestModel = { nodes, inputs: { ...x, c: ["bool", []] }, outputs: ["y"] };
    expect(failure(() => read(model))).toContain("1 operator is not supported: Deep (2, opset 21");
  });
});

describe("hostile and malformed models", () => {
  const cases: readonly (readonly [string, () => unknown, string])[] = [
    ["two nodes make one value", () => read({ ...relu, nodes: [...relu.nodes, ...relu.nodes] }), 'makes "y"'],
    [
      "a node makes an input",
      () =>
        read({ ...relu, nodes: [node("Relu", ["z"], ["x"])], initializers: { z: Tensor.zeros("f32", [1]) } }),
      'makes "x"',
    ],
    [
      "an input from nowhere",
      () => read({ ...relu, nodes: [node("Relu", ["z"], ["y"])] }),
      '"z" is made by nothing',
    ],
    ["an output from nowhere", () => read({ ...relu, outputs: ["z"] }), 'output "z" is made by nothing'],
    ["no outputs", () => read({ ...relu, outputs: [] }), "0 outputs"],
    ["no graph", () => fromOnnx(encodeModel({ irVersion: 8 })), "holds no graph"],
    ["bytes of nothing", () => fromOnnx(new Uint8Array([255, 255, 255, 255])), "malformed"],
  ];

  test.each(cases)("%s", (_, act, text) => {
    expect(failure(act)).toContain(text);
  });

  test("data that is shorter than its dimensions say", () => {
    const initializer = { name: "w", dims: [1 << 30, 1 << 10], dataType: 1, rawData: new Uint8Array(8) };
    const model = encodeModel({
      irVersion: 8,
      opsetImport: [{ version: 13 }],
      graph: { ...graphMessage(relu), initializer: [initializer] },
    });
    expect(failure(() => fromOnnx(model))).toMatchInlineSnapshot(
      `"onnx: tensor "w" holds 8 bytes; expected 4398046511104 for f32[1073741824,1024]."`,
    );
  });

  test.each([[[-1]], [[2 ** 40, 2 ** 40]], [new Array(100).fill(1)]])("dimensions %j", (dims) => {
    const initializer = { name: "w", dims, dataType: 1, rawData: new Uint8Array(4) };
    const model = encodeModel({ irVersion: 8, graph: { ...graphMessage(relu), initializer: [initializer] } });
    expect(failure(() => fromOnnx(model))).toContain("dimensions");
  });

  test("complex numbers are no dtype", () => {
    const initializer = { name: "w", dims: [1], dataType: 14 };
    const model = encodeModel({ irVersion: 8, graph: { ...graphMessage(relu), initializer: [initializer] } });
    expect(failure(() => fromOnnx(model))).toContain("data type complex64");
  });

  test("external data without a folder", () => {
    const initializer = {
      name: "w",
      dims: [1],
      dataType: 1,
      dataLocation: 1,
      externalData: [{ key: "location", value: "w.bin" }],
    };
    const model = encodeModel({ irVersion: 8, graph: { ...graphMessage(relu), initializer: [initializer] } });
    expect(failure(() => fromOnnx(model))).toContain("Load it by its path");
  });

  test("functions that call themselves", () => {
    const call = { ...node("Again", ["a"], ["b"]), domain: "local" };
    const body = {
      name: "Again",
      domain: "local",
      input: ["a"],
      output: ["b"],
      node: [nodeMessage(call)],
      opsetImport: [{ version: 21 }],
    };
    const model: TestModel = {
      nodes: [{ ...node("Again", ["x"], ["y"]), domain: "local" }],
      inputs: x,
      outputs: ["y"],
      domains: { local: 1 },
      functions: [body],
    };
    expect(failure(() => read(model))).toContain("no recursion");
  });

  test("functions that double at each level", () => {
    const functions = Array.from({ length: 28 }, (_, i) => {
      const inner = (from: string, to: string) =>
        nodeMessage(
          i === 0 ? node("Neg", [from], [to]) : { ...node(`F${i - 1}`, [from], [to]), domain: "local" },
        );
      return {
        name: `F${i}`,
        domain: "local",
        input: ["a"],
        output: ["c"],
        node: [inner("a", "b"), inner("b", "c")],
        opsetImport: [{ version: 21 }],
      };
    });
    const model: TestModel = {
      nodes: [{ ...node("F27", ["x"], ["y"]), domain: "local" }],
      inputs: x,
      outputs: ["y"],
      domains: { local: 1 },
      functions,
    };
    expect(failure(() => read(model))).toContain("nodes after its functions are expanded");
  });
});

describe("functions", () => {
  test("are inlined with their attributes and defaults", () => {
    const leaky = {
      ...nodeMessage(node("LeakyRelu", ["a"], ["b"])),
      attribute: [{ name: "alpha", refAttrName: "slope", type: 1 }],
    };
    const body = {
      name: "Act",
      domain: "local",
      input: ["a", "unused"],
      output: ["b"],
      attribute: ["slope"],
      node: [leaky],
      opsetImport: [{ version: 21 }],
    };
    const call = { ...node("Act", ["x"], ["y"], { slope: { type: 1, f: 0.5 } }), domain: "local" };
    const model: TestModel = {
      nodes: [call],
      inputs: x,
      outputs: ["y"],
      domains: { local: 1 },
      functions: [body],
    };
    const [y] = evaluate(model, [Tensor.from("f32", [2, 3], [-2, 2, -4, 4, 0, 1])]);
    expect([...y!.data]).toEqual([-1, 2, -2, 4, 0, 1]);
  });
});

test("modelBytes is what the reader takes", () => {
  expect(fromOnnx(modelBytes(relu)).nodes).toHaveLength(1);
  expect(ints([1, 2])).toEqual({ type: 7, ints: [1, 2] });
});
