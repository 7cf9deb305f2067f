/**
 * What a conformance case is: one op, its attributes and how to make its inputs. Data only; knows no backend.
 */
import { type DType, isFloat, type Op, ops, Tensor } from "@coracle/core";
import { Random } from "./random.ts";

export type Fill =
  /** Floats in [low, high), integers in [low, high], bool 0 or 1. */
  | { readonly kind: "random"; readonly low: number; readonly high: number }
  /** Repeated until the shape is full. */
  | { readonly kind: "values"; readonly values: readonly number[] };

export interface InputSpec {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly fill: Fill;
  /** Part of the program (weights, shapes, axes) instead of fed. */
  readonly isConstant: boolean;
}

export interface OpCase<A = unknown> {
  readonly op: Op<A>;
  /** Unique among the op's cases. */
  readonly name: string;
  readonly attrs: A;
  readonly inputs: readonly InputSpec[];
}

export interface CaseEntry<A> {
  /** Default: the inputs' dtypes and shapes. */
  readonly name?: string;
  readonly attrs: A;
  readonly inputs: readonly InputSpec[];
}

/** Cases of one op. Names that would be equal get a number. */
export function cases<A>(op: Op<A>, entries: readonly CaseEntry<A>[]): readonly OpCase[] {
  const seen = new Map<string, number>();
  return entries.map(({ name, attrs, inputs }) => {
    const wanted = name ?? describeInputs(inputs);
    const count = (seen.get(wanted) ?? 0) + 1;
    seen.set(wanted, count);
    return { op: op as Op, name: count === 1 ? wanted : `${wanted} #${count}`, attrs, inputs };
  });
}

/** Same attributes for many lists of inputs. */
export function sweep<A>(attrs: A, inputs: readonly (readonly InputSpec[])[]): readonly CaseEntry<A>[] {
  return inputs.map((specs) => ({ attrs, inputs: specs }));
}

/** A fed input of random numbers. */
export function random(dtype: DType, shape: readonly number[], low = -2, high = 2): InputSpec {
  const isUnsigned = dtype.startsWith("u") || dtype === "bool";
  return {
    dtype,
    shape,
    fill: { kind: "random", low: isUnsigned ? Math.max(0, low) : low, high },
    isConstant: false,
  };
}

export function f32(shape: readonly number[], low = -2, high = 2): InputSpec {
  return random("f32", shape, low, high);
}

/** A fed input of these values, repeated until the shape is full. */
export function given(dtype: DType, shape: readonly number[], values: readonly number[]): InputSpec {
  return { dtype, shape, fill: { kind: "values", values }, isConstant: false };
}

/** The same input as part of the program. */
export function constant(spec: InputSpec): InputSpec {
  return { ...spec, isConstant: true };
}

/** A constant 1-d i64 input: a shape, axes, pads. */
export function ints(...values: readonly number[]): InputSpec {
  return constant(given("i64", [values.length], values));
}

/** A constant 0-d input. */
export function scalar(dtype: DType, value: number): InputSpec {
  return constant(given(dtype, [], [value]));
}

/** The inputs' data: the same in every run and on every machine. */
export function makeInputs(testCase: OpCase): readonly Tensor[] {
  return testCase.inputs.map((spec, i) => fillTensor(spec, new Random(`${caseId(testCase)} ${i}`)));
}

/** "add f32[3,4] f32[4]" */
export function caseId({ op, name }: OpCase): string {
  return `${op.name} ${name}`;
}

function describeInputs(inputs: readonly InputSpec[]): string {
  const shapes = inputs.map(
    ({ dtype, shape, isConstant }) => `${isConstant ? "const " : ""}${dtype}[${shape.join()}]`,
  );
  return shapes.join(" ") || "no inputs";
}

function fillTensor({ dtype, shape, fill }: InputSpec, random: Random): Tensor {
  const values = new Float64Array(shape.reduce((product, dim) => product * dim, 1));
  const next = nextValue(dtype, fill, random);
  for (let i = 0; i < values.length; i++) values[i] = next(i);
  return ops.cast.reference([Tensor.from("f64", shape, values)], { to: dtype })[0]!;
}

function nextValue(dtype: DType, fill: Fill, random: Random): (index: number) => number {
  if (fill.kind === "values") {
    const { values } = fill;
    return (index) => values[index % values.length]!;
  }
  const { low, high } = fill;
  if (isFloat(dtype)) return () => low + (high - low) * random.next();
  const [least, most] = dtype === "bool" ? [0, 1] : [Math.ceil(low), Math.floor(high)];
  return () => least + Math.floor((most - least + 1) * random.next());
}
