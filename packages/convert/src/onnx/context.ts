import { ConvertError, type DType, type Op, Tensor, type TensorType, type Value } from "@coracle/core";
import type { Attributes } from "./attributes.ts";
import type { GraphProto } from "./proto.ts";
import type { Scope } from "./scope.ts";

/** Turns one node of the source into nodes of a program; the results stand for the node's outputs, in order. */
export type Convert = (context: OnnxContext) => readonly Value[];

/** Converts a subgraph into the scope of a new block, with its declared inputs of the given types. */
export interface SubgraphReader {
  read(graph: GraphProto, outer: Scope, inputTypes: readonly TensorType[]): Subgraph;
  /** Converts the subgraph's nodes into the enclosing block itself, over the given inputs. */
  inline(graph: GraphProto, outer: Scope, inputs?: readonly Value[]): readonly Value[];
}

export interface Subgraph {
  readonly scope: Scope;
  readonly outputs: readonly Value[];
}

export interface SourceNode {
  readonly opType: string;
  readonly name: string;
  /** Version of the operator set of the node's domain. */
  readonly opset: number;
  /** Undefined where an optional input is left out. */
  readonly inputs: readonly (Value | undefined)[];
  /** Empty where an optional output is not wanted. */
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
  readonly scope: Scope;
  readonly subgraphs: SubgraphReader;
}

/** What an operator's function sees of its node, and the means to add nodes in its place. */
export class OnnxContext {
  readonly attributes: Attributes;
  readonly opset: number;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly string[];
  readonly node: SourceNode;

  constructor(node: SourceNode) {
    this.node = node;
    this.attributes = node.attributes;
    this.opset = node.opset;
    this.inputs = node.inputs;
    this.outputs = node.outputs;
  }

  /** Throws ConvertError when absent. */
  input(index: number): Value {
    return this.inputs[index] ?? this.fail(`input ${index} is absent`, "it to be given");
  }

  optional(index: number): Value | undefined {
    return this.inputs[index];
  }

  /** Every input. Throws ConvertError when one is absent or there is none. */
  all(): readonly Value[] {
    if (this.inputs.length === 0) this.fail("0 inputs", "at least 1");
    return this.inputs.map((_, i) => this.input(i));
  }

  wants(output: number): boolean {
    return (this.outputs[output] ?? "") !== "";
  }

  emit<A>(op: Op<A>, attrs: A, inputs: readonly Value[]): Value {
    return this.emitAll(op, attrs, inputs)[0]!;
  }

  emitAll<A>(op: Op<A>, attrs: A, inputs: readonly Value[]): readonly Value[] {
    return this.node.scope.writer.node(op, attrs, inputs, this.node.name);
  }

  constant(tensor: Tensor): Value {
    return this.node.scope.writer.constant(tensor, `${this.node.name}.const`);
  }

  /** A 1-d i64 constant. */
  ints(values: readonly number[]): Value {
    return this.constant(Tensor.ints(values));
  }

  scalar(dtype: DType, value: number): Value {
    return this.constant(scalarTensor(dtype, value, []));
  }

  /** A required list of integers. Throws ConvertError when absent. */
  requiredInts(name: string): readonly number[] {
    return this.attributes.ints(name) ?? this.fail(`attribute ${name} is absent`, "it to be given");
  }

  requiredInt(name: string): number {
    if (!this.attributes.has(name)) this.fail(`attribute ${name} is absent`, "it to be given");
    return this.attributes.int(name, 0);
  }

  /** The same node with other inputs, for operators that are another one around something. */
  withInputs(inputs: readonly (Value | undefined)[]): OnnxContext {
    return new OnnxContext({ ...this.node, inputs });
  }

  fail(given: string, expected: string): never {
    throw new ConvertError(`onnx: ${this.node.opType} "${this.node.name}": ${given}; expected ${expected}.`);
  }
}

/** A tensor filled with one value, of any dtype including the 16-bit floats. */
export function scalarTensor(dtype: DType, value: number, shape: readonly number[]): Tensor {
  const count = shape.reduce((product, dim) => product * dim, 1);
  return Tensor.from(dtype, shape, new Array<number>(count).fill(storedNumber(dtype, value)));
}

function storedNumber(dtype: DType, value: number): number {
  if (dtype === "bf16") {
    const bits = new Uint32Array(new Float32Array([value]).buffer)[0]!;
    if (Number.isNaN(value)) return 0x7fc0;
    return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
  }
  return dtype === "f16" ? halfBits(value) : value;
}

/** The nearest binary16, ties to even. */
export function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude || 1e-10)));
  const unit = 2 ** (exponent - 10);
  const scaled = magnitude / unit;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const mantissa = floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0);
  if (mantissa < 1024) return sign | mantissa;
  return sign | (((exponent + 15) << 10) + (mantissa - 1024));
}
