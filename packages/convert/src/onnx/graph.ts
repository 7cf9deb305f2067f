import { ConvertError, type TensorType, type Value } from "@coracle/core";
import { Attributes } from "./attributes.ts";
import { BlockWriter } from "./block-writer.ts";
import { OnnxContext, type Subgraph, type SubgraphReader } from "./context.ts";
import type { ExternalData } from "./external.ts";
import type { OperatorTable } from "./operators.ts";
import type { AttributeProto, FunctionProto, GraphProto, NodeProto } from "./proto.ts";
import { Scope } from "./scope.ts";
import {
  type Functions,
  functionOf,
  maxNodes,
  normalDomain,
  type Opsets,
  opsetsOf,
  tooManyNodes,
} from "./support.ts";
import { readSparseTensor, readTensor } from "./tensor.ts";
import { maxGraphDepth, nodeLabel, sortNodes } from "./topology.ts";

export interface GraphReaderOptions {
  readonly functions: Functions;
  readonly operators: OperatorTable;
  readonly external: ExternalData;
  readonly opsets: Opsets;
  /** Nodes converted so far, over all graphs and calls: functions that call each other can grow without bound. */
  readonly converted: { count: number };
  /** Attributes of the call, where this reads a function's body. */
  readonly call?: { readonly attributes: Attributes; readonly prefix: string };
  readonly depth?: number;
}

/** Nodes of a graph or function body -> nodes of a block, in one operator set and one call. */
export class GraphReader implements SubgraphReader {
  readonly #options: GraphReaderOptions;
  readonly #depth: number;

  constructor(options: GraphReaderOptions) {
    this.#options = options;
    this.#depth = options.depth ?? 0;
    if (this.#depth > maxGraphDepth) {
      throw new ConvertError(
        `onnx: functions or graphs nested over ${maxGraphDepth} deep; expected fewer, and no recursion.`,
      );
    }
  }

  initializers(graph: GraphProto, scope: Scope): void {
    const { external } = this.#options;
    for (const proto of graph.initializer) this.#initializer(proto.name, readTensor(proto, external), scope);
    for (const proto of graph.sparseInitializer) {
      this.#initializer(proto.values?.name ?? "", readSparseTensor(proto, external), scope);
    }
  }

  #initializer(name: string, tensor: ReturnType<typeof readTensor>, scope: Scope): void {
    if (scope.has(name))
      throw new ConvertError(`onnx: two initializers named "${name}"; expected unique names.`);
    scope.set(name, scope.writer.constant(tensor, name));
  }

  /** The values of the graph's outputs. Initializers and inputs are in the scope already. */
  body(graph: GraphProto, scope: Scope): readonly Value[] {
    this.#nodes(graph.node, scope);
    return graph.output.map(({ name }) => {
      const value = scope.get(name);
      if (value) return value;
      throw new ConvertError(
        `onnx: output "${name}" is made by nothing; expected a node, an input or an initializer.`,
      );
    });
  }

  read(graph: GraphProto, outer: Scope, inputTypes: readonly TensorType[]): Subgraph {
    const scope = new Scope(new BlockWriter(), outer);
    const inner = this.#deeper();
    inner.initializers(graph, scope);
    checkInputs(graph, inputTypes.length);
    graph.input.forEach(({ name }, i) => {
      if (scope.has(name)) throw new ConvertError(`onnx: two inputs named "${name}"; expected unique names.`);
      scope.set(name, scope.writer.input(name, inputTypes[i]!));
    });
    return { scope, outputs: inner.body(graph, scope) };
  }

  inline(graph: GraphProto, outer: Scope, inputs: readonly Value[] = []): readonly Value[] {
    const scope = new Scope(outer.writer, outer);
    const inner = this.#deeper();
    inner.initializers(graph, scope);
    checkInputs(graph, inputs.length);
    graph.input.forEach(({ name }, i) => {
      scope.set(name, inputs[i]!);
    });
    return inner.body(graph, scope);
  }

  #deeper(): GraphReader {
    return new GraphReader({ ...this.#options, depth: this.#depth + 1 });
  }

  #nodes(nodes: readonly NodeProto[], scope: Scope): void {
    for (const node of sortNodes(nodes)) {
      for (const name of node.output) {
        if (name === "" || !scope.has(name)) continue;
        throw new ConvertError(
          `onnx: ${nodeLabel(node)} makes "${name}", which an input or initializer is; expected unique names.`,
        );
      }
      const start = scope.writer.nodes.length;
      const results = this.#convert(node, scope);
      const prefix = this.#options.call?.prefix ?? "";
      const wanted = node.output.map((name) => (name === "" ? "" : `${prefix}${name}`));
      const named = scope.writer.rename(results, wanted, start);
      node.output.forEach((name, i) => {
        if (name !== "" && named[i]) scope.set(name, named[i]);
      });
    }
  }

  #convert(node: NodeProto, scope: Scope): readonly Value[] {
    if (++this.#options.converted.count > maxNodes) throw tooManyNodes();
    const attributes = new Attributes(this.#resolve(node.attribute), this.#options.external, nodeLabel(node));
    const inputs = node.input.map((name) => (name === "" ? undefined : this.#lookup(name, node, scope)));
    const { operators, functions } = this.#options;
    const domain = normalDomain(node.domain);
    const given = operators.given(domain, node.opType);
    const called = given ? undefined : functionOf(node, functions);
    if (called) return this.#call(called, node, { attributes, inputs, scope });
    const operator = operators.find(domain, node.opType);
    if (!operator) throw new ConvertError(`onnx: 1 operator is not supported: ${nodeLabel(node)}.`);
    const context = new OnnxContext({
      opType: node.opType,
      name: this.#nodeName(node),
      opset: this.#options.opsets.get(domain) ?? 1,
      inputs,
      outputs: node.output,
      attributes,
      scope,
      subgraphs: this,
    });
    return operator(context);
  }

  #nodeName(node: NodeProto): string {
    const own = node.name || node.output.find((name) => name !== "") || node.opType;
    return `${this.#options.call?.prefix ?? ""}${own}`;
  }

  #lookup(name: string, node: NodeProto, scope: Scope): Value | undefined {
    const value = scope.get(name);
    if (value || scope.isAbsent(name)) return value;
    throw new ConvertError(
      `onnx: ${nodeLabel(node)}: input "${name}" is made by nothing; expected a node, an input or an initializer.`,
    );
  }

  /** Attributes of a function's node that refer to those of the call are replaced by them, or left out. */
  #resolve(attributes: readonly AttributeProto[]): readonly AttributeProto[] {
    const { call } = this.#options;
    if (!call) return attributes;
    return attributes.flatMap((attribute) => {
      if (!attribute.refAttrName) return [attribute];
      const given = call.attributes.get(attribute.refAttrName);
      return given ? [renamed(given, attribute.name)] : [];
    });
  }

  #call(proto: FunctionProto, node: NodeProto, call: Call): readonly Value[] {
    const scope = new Scope(call.scope.writer);
    proto.input.forEach((name, i) => {
      const value = call.inputs[i];
      if (value) scope.set(name, value);
      else scope.setAbsent(name);
    });
    const given = [...call.attributes.all];
    const names = new Set(given.map(({ name }) => name));
    const defaults = proto.attributeProto.filter(({ name }) => !names.has(name));
    const attributes = new Attributes([...given, ...defaults], this.#options.external, nodeLabel(node));
    const inner = new GraphReader({
      ...this.#options,
      opsets: opsetsOf(proto.opsetImport, this.#options.opsets),
      call: { attributes, prefix: `${this.#nodeName(node)}/` },
      depth: this.#depth + 1,
    });
    inner.#nodes(proto.node, scope);
    return proto.output.map((name) => {
      const value = scope.get(name);
      if (value) return value;
      throw new ConvertError(
        `onnx: function "${proto.name}": output "${name}" is made by nothing; expected a node or an input.`,
      );
    });
  }
}

interface Call {
  readonly attributes: Attributes;
  readonly inputs: readonly (Value | undefined)[];
  readonly scope: Scope;
}

function checkInputs(graph: GraphProto, expected: number): void {
  if (graph.input.length === expected) return;
  throw new ConvertError(
    `onnx: graph "${graph.name}" has ${graph.input.length} inputs; expected ${expected}.`,
  );
}

function renamed(attribute: AttributeProto, name: string): AttributeProto {
  return Object.assign(Object.create(Object.getPrototypeOf(attribute) as object), attribute, {
    name,
  }) as AttributeProto;
}
