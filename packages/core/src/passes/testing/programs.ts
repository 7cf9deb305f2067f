import { expect } from "vitest";
import { ProgramBuilder } from "../../ir/build.ts";
import { isFloat } from "../../ir/dtype.ts";
import { evaluateBlock } from "../../ir/evaluate.ts";
import { print } from "../../ir/print.ts";
import type { Program, Value } from "../../ir/program.ts";
import { numElements } from "../../ir/shape.ts";
import { numbers, Tensor } from "../../ir/tensor.ts";
import { verify } from "../../ir/verify.ts";

/** Numbers in [-1, 1) that are the same in every run. */
function randoms(length: number, seed: number): number[] {
  let state = seed * 2654435761 + 12345;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

export function random(shape: readonly number[], seed = 1): Tensor {
  return Tensor.from("f32", shape, randoms(numElements(shape), seed));
}

/** Builds a program from inputs to outputs; `c` makes an f32 constant of numbers or random ones. */
export class Sketch extends ProgramBuilder {
  c(shape: readonly number[], values?: number | readonly number[], name = "c"): Value {
    const length = numElements(shape);
    const list = typeof values === "number" ? new Array<number>(length).fill(values) : values;
    return this.constant(list ? Tensor.from("f32", shape, list) : random(shape, length + shape.length), name);
  }

  i(...values: readonly number[]): Value {
    return this.constant(Tensor.ints(values), "i");
  }

  x(shape: readonly (number | string)[], name = "x"): Value {
    return this.input(name, "f32", shape);
  }
}

function feedsOf(program: Program, symbols: Readonly<Record<string, number>>): Tensor[] {
  return program.inputs.map(({ type }, i) => {
    const shape = type.shape.map((dim) => (typeof dim === "number" ? dim : (symbols[dim] ?? 2)));
    const values = randoms(numElements(shape), i + 7).map((x) =>
      isFloat(type.dtype) ? 3 * x : Math.floor(2 * x),
    );
    return Tensor.from(type.dtype, shape, values);
  });
}

function isSame(given: number, expected: number): boolean {
  if (Object.is(given, expected)) return true;
  return Math.abs(given - expected) <= 1e-5 + 1e-4 * Math.abs(expected);
}

/** Both programs give the same numbers, within f32 rounding of sums in another order. */
export function expectSame(
  before: Program,
  after: Program,
  symbols: Readonly<Record<string, number>> = {},
): void {
  verify(after);
  expect(after.outputs.map(({ name }) => name)).toEqual(before.outputs.map(({ name }) => name));
  const feeds = feedsOf(before, symbols);
  const expected = evaluateBlock(before, feeds);
  const given = evaluateBlock(after, feeds);
  for (const [i, tensor] of expected.entries()) {
    expect(given[i]!.shape).toEqual(tensor.shape);
    const list = numbers(given[i]!);
    numbers(tensor).forEach((value, k) => {
      if (!isSame(list[k]!, value)) expect(list[k], `element ${k}`).toBe(value);
    });
    expect(list.length).toBe(tensor.data.length);
  }
}

/** The program before and after, to snapshot. */
export function beforeAndAfter(before: Program, after: Program): string {
  return `${print(before)}\n=>\n${print(after)}`;
}
