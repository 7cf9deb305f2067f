import { ConvertError, type DType, type Op, Tensor, type Value } from "@coracle/core";
import type { BlockWriter } from "../onnx/block-writer.ts";
import { scalarTensor } from "../onnx/context.ts";
import type { AttributeValue, OpDesc } from "./desc.ts";

/** What an operator's function gives for its output slots. */
export type Results = Readonly<Record<string, Value | readonly Value[]>>;

/** Turns one operator of the source into nodes of a program. */
export type Convert = (context: PaddleContext) => Results;

export type Lookup = (name: string) => Value | undefined;

/** What an operator's function sees of it, and the means to add nodes in its place. */
export class PaddleContext {
  readonly op: OpDesc;
  readonly name: string;
  readonly #writer: BlockWriter;
  readonly #lookup: Lookup;

  constructor(op: OpDesc, name: string, writer: BlockWriter, lookup: Lookup) {
    this.op = op;
    this.name = name;
    this.#writer = writer;
    this.#lookup = lookup;
  }

  /** The values of a slot; empty when it is left out. Throws ConvertError for a variable that nothing made. */
  list(slot: string): readonly Value[] {
    const names = this.op.inputs.get(slot) ?? [];
    return names.map(
      (name) =>
        this.#lookup(name) ?? this.fail(`${slot} "${name}" that nothing makes`, "an earlier variable"),
    );
  }

  /** Throws ConvertError when absent. */
  input(slot: string): Value {
    return this.optional(slot) ?? this.fail(`no ${slot}`, "it to be given");
  }

  optional(slot: string): Value | undefined {
    return this.list(slot)[0];
  }

  wants(slot: string): boolean {
    return (this.op.outputs.get(slot) ?? []).some((name) => name !== "");
  }

  numOutputs(slot: string): number {
    return this.op.outputs.get(slot)?.length ?? 0;
  }

  has(name: string): boolean {
    return this.op.attributes.has(name);
  }

  int(name: string, otherwise: number): number {
    return this.#attribute(name, otherwise, "a number", isNumber);
  }

  float(name: string, otherwise: number): number {
    return this.#attribute(name, otherwise, "a number", isNumber);
  }

  /** Old files write numbers for truth values. */
  bool(name: string, otherwise: boolean): boolean {
    const value = this.op.attributes.get(name);
    return isNumber(value) ? value !== 0 : this.#attribute(name, otherwise, "a truth value", isBoolean);
  }

  string(name: string, otherwise: string): string {
    return this.#attribute(name, otherwise, "a string", isString);
  }

  ints(name: string): readonly number[] | undefined {
    const value = this.op.attributes.get(name);
    if (value === undefined) return undefined;
    if (isNumber(value)) return [value];
    return this.#attribute<readonly number[]>(name, [], "numbers", isNumbers);
  }

  floats(name: string): readonly number[] | undefined {
    return this.ints(name);
  }

  /** The same operator with some attributes under other names: wanted name -> its own. */
  withRenamed(names: Readonly<Record<string, string>>): PaddleContext {
    const renamed = Object.entries(names).flatMap(([wanted, own]) => {
      const value = this.op.attributes.get(own);
      return value === undefined ? [] : [[wanted, value] as const];
    });
    const attributes = new Map([...this.op.attributes, ...renamed]);
    return new PaddleContext({ ...this.op, attributes }, this.name, this.#writer, this.#lookup);
  }

  emit<A>(op: Op<A>, attrs: A, inputs: readonly Value[]): Value {
    return this.emitAll(op, attrs, inputs)[0]!;
  }

  emitAll<A>(op: Op<A>, attrs: A, inputs: readonly Value[]): readonly Value[] {
    return this.#writer.node(op, attrs, inputs, this.name);
  }

  constant(tensor: Tensor): Value {
    return this.#writer.constant(tensor, `${this.name}.const`);
  }

  /** A 1-d i64 constant. */
  indices(values: readonly number[]): Value {
    return this.constant(Tensor.ints(values));
  }

  /** A 1-d f32 constant. */
  constantFloats(values: readonly number[]): Value {
    return this.constant(Tensor.from("f32", [values.length], Float32Array.from(values)));
  }

  scalar(dtype: DType, value: number): Value {
    return this.constant(scalarTensor(dtype, value, []));
  }

  scalarLike(like: Value, value: number): Value {
    return this.scalar(like.type.dtype, value);
  }

  fail(given: string, expected: string): never {
    throw new ConvertError(`paddle: ${this.op.type} "${this.name}": ${given}; expected ${expected}.`);
  }

  #attribute<T extends AttributeValue>(
    name: string,
    otherwise: T,
    expected: string,
    is: (value: unknown) => value is T,
  ): T {
    const value = this.op.attributes.get(name);
    if (value === undefined) return otherwise;
    return is(value) ? value : this.fail(`attribute ${name} of another kind`, expected);
  }
}

const isNumber = (value: unknown): value is number => typeof value === "number";
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isString = (value: unknown): value is string => typeof value === "string";
const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every(isNumber);
