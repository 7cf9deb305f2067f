/** What a program amounts to: its parameters, and its FLOPs where its shapes are numbers. */
import { constantsOf, isStatic, numElements, type Program, specialize } from "@coracle/core";
import { concreteShape, parsePairs, parseShape } from "./feeds.ts";

/** Symbols become numbers where --shape or a batch of 1 says so; the program itself when some stay unknown. */
export function concrete(program: Program, shapes: readonly string[]): Program {
  const infos = program.inputs.map(({ name, type }) => ({ name, dtype: type.dtype, shape: type.shape }));
  const given = parsePairs(shapes, infos, "--shape");
  if (
    given.size === 0 &&
    !infos.every(({ shape }) => shape.every((dim, axis) => typeof dim === "number" || axis === 0))
  ) {
    return program;
  }
  const entries = infos.map(
    (info) =>
      [info.name, given.has(info.name) ? parseShape(given.get(info.name)!) : concreteShape(info)] as const,
  );
  return specialize(program, Object.fromEntries(entries));
}

/** Multiply-adds count as 2; undefined when a shape is not known. */
export function flopsOf(program: Program): number | undefined {
  let total = 0;
  for (const { op, attrs, inputs, outputs } of program.nodes) {
    if (![...inputs, ...outputs].every(({ type }) => isStatic(type.shape))) return undefined;
    const types = (values: Program["inputs"]) => values.map(({ type }) => type);
    total += op.flops?.(types(inputs), types(outputs), attrs) ?? 0;
  }
  return total;
}

export interface Parameters {
  readonly parameters: number;
  readonly parameterBytes: number;
}

export function parametersOf(program: Program): Parameters {
  const constants = [...constantsOf(program)].map(({ data }) => data!);
  return {
    parameters: constants.reduce((sum, { shape }) => sum + numElements(shape), 0),
    parameterBytes: constants.reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
}
