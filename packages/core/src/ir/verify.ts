import { CoracleError, ProgramError } from "../errors.ts";
import { elementsAgree } from "./element.ts";
import { inferNode } from "./infer.ts";
import { checkDepth, nestedBlocks } from "./nested.ts";
import { formatType } from "./print.ts";
import type { Block, Node, Program, Value } from "./program.ts";
import { type Shape, sameShape } from "./shape.ts";
import type { TensorType } from "./tensor.ts";

/** Same dtype, rank and kind of elements, and no two dimensions that are different numbers. A symbol agrees with everything. */
export function typesAgree(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && shapesAgree(a.shape, b.shape) && elementsAgree(a.element, b.element);
}

export function shapesAgree(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  return a.every((dim, i) => dim === b[i] || typeof dim === "string" || typeof b[i] === "string");
}

function fail(message: string, cause?: unknown): never {
  throw new ProgramError(message, cause === undefined ? {} : { cause });
}

const label = (node: Node): string => `${node.op.name} "${node.name}"`;

class Scope {
  readonly #block: Block;
  readonly #made = new Set<Value>();
  readonly #byName = new Map<string, Value>();
  readonly #nodeNames = new Set<string>();

  constructor(block: Block) {
    this.#block = block;
  }

  name(value: Value): void {
    const other = this.#byName.get(value.name);
    if (other === value) return;
    if (other) fail(`program: two values named "${value.name}"; expected unique names. Rename one.`);
    this.#byName.set(value.name, value);
  }

  make(value: Value, maker: string): void {
    if (this.#made.has(value)) {
      fail(
        `${maker}: makes "${value.name}" again; expected each value made once. Give it a value of its own.`,
      );
    }
    this.#made.add(value);
    this.name(value);
  }

  node(node: Node): void {
    if (this.#nodeNames.has(node.name)) {
      fail(`program: two nodes named "${node.name}"; expected unique names. Rename one.`);
    }
    this.#nodeNames.add(node.name);
  }

  use(value: Value, user: string): void {
    if (value.data !== undefined && !this.#made.has(value)) this.#constant(value);
    else if (!this.#made.has(value)) this.#missing(value, user);
  }

  #constant(value: Value): void {
    this.name(value);
    const { dtype, shape } = value.type;
    if (value.data!.dtype === dtype && sameShape(value.data!.shape, shape)) return;
    fail(
      `constant "${value.name}": data ${formatType(value.data!.type)}; expected ${formatType(value.type)} as its type says.`,
    );
  }

  #missing(value: Value, user: string): never {
    const later = this.#block.nodes.find((node) => node.outputs.includes(value));
    if (later) {
      fail(
        `${user}: reads "${value.name}", which ${label(later)} makes later; expected nodes in topological order. Move it up.`,
      );
    }
    fail(
      `${user}: reads "${value.name}", which nothing in its block makes; expected a block input, a constant or an earlier node's output. Blocks capture nothing: pass it as an input.`,
    );
  }
}

function verifyTypes(node: Node): void {
  let types: readonly TensorType[];
  try {
    types = inferNode(node);
  } catch (error) {
    if (!CoracleError.isInstance(error)) throw error;
    fail(error.message, error);
  }
  if (types.length !== node.outputs.length) {
    fail(`${label(node)}: ${node.outputs.length} outputs; expected ${types.length} by its type rule.`);
  }
  node.outputs.forEach((output, i) => {
    if (typesAgree(output.type, types[i]!)) return;
    fail(
      `${label(node)}: output "${output.name}" has type ${formatType(output.type)}; expected ${formatType(types[i]!)} by its type rule.`,
    );
  });
}

function verifyBlock(block: Block, variables: readonly Value[], depth: number): Scope {
  checkDepth(depth);
  const scope = new Scope(block);
  for (const input of block.inputs) scope.make(input, "program");
  for (const variable of variables) scope.make(variable, "program");
  for (const node of block.nodes) {
    scope.node(node);
    for (const input of node.inputs) scope.use(input, label(node));
    for (const output of node.outputs) {
      if (output.data !== undefined) {
        fail(`${label(node)}: makes "${output.name}", a constant; expected a value without data.`);
      }
      scope.make(output, label(node));
    }
    verifyTypes(node);
    for (const [key, nested] of nestedBlocks(node)) verifyNested(node, key, nested, depth);
  }
  if (block.outputs.length === 0) fail("program: 0 outputs; expected at least one.");
  for (const output of block.outputs) scope.use(output, `output "${output.name}"`);
  return scope;
}

function verifyNested(node: Node, key: string, block: Block, depth: number): void {
  try {
    verifyBlock(block, [], depth + 1);
  } catch (error) {
    if (!CoracleError.isInstance(error)) throw error;
    fail(`${label(node)}, block ${key}: ${error.message}`, error);
  }
}

/**
 * Throws ProgramError unless each value is made once, before it is read, under a name of its own; the outputs
 * exist; every type is what the op's rule gives (symbols agree with any number); constants hold what their type
 * says; and nested blocks capture nothing.
 */
export function verify(program: Program | Block): void {
  const states = "states" in program ? program.states : [];
  const scope = verifyBlock(
    program,
    states.map(({ variable }) => variable),
    0,
  );
  for (const { variable, next } of states) {
    scope.use(next, `state "${variable.name}"`);
    if (typesAgree(variable.type, next.type)) continue;
    fail(
      `state "${variable.name}": next value has type ${formatType(next.type)}; expected ${formatType(variable.type)}.`,
    );
  }
}
