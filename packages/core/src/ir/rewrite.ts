import { ProgramError } from "../errors.ts";
import type { NodeNames } from "./build.ts";
import { inferNode } from "./infer.ts";
import { checkDepth, mapNestedBlocks } from "./nested.ts";
import type { Op } from "./op.ts";
import { formatType } from "./print.ts";
import { type Block, constantValue, makeValue, type Node, type Program, type Value } from "./program.ts";
import { uniqueNames } from "./rename.ts";
import type { Tensor, TensorType } from "./tensor.ts";
import { typesAgree } from "./verify.ts";

/**
 * The one way to change a program: for each node of `anchors` (every node when absent), in order, `rewrite` looks
 * at what stands before it and gives the values that take the place of its outputs, or undefined to leave it.
 */
export interface Rewrite {
  readonly name: string;
  readonly anchors?: readonly Op[];
  rewrite(node: Node, graph: RewriteGraph): readonly Value[] | undefined;
}

/** True when the node applies `op`; its attributes are typed from there on. */
export function isOp<A>(node: Node | undefined, op: Op<A>): node is Node<A> {
  return node !== undefined && node.op === (op as Op);
}

/** `by` where it knows a number, `type` elsewhere; `type` itself when nothing is gained. */
export function refineType(type: TensorType, by: TensorType): TensorType {
  const gains = type.shape.some((dim, i) => typeof dim === "string" && typeof by.shape[i] === "number");
  if (!gains || type.shape.length !== by.shape.length) return type;
  return {
    ...type,
    shape: type.shape.map((dim, i) => (typeof by.shape[i] === "number" ? by.shape[i] : dim)),
  };
}

/** What a rewrite sees: the program as rewritten so far, up to the node at hand, and the means to add nodes. */
export class RewriteGraph {
  readonly #producers = new Map<Value, Node>();
  readonly #uses = new Map<Value, number>();
  readonly #replaced = new Map<Value, Value>();
  readonly #nodes = new Set<Node>();
  readonly #outputNames = new Map<Value, string>();
  readonly #sources: ReadonlySet<Value>;
  #fresh: Node[] = [];
  #anchor: Node | undefined;
  #isChanged = false;

  constructor(block: Block, states: Program["states"]) {
    this.#sources = new Set([...block.inputs, ...states.map(({ variable }) => variable)]);
    for (const node of block.nodes) this.#read(node.inputs, 1);
    this.#read(block.outputs, 1);
    this.#read(
      states.map(({ next }) => next),
      1,
    );
    for (const output of block.outputs) this.#outputNames.set(output, output.name);
  }

  /** The node that makes it, the one at hand included; undefined for inputs and constants. */
  producer(value: Value): Node | undefined {
    return this.#producers.get(value);
  }

  /** The maker of a value that nothing else reads, when it applies `op`. */
  soleProducer<A>(value: Value, op: Op<A>): Node<A> | undefined {
    const producer = this.#producers.get(value);
    return isOp(producer, op) && this.uses(value) === 1 ? producer : undefined;
  }

  /** How often nodes, program outputs and states read it. 1: only the node at hand, once. */
  uses(value: Value): number {
    return this.#uses.get(value) ?? 0;
  }

  /** The data of a constant; undefined for computed values and state variables. */
  constant(value: Value | undefined): Tensor | undefined {
    return value === undefined || this.#sources.has(value) ? undefined : value.data;
  }

  /** A new node before the one at hand, under its name when none is given. Throws ShapeError by its type rule. */
  node<A>(op: Op<A>, attrs: A, inputs: readonly Value[], names: NodeNames = {}): readonly Value[] {
    const name = names.name ?? this.#anchor?.name ?? op.name;
    const outputs = inferNode({ name, op, attrs, inputs }).map((type, i, types) =>
      makeValue(names.outputs?.[i] ?? (types.length === 1 ? `${name}.out` : `${name}.out${i}`), type),
    );
    const made: Node = { name, op: op as Op, attrs, inputs, outputs };
    this.#fresh.push(made);
    for (const output of outputs) this.#producers.set(output, made);
    return outputs;
  }

  /** `node` for the many ops with one output. */
  one<A>(op: Op<A>, attrs: A, inputs: readonly Value[], name?: string): Value {
    return this.node(op, attrs, inputs, name === undefined ? {} : { name })[0]!;
  }

  constantOf(data: Tensor, name?: string): Value {
    return constantValue(name ?? `${this.#anchor?.name ?? ""}.constant`, data);
  }

  /** Takes the next node of the block: rewritten by the first of `rewrites` that applies, or as it is. */
  take(original: Node, rewrites: readonly Rewrite[]): void {
    const node = this.#withCurrentInputs(original);
    this.#anchor = node;
    for (const output of node.outputs) this.#producers.set(output, node);
    for (const rewrite of rewrites) {
      this.#fresh = [];
      const outputs = rewrite.rewrite(node, this);
      if (outputs && this.#replace(node, outputs, rewrite)) return;
    }
    this.#nodes.add(node);
  }

  /** The block as rewritten; undefined when nothing changed. */
  finish(block: Block, states: Program["states"]): Pick<Program, "nodes" | "outputs" | "states"> | undefined {
    if (!this.#isChanged) return undefined;
    const outputs = block.outputs.map((output) => {
      const value = this.#resolve(output);
      return value.data !== undefined && value.name !== output.name
        ? constantValue(output.name, value.data)
        : value;
    });
    const next = states.map((state) => ({ variable: state.variable, next: this.#resolve(state.next) }));
    return uniqueNames({
      sources: this.#sources,
      nodes: [...this.#nodes],
      outputs,
      outputNames: block.outputs.map(({ name }) => name),
      states: next,
    });
  }

  #read(values: readonly Value[], times: number): void {
    for (const value of values) this.#uses.set(value, this.uses(value) + times);
  }

  #resolve(value: Value): Value {
    let current = value;
    for (let next = this.#replaced.get(current); next; next = this.#replaced.get(current)) current = next;
    return current;
  }

  #substitute(from: Value, to: Value): void {
    this.#replaced.set(from, to);
    this.#uses.set(to, this.uses(to) + this.uses(from));
    const name = this.#outputNames.get(from);
    if (name !== undefined) this.#outputNames.set(to, name);
  }

  #withCurrentInputs(node: Node): Node {
    let isRetyped = false;
    let isSame = true;
    const inputs = node.inputs.map((input) => {
      const now = this.#resolve(input);
      isSame &&= now === input;
      isRetyped ||= now !== input && (now.data !== undefined || now.type !== input.type);
      return now;
    });
    if (isSame) return node;
    const changed = { ...node, inputs };
    return isRetyped ? this.#retyped(changed) : changed;
  }

  #retyped(node: Node): Node {
    const types = inferNode(node);
    const outputs = node.outputs.map((output, i) => {
      const type = refineType(output.type, types[i]!);
      if (type === output.type) return output;
      const value = makeValue(output.name, type);
      this.#substitute(output, value);
      return value;
    });
    return { ...node, outputs };
  }

  #replace(node: Node, outputs: readonly Value[], rewrite: Rewrite): boolean {
    node.outputs.forEach((output, i) => {
      const type = outputs[i]?.type;
      if (type && typesAgree(type, output.type)) return;
      throw new ProgramError(
        `rewrite "${rewrite.name}": ${type ? formatType(type) : "nothing"} for "${output.name}"; expected ${formatType(output.type)}.`,
      );
    });
    const freshOutputs = new Set(this.#fresh.flatMap((made) => made.outputs));
    if (node.outputs.some((output, i) => this.#mustStay(output, outputs[i]!, freshOutputs))) return false;
    const renamed = new Map<Value, Value>();
    node.outputs.forEach((output, i) => {
      const value = outputs[i]!;
      if (!freshOutputs.has(value) || renamed.has(value)) return;
      renamed.set(value, makeValue(output.name, refineType(output.type, value.type)));
    });
    const rename = (value: Value): Value => renamed.get(value) ?? value;
    for (const [i, made] of this.#fresh.entries()) {
      const inputs = made.inputs.map(rename);
      this.#read(inputs, 1);
      const isHelper = i < this.#fresh.length - 1 && made.name === node.name;
      const name = isHelper ? `${node.name}/${made.op.name}` : made.name;
      const emitted = { ...made, name, inputs, outputs: made.outputs.map(rename) };
      this.#nodes.add(emitted);
      for (const output of emitted.outputs) this.#producers.set(output, emitted);
    }
    node.outputs.forEach((output, i) => {
      this.#substitute(output, rename(outputs[i]!));
    });
    this.#release(node.inputs);
    this.#isChanged = true;
    return true;
  }

  /** A program output keeps its name, so it can't become an input or a second output. */
  #mustStay(output: Value, by: Value, fresh: ReadonlySet<Value>): boolean {
    if (!this.#outputNames.has(output) || fresh.has(by)) return false;
    if (this.constant(by)) return false;
    return this.#sources.has(by) || this.#outputNames.has(by);
  }

  /** Drops the makers of values that nothing reads any more, and theirs. */
  #release(values: readonly Value[]): void {
    const pending = [...values];
    for (let value = pending.pop(); value; value = pending.pop()) {
      const uses = this.uses(value) - 1;
      this.#uses.set(value, uses);
      const producer = this.#producers.get(value);
      if (uses > 0 || !producer || producer.outputs.some((output) => this.uses(output) > 0)) continue;
      if (this.#nodes.delete(producer)) pending.push(...producer.inputs);
    }
  }
}

function rewriteBlock(
  block: Block,
  states: Program["states"],
  find: Finder,
  depth: number,
): Program | undefined {
  checkDepth(depth);
  let isNestedChanged = false;
  const nodes = block.nodes.map((node) => {
    const next = mapNestedBlocks(node, (nested) => {
      const changed = rewriteBlock(nested, [], find, depth + 1);
      return changed ? { inputs: nested.inputs, outputs: changed.outputs, nodes: changed.nodes } : nested;
    });
    isNestedChanged ||= next !== node;
    return next;
  });
  const graph = new RewriteGraph(block, states);
  for (const node of nodes) graph.take(node, find(node));
  const changed = graph.finish(block, states);
  if (!changed && !isNestedChanged) return undefined;
  return { ...(block as Program), ...(changed ?? { nodes }) };
}

type Finder = (node: Node) => readonly Rewrite[];

function finder(rewrites: readonly Rewrite[]): Finder {
  const byOp = new Map<Op, readonly Rewrite[]>();
  return (node) => {
    let found = byOp.get(node.op);
    if (!found) {
      found = rewrites.filter(({ anchors }) => !anchors || anchors.includes(node.op));
      byOp.set(node.op, found);
    }
    return found;
  };
}

/**
 * One sweep over the program and its nested blocks, in linear time. Nodes that a rewrite leaves without readers go
 * with it; program inputs and outputs keep their names; the same program is returned when nothing applied.
 * Throws ProgramError when a rewrite gives a value of another type.
 */
export function applyRewrites(program: Program, rewrites: readonly Rewrite[]): Program {
  return rewriteBlock(program, program.states, finder(rewrites), 0) ?? program;
}
