import { type DType, evaluateBlock, type Program, type Shape, type Tensor, type Value } from "@coracle/core";
import { dataTypeOf } from "../onnx/data-type.ts";
import { encodeModel } from "../onnx/proto.ts";
import { fromOnnx, type OnnxOptions } from "../onnx/reader.ts";
import {
  type Attribute,
  attributeMessages,
  type Message,
  tensorMessage,
  valueInfo,
} from "../onnx-writer/messages.ts";

export interface TestNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: string;
  readonly name?: string;
}

export interface TestGraph {
  readonly nodes: readonly TestNode[];
  readonly inputs?: Readonly<Record<string, readonly [DType, Shape]>>;
  readonly outputs: readonly string[];
  readonly initializers?: Readonly<Record<string, Tensor>>;
}

export interface TestModel extends TestGraph {
  readonly opset?: number;
  readonly domains?: Readonly<Record<string, number>>;
  readonly functions?: readonly Message[];
}

export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): TestNode {
  return { op, inputs, outputs, attributes };
}

export function nodeMessage({ op, inputs, outputs, attributes = {}, domain = "", name }: TestNode): Message {
  return {
    opType: op,
    input: [...inputs],
    output: [...outputs],
    domain,
    name: name ?? "",
    attribute: attributeMessages(attributes),
  };
}

export function graphMessage({ nodes, inputs = {}, outputs, initializers = {} }: TestGraph): Message {
  return {
    name: "graph",
    node: nodes.map(nodeMessage),
    input: Object.entries(inputs).map(([name, [dtype, shape]]) => valueInfo(name, { dtype, shape })),
    output: outputs.map((name) => ({ name, type: { tensorType: { elemType: dataTypeOf("f32") } } })),
    initializer: Object.entries(initializers).map(([name, tensor]) => tensorMessage(tensor, name)),
  };
}

/** A model file built for a test. */
export function modelBytes({ opset = 21, domains = {}, functions = [], ...graph }: TestModel): Uint8Array {
  const others = Object.entries(domains).map(([domain, version]) => ({ domain, version }));
  return encodeModel({
    irVersion: 10,
    producerName: "test",
    opsetImport: [{ domain: "", version: opset }, ...others],
    graph: graphMessage(graph),
    functions: [...functions],
  });
}

export function read(model: TestModel, options: OnnxOptions = {}): Program {
  return fromOnnx(modelBytes(model), options);
}

/** The outputs of a test model, by reference, for feeds in the order of its inputs. */
export function evaluate(model: TestModel, feeds: readonly Tensor[] = []): readonly Tensor[] {
  return evaluateBlock(read(model), feeds);
}

export function opNames(program: {
  readonly nodes: readonly { readonly op: { readonly name: string } }[];
}): string[] {
  return program.nodes.map(({ op }) => op.name);
}

export const names = (values: readonly Value[]): string[] => values.map(({ name }) => name);
