import { DataError } from "../errors.ts";
import { inferNode } from "../ir/infer.ts";
import { constantValue, makeValue, type Node, type Program, type Value } from "../ir/program.ts";
import { applyRewrites } from "../ir/rewrite.ts";
import { formatShape, isStatic, type Shape, sameShape } from "../ir/shape.ts";
import { isPlannable, type TensorType } from "../ir/tensor.ts";
import { FoldBudget, type FoldLimits, foldNode } from "./fold-constants.ts";
import { padIntoConv } from "./merge-pads.ts";
import { transposeToReshape } from "./merge-transposes.ts";
import { removeDeadCodePass } from "./remove-dead-code.ts";
import { identityRewrites } from "./remove-identity.ts";
import { reshapeRewrites } from "./simplify-reshapes.ts";

type Shapes = Readonly<Record<string, readonly number[]>>;

/** Shape arithmetic, masks and position tables; anything more is left to the kernels. */
const limits: FoldLimits = {
  inputBytes: 2 ** 18,
  growthBytes: 2 ** 18,
  flops: 1e6,
  totalBytes: 2 ** 26,
  totalWork: 2 ** 26,
};

interface Binding {
  readonly size: number;
  readonly input: string;
}

function bindSymbols(input: Value, given: readonly number[], bound: Map<string, Binding>): void {
  const declared = input.type.shape;
  const fits = given.length === declared.length && given.every((dim, i) => isFitting(dim, declared[i]!));
  if (!fits) {
    throw new DataError(
      `input "${input.name}": shape ${formatShape(given)}; expected ${formatShape(declared)}. Feed a tensor of that shape.`,
    );
  }
  declared.forEach((dim, i) => {
    if (typeof dim !== "string") return;
    const size = given[i]!;
    const before = bound.get(dim);
    if (before && before.size !== size) {
      throw new DataError(
        `input "${input.name}": shape ${formatShape(given)} makes ${dim} ${size}; expected ${before.size} as input "${before.input}" makes it (declared ${formatShape(declared)}).`,
      );
    }
    bound.set(dim, { size, input: input.name });
  });
}

function isFitting(given: number, declared: number | string): boolean {
  const isSize = Number.isSafeInteger(given) && given >= 0;
  return isSize && (typeof declared === "string" || declared === given);
}

function fixedInputs(program: Program, shapes: Shapes): Map<Value, Value> {
  const names = new Set(program.inputs.map(({ name }) => name));
  const unknown = Object.keys(shapes).find((name) => !names.has(name));
  if (unknown !== undefined) {
    throw new DataError(
      `input "${unknown}": not an input of the program; expected one of ${[...names].map((name) => `"${name}"`).join(", ")}.`,
    );
  }
  const bound = new Map<string, Binding>();
  const fixed = new Map<Value, Value>();
  for (const input of program.inputs) {
    const { shape } = input.type;
    const given = Object.hasOwn(shapes, input.name)
      ? shapes[input.name]
      : isStatic(shape)
        ? shape
        : undefined;
    if (!given) {
      throw new DataError(`input "${input.name}": no shape given; expected one for ${formatShape(shape)}.`);
    }
    bindSymbols(input, given, bound);
    if (!isStatic(shape)) fixed.set(input, makeValue(input.name, { ...input.type, shape: [...given] }));
  }
  return fixed;
}

/** What the rule gives, with what was known before where the rule leaves a dimension open. */
function mergedType(before: TensorType, now: TensorType): TensorType {
  const isRankKept = before.shape.length === now.shape.length;
  const shape: Shape = now.shape.map((dim, i) => {
    const old = isRankKept ? before.shape[i]! : dim;
    return typeof dim === "string" && typeof old === "number" ? old : dim;
  });
  return sameShape(shape, before.shape) ? before : { ...before, shape };
}

class Specializer {
  readonly #now: Map<Value, Value>;
  readonly #variables: ReadonlySet<Value>;
  readonly #budget = new FoldBudget(limits);
  readonly nodes: Node[] = [];

  constructor(inputs: Map<Value, Value>, variables: ReadonlySet<Value>) {
    this.#now = inputs;
    this.#variables = variables;
  }

  current(value: Value): Value {
    return this.#now.get(value) ?? value;
  }

  add(node: Node): void {
    const inputs = node.inputs.map((input) => this.current(input));
    const isSame = inputs.every((input, i) => input === node.inputs[i]);
    const typed = isSame ? node : this.#retyped({ ...node, inputs });
    const constant = (value: Value): Value["data"] => (this.#variables.has(value) ? undefined : value.data);
    const folded = foldNode(typed, constant, this.#budget);
    if (!folded) {
      this.nodes.push(typed);
      return;
    }
    node.outputs.forEach((output, i) => {
      this.#now.set(output, constantValue(output.name, folded[i]!));
    });
  }

  #retyped(node: Node): Node {
    const types = inferNode(node);
    const outputs = node.outputs.map((output, i) => {
      const type = mergedType(output.type, types[i]!);
      if (type === output.type) return output;
      const value = makeValue(output.name, type);
      this.#now.set(output, value);
      return value;
    });
    return { ...node, outputs };
  }
}

const cleanUps = [...identityRewrites, ...reshapeRewrites, transposeToReshape, padIntoConv];

/**
 * The program for inputs of these shapes: every value typed anew, shape arithmetic computed, what depends on it
 * static, and what became an identity gone. Inputs whose declared shape is all numbers may be left out.
 * Weights are shared with `program`. Throws DataError when a shape does not fit or symbols disagree; ShapeError.
 */
export function specialize(program: Program, shapes: Shapes): Program {
  const fixed = fixedInputs(program, shapes);
  if (fixed.size === 0 && isFullyStatic(program)) return program;
  const variables = new Set(program.states.map(({ variable }) => variable));
  const specializer = new Specializer(fixed, variables);
  const current = (value: Value): Value => specializer.current(value);
  for (const node of program.nodes) specializer.add(node);
  const typed: Program = {
    ...program,
    inputs: program.inputs.map(current),
    nodes: specializer.nodes,
    outputs: program.outputs.map(current),
    states: program.states.map(({ variable, next }) => ({ variable, next: current(next) })),
  };
  return applyRewrites(removeDeadCodePass.run(typed), cleanUps);
}

/** True when every value outside nested blocks can be planned: each dimension a number, no string, no container. */
export function isFullyStatic(program: Program): boolean {
  const isKnown = ({ type }: Value): boolean => isPlannable(type);
  return program.inputs.every(isKnown) && program.nodes.every(({ outputs }) => outputs.every(isKnown));
}
