import { type Program, Tensor } from "@coracle/core";
import { type AttributeValue, type OpDesc, type ProgramDesc, type VarDesc, varType } from "../desc.ts";
import { readProgram } from "../reader.ts";

export interface TestOp {
  readonly type: string;
  readonly inputs: Readonly<Record<string, readonly string[]>>;
  readonly outputs: Readonly<Record<string, readonly string[]>>;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

const kinds: Readonly<Record<string, number>> = { f32: varType.fp32, i32: varType.int32, i64: varType.int64 };

function opOf({ type, inputs, outputs, attributes = {} }: TestOp): OpDesc {
  return {
    type,
    inputs: new Map(Object.entries(inputs)),
    outputs: new Map(Object.entries(outputs)),
    attributes: new Map(Object.entries(attributes)),
  };
}

/** Operators between feeds and fetches, as the framework saves them. */
export function descOf(
  ops: readonly TestOp[],
  feeds: Readonly<Record<string, readonly number[]>>,
  fetches: readonly string[],
): ProgramDesc {
  const vars = Object.entries(feeds).map(([name, dims]): [string, VarDesc] => [
    name,
    { name, kind: varType.lodTensor, persistable: false, tensor: { dtype: kinds["f32"]!, dims } },
  ]);
  const borders = [
    ...Object.keys(feeds).map((name, col) => ({
      type: "feed",
      inputs: {},
      outputs: { Out: [name] },
      attributes: { col },
    })),
    ...fetches.map((name, col) => ({
      type: "fetch",
      inputs: { X: [name] },
      outputs: {},
      attributes: { col },
    })),
  ];
  return {
    format: "paddle",
    version: 0,
    blocks: [{ parent: -1, vars: new Map(vars), ops: [...borders, ...ops].map(opOf) }],
  };
}

/** One operator on one input "x" and parameters, giving "y". */
export function oneOp(
  op: Omit<TestOp, "outputs"> & { readonly output: string },
  shape: readonly number[],
  parameters: Readonly<Record<string, Tensor>> = {},
): Program {
  const made = { ...op, outputs: { [op.output]: ["y"] } };
  return readProgram(descOf([made], { x: shape }, ["y"]), new Map(Object.entries(parameters)));
}

export const tensor = (shape: readonly number[], values: readonly number[]): Tensor =>
  Tensor.from("f32", shape, Float32Array.from(values));
