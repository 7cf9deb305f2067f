import type { Op } from "./op.ts";
import type { Tensor, TensorType } from "./tensor.ts";

/** An edge. `data` makes it a constant. Identity is by reference; `id` only orders and prints. */
export interface Value {
  readonly id: number;
  readonly name: string;
  readonly type: TensorType;
  readonly data?: Tensor;
}

/** One application of an op. Optional inputs are trailing and left out when absent. */
export interface Node<A = unknown> {
  readonly name: string;
  readonly op: Op<A>;
  readonly attrs: A;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/** Also the body of `if`, `loop` and `scan`, held in their attrs. Captures no outer value: what it needs is an input. */
export interface Block {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** In topological order. */
  readonly nodes: readonly Node[];
}

/** A mutable variable and the value that replaces it after a run. */
export interface StateUpdate {
  readonly variable: Value;
  readonly next: Value;
}

/** A model before any machine is known. Immutable: change it with `Rewrite`. */
export interface Program extends Block {
  readonly meta: Readonly<Record<string, string>>;
  readonly states: readonly StateUpdate[];
}

let nextId = 1;

/** A new edge, different from every other. */
export function makeValue(name: string, type: TensorType, data?: Tensor): Value {
  return data === undefined ? { id: nextId++, name, type } : { id: nextId++, name, type, data };
}

export function constantValue(name: string, data: Tensor): Value {
  return makeValue(name, data.type, data);
}

/** Node inputs that are constants, by value; shared ones once. */
export function constantsOf(block: Block): Set<Value> {
  const found = new Set<Value>();
  for (const node of block.nodes) for (const input of node.inputs) if (input.data) found.add(input);
  for (const output of block.outputs) if (output.data) found.add(output);
  return found;
}

/** The node that makes each value. */
export function producersOf(block: Block): Map<Value, Node> {
  const producers = new Map<Value, Node>();
  for (const node of block.nodes) for (const output of node.outputs) producers.set(output, node);
  return producers;
}

/** The nodes that read each value, in order, once per reading node. */
export function consumersOf(block: Block): Map<Value, Node[]> {
  const consumers = new Map<Value, Node[]>();
  for (const node of block.nodes) {
    for (const input of new Set(node.inputs)) {
      const list = consumers.get(input);
      if (list) list.push(node);
      else consumers.set(input, [node]);
    }
  }
  return consumers;
}
