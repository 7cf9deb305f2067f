import { type Dim, type Op, ops, type Tensor, type TensorType } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { caseId, makeInputs, type OpCase, opCases } from "./index.ts";

const allOps = Object.values(ops as Readonly<Record<string, unknown>>).filter(
  (value): value is Op =>
    typeof value === "object" && value !== null && "infer" in value && "reference" in value,
);

/** Of strings and containers: no backend has kernels for them, and the standard's own cases cover their references. */
const objectOps = /^(optional|sequence|string|splitToSequence|concatFromSequence|regexFullMatch|tfIdf)/;

test("every op has cases", () => {
  const covered = new Set(opCases.map(({ op }) => op.name));
  const names = allOps.map(({ name }) => name).filter((name) => !objectOps.test(name));
  expect(names.filter((name) => !covered.has(name))).toEqual([]);
});

test("every op has a name of its own, and so has every case", () => {
  const names = allOps.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const ids = opCases.map(caseId);
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
});

function agrees(type: TensorType, { dtype, shape }: Tensor): boolean {
  const fits = (dim: Dim, i: number): boolean => typeof dim === "string" || dim === shape[i];
  return type.dtype === dtype && type.shape.length === shape.length && type.shape.every(fits);
}

const describeTypes = (types: readonly TensorType[]): string =>
  types.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(" ");

/** Inputs whose sizes the type rule must know: kernels of fed weights. */
const staticInputs: Readonly<Record<string, readonly number[]>> = {
  conv: [1],
  convInteger: [1],
  convTranspose: [1],
  qlinearConv: [3],
};

function inferred(testCase: OpCase, inputs: readonly Tensor[], withSymbols: boolean): readonly TensorType[] {
  const symbol = (dim: number): Dim => (dim > 1 ? `d${dim}` : dim);
  const types = inputs.map(({ dtype, shape }, i): TensorType => {
    const mustBeKnown = staticInputs[testCase.op.name]?.includes(i) ?? false;
    const isFixed = !withSymbols || mustBeKnown || testCase.inputs[i]!.isConstant || dtype === "i64";
    return { dtype, shape: isFixed ? shape : shape.map(symbol) };
  });
  const known = inputs.map((tensor, i) => (testCase.inputs[i]!.isConstant ? tensor : undefined));
  return testCase.op.infer(types, testCase.attrs, known);
}

describe("the type rule agrees with the reference", () => {
  for (const testCase of opCases) {
    test(caseId(testCase), () => {
      const inputs = makeInputs(testCase);
      const outputs = testCase.op.reference(inputs, testCase.attrs);
      for (const withSymbols of [false, true]) {
        const types = inferred(testCase, inputs, withSymbols);
        expect(types.length).toBe(outputs.length);
        const wrong = types.filter((type, i) => !agrees(type, outputs[i]!));
        expect(wrong, `reference gives ${describeTypes(outputs)}`).toEqual([]);
      }
    });
  }
});

test("the reference changes no input and gives the same twice", () => {
  for (const testCase of opCases) {
    const [once, again] = [makeInputs(testCase), makeInputs(testCase)];
    const first = testCase.op.reference(once, testCase.attrs);
    const copies = first.map(({ data }) => data.slice());
    expect(once, caseId(testCase)).toEqual(again);
    const second = testCase.op.reference(again, testCase.attrs);
    second.forEach(({ data }, i) => {
      expect(data, caseId(testCase)).toEqual(copies[i]);
    });
  }
});
