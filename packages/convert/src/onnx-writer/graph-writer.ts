import { type Block, type DType, type Node, type Op, Tensor, type Value } from "@coracle/core";
import { scalarTensor } from "../onnx/context.ts";
import { Names } from "../onnx/names.ts";
import { type Attributes, attributeMessages, type Message, tensorMessage, valueInfo } from "./messages.ts";

/** What a writer of one op sees: its node, and the means to add ONNX nodes that make its outputs. */
export interface NodeWriter {
  readonly graph: GraphWriter;
  readonly node: Node;
  /** Names of the inputs. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Adds the ONNX nodes of one node. */
export type WriteNode = (writer: NodeWriter) => void;

/** Collects the messages of one graph. Names are unique over the model: ONNX graphs may not shadow. */
export class GraphWriter {
  readonly nodes: Message[] = [];
  readonly initializers: Message[] = [];
  readonly writers: ReadonlyMap<Op, WriteNode>;
  /** Operators of other domains than ONNX's own, in this graph and those around and inside it. */
  readonly foreign: Set<string>;
  readonly #names: Names;
  readonly #byValue: Map<Value, string>;

  constructor(
    writers: ReadonlyMap<Op, WriteNode>,
    names: Names = new Names(),
    byValue: Map<Value, string> = new Map(),
    foreign: Set<string> = new Set(),
  ) {
    this.writers = writers;
    this.foreign = foreign;
    this.#names = names;
    this.#byValue = byValue;
  }

  /** A graph inside this one, which can name its values. */
  nested(): GraphWriter {
    return new GraphWriter(this.writers, this.#names, new Map(this.#byValue), this.foreign);
  }

  declare(value: Value): string {
    const name = this.#names.claim(value.name);
    this.#byValue.set(value, name);
    return name;
  }

  /** Two values under one name: a block's input and what is passed to it. */
  bind(value: Value, name: string): void {
    this.#byValue.set(value, name);
  }

  /** The name of a value; a constant becomes an initializer the first time. */
  nameOf(value: Value): string {
    const known = this.#byValue.get(value);
    if (known !== undefined) return known;
    const name = this.declare(value);
    if (value.data) this.initializers.push(tensorMessage(value.data, name));
    return name;
  }

  fresh(wanted: string): string {
    return this.#names.claim(wanted);
  }

  constant(data: Tensor): string {
    const name = this.fresh("constant");
    this.initializers.push(tensorMessage(data, name));
    return name;
  }

  ints(values: readonly number[]): string {
    return this.constant(Tensor.ints(values));
  }

  scalar(dtype: DType, value: number): string {
    return this.constant(scalarTensor(dtype, value, []));
  }

  /** Adds a node of an operator, "com.microsoft.Inverse" with its domain; trailing empty inputs are dropped. */
  add(
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Attributes = {},
  ): void {
    const input = [...inputs];
    while (input.at(-1) === "") input.pop();
    const name = this.fresh(outputs[0] ?? opType);
    const dot = opType.lastIndexOf(".");
    const domain = opType.slice(0, Math.max(0, dot));
    if (domain !== "") this.foreign.add(opType);
    this.nodes.push({
      name,
      opType: opType.slice(dot + 1),
      domain,
      input,
      output: [...outputs],
      attribute: attributeMessages(attributes),
    });
  }

  /** Adds a node with one output of a fresh name, which it gives. */
  emit(opType: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const output = this.fresh(`${opType}.out`);
    this.add(opType, inputs, [output], attributes);
    return output;
  }

  message(name: string, inputs: readonly Message[], block: Block): Message {
    return {
      name,
      node: this.nodes,
      initializer: this.initializers,
      input: [...inputs],
      output: block.outputs.map((value) => valueInfo(this.nameOf(value), value.type)),
    };
  }
}
