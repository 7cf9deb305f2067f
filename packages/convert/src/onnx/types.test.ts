import { ConvertError, evaluateBlock, formatType, type Program, Tensor } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { graph, int, ints, type Message, text } from "../onnx-writer/messages.ts";
import { toOnnx } from "../onnx-writer/to-onnx.ts";
import {
  evaluate,
  graphMessage,
  node,
  nodeMessage,
  opNames,
  read,
  type TestModel,
} from "../testing/model.ts";
import { encodeModel } from "./proto.ts";
import { fromOnnx } from "./reader.ts";

const f32 = (...values: readonly number[]): Tensor => Tensor.from("f32", [values.length], values);
const tensorType = (elemType: number, ...dims: readonly Message[]): Message => ({
  tensorType: { elemType, shape: { dim: dims } },
});

/** A model of one node whose input has this type. */
function typed(type: Message, op = "Identity"): Uint8Array {
  return encodeModel({
    irVersion: 10,
    opsetImport: [{ domain: "", version: 21 }],
    graph: {
      name: "graph",
      node: [nodeMessage(node(op, ["x"], ["y"]))],
      input: [{ name: "x", type }],
      output: [{ name: "y" }],
    },
  });
}

function nested(depth: number): Message {
  return depth === 0 ? tensorType(1) : { sequenceType: { elemType: nested(depth - 1) } };
}

describe("types of inputs", () => {
  test.each([
    [{ sequenceType: { elemType: tensorType(1, { dimParam: "n" }, { dimValue: 3 }) } }, "sequence<f32[n,3]>"],
    [{ sequenceType: { elemType: { tensorType: { elemType: 8 } } } }, "sequence<string>"],
    [
      { optionalType: { elemType: { sequenceType: { elemType: tensorType(7) } } } },
      "optional<sequence<i64[]>>",
    ],
    [tensorType(22, { dimValue: 5 }), "i4[5]"],
    [tensorType(8, { dimValue: 5 }), "string[5]"],
  ])("%j", (type, expected) => {
    const program = fromOnnx(typed(type));
    expect(formatType(program.inputs[0]!.type)).toBe(expected);
    expect(formatType(fromOnnx(toOnnx(program)).inputs[0]!.type)).toBe(expected);
  });

  test.each([
    ["a map", { mapType: {} }, 'input "x" is a map; expected a tensor, sequence or optional.'],
    [
      "a sequence of maps",
      { sequenceType: { elemType: { mapType: {} } } },
      'input "x" is a map; expected a tensor, sequence or optional.',
    ],
    [
      "a sequence of nothing",
      { sequenceType: {} },
      'input "x" is of no type; expected a tensor, sequence or optional.',
    ],
    ["sequences too deep", nested(12), 'input "x" nests over 8 types; expected fewer.'],
    ["nothing", {}, 'input "x" is no tensor; expected a tensor, sequence or optional.'],
    [
      "complex numbers",
      { sequenceType: { elemType: tensorType(14) } },
      'input "x" has data type complex64; expected one of',
    ],
  ])("%s: refused", (_, type, message) => {
    expect(() => fromOnnx(typed(type))).toThrow(ConvertError);
    expect(() => fromOnnx(typed(type))).toThrow(message);
  });

  test("an operator of numbers names what it was given", () => {
    expect(() => fromOnnx(typed({ sequenceType: { elemType: tensorType(1) } }, "Relu"))).toThrow(
      'relu "y": input 0 is sequence<f32[]>; expected a tensor of numbers.',
    );
    expect(() => fromOnnx(typed(tensorType(8), "Relu"))).toThrow(
      "input 0 is string[]; expected a tensor of numbers.",
    );
  });
});

const x = { x: ["f32", [2, 3]] as const };

test("an item of a known list of tensors of any ranks is that tensor", () => {
  const model: TestModel = {
    nodes: [
      node("Flatten", ["x"], ["wide"]),
      node("ReduceSum", ["x"], ["sum"], { keepdims: int(0) }),
      node("SequenceConstruct", ["wide", "sum"], ["list"]),
      node("SequenceAt", ["list", "last"], ["y"]),
    ],
    inputs: x,
    outputs: ["y"],
    initializers: { last: Tensor.scalar("i64", -1) },
  };
  const [y] = evaluate(model, [Tensor.from("f32", [2, 3], [1, 2, 3, 4, 5, 6])]);
  expect([...y!.data]).toEqual([21]);
});

test("a loop may fill an empty sequence and its items are joined", () => {
  const body = graphMessage({
    nodes: [
      node("Identity", ["going"], ["still"]),
      node("Cast", ["trip"], ["number"], { to: int(1) }),
      node("Add", ["x", "number"], ["row"]),
      node("SequenceInsert", ["list", "row"], ["longer"]),
    ],
    inputs: { trip: ["i64", []], going: ["bool", []], list: ["f32", []] },
    outputs: ["still", "longer"],
  });
  const model: TestModel = {
    nodes: [
      node("SequenceEmpty", [], ["none"]),
      node("Loop", ["trips", "", "none"], ["rows"], { body: graph(body) }),
      node("ConcatFromSequence", ["rows"], ["y"], { axis: int(0) }),
    ],
    inputs: { x: ["f32", [2]] },
    outputs: ["y"],
    initializers: { trips: Tensor.scalar("i64", 3) },
  };
  expect([...evaluate(model, [f32(1, 2)])[0]!.data]).toEqual([1, 2, 2, 3, 3, 4]);
});

test("the first form of Scan has a batch in front", () => {
  const body = graphMessage({
    nodes: [node("Add", ["sum", "next"], ["total"]), node("Identity", ["total"], ["copy"])],
    inputs: { sum: ["f32", [2]], next: ["f32", [2]] },
    outputs: ["total", "copy"],
  });
  const model: TestModel = {
    opset: 8,
    nodes: [
      node("Scan", ["", "initial", "x"], ["y", "z"], {
        num_scan_inputs: int(1),
        directions: ints([1]),
        body: graph(body),
      }),
    ],
    inputs: { initial: ["f32", [2, 2]], x: ["f32", [2, 3, 2]] },
    outputs: ["y", "z"],
  };
  const [y, z] = evaluate(model, [
    Tensor.from("f32", [2, 2], [0, 0, 10, 10]),
    Tensor.from("f32", [2, 3, 2], [1, 2, 3, 4, 5, 6, 1, 1, 2, 2, 3, 3]),
  ]);
  expect([...y!.data]).toEqual([9, 12, 16, 16]);
  expect([...z!.data]).toEqual([5, 6, 8, 10, 9, 12, 13, 13, 15, 15, 16, 16]);
});

describe("narrow weights", () => {
  const weights = Tensor.fromPacked("u4", [3], Uint8Array.of(0x21, 0x03));
  const model: TestModel = {
    opset: 21,
    nodes: [node("DequantizeLinear", ["w", "scale"], ["y"])],
    outputs: ["y"],
    initializers: { w: weights, scale: Tensor.scalar("f32", 0.5) },
  };

  test("are read packed, from bytes and from a list", () => {
    expect([...evaluate(model, [])[0]!.data]).toEqual([0.5, 1, 1.5]);
    const listed: Message = { name: "w", dims: [3], dataType: 21, int32Data: [Uint8Array.of(0x21, 0x03)] };
    expect(constantsOf(withWeights(listed))).toEqual([[1, 2, 3]]);
  });

  test("of another length are refused", () => {
    const message: Message = { name: "w", dims: [3], dataType: 21, rawData: new Uint8Array(3) };
    expect(() => withWeights(message)).toThrow('tensor "w" holds 3 bytes; expected 2 for u4[3].');
  });

  function withWeights(initializer: Message): Program {
    const message = graphMessage({ nodes: [node("Identity", ["w"], ["y"])], outputs: ["y"] });
    return fromOnnx(encodeModel({ irVersion: 10, graph: { ...message, initializer: [initializer] } }));
  }

  const constantsOf = (program: Program): number[][] =>
    program.nodes.flatMap(({ inputs }) => inputs.map(({ data }) => Array.from(data!.data, Number)));
});

test("strings are read and put out", () => {
  const model: TestModel = {
    opset: 20,
    nodes: [node("StringSplit", ["x"], ["pieces", "count"], { delimiter: text("-"), maxsplit: int(1) })],
    inputs: { x: ["string", [2]] },
    outputs: ["pieces", "count"],
  };
  expect(opNames(read(model))).toEqual(["stringSplit"]);
  const [pieces] = evaluateBlock(read(model), [Tensor.from("string", [2], ["a-b-c", "d"])]);
  expect([...pieces!.strings]).toEqual(["a", "b-c", "d", ""]);
});
