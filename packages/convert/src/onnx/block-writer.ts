import {
  type Block,
  constantValue,
  inferNode,
  makeValue,
  type Node,
  type Op,
  type Tensor,
  type TensorType,
  type Value,
} from "@coracle/core";
import { foldNode } from "./fold.ts";
import { KnownSizes } from "./known-sizes.ts";
import { Names } from "./names.ts";

/** Collects the nodes of one block; every node is typed as it is added, and small constant results are computed. */
export class BlockWriter {
  readonly inputs: Value[] = [];
  readonly nodes: Node[] = [];
  readonly #values: Names = new Names();
  readonly #nodeNames: Names = new Names();
  readonly #sizes = new KnownSizes();

  input(name: string, type: TensorType): Value {
    const value = makeValue(this.#values.claim(name), type);
    this.inputs.push(value);
    return value;
  }

  constant(data: Tensor, name: string): Value {
    return constantValue(this.#values.claim(name), data);
  }

  /** Adds a node and gives its outputs. Throws ShapeError with the node's name. */
  node<A>(op: Op<A>, attrs: A, inputs: readonly Value[], wanted: string): readonly Value[] {
    const name = this.#nodeNames.claim(wanted);
    const untyped = { name, op: op as Op, attrs, inputs };
    const types = this.#sizes.filled(untyped, inferNode(untyped));
    const folded = foldNode(untyped, types);
    if (folded) {
      this.#nodeNames.release(name);
      return folded.map((tensor, i) => this.constant(tensor, outputName(name, i, folded.length)));
    }
    const outputs = types.map((type, i) =>
      makeValue(this.#values.claim(outputName(name, i, types.length)), type),
    );
    this.nodes.push({ ...untyped, outputs });
    this.#sizes.note(untyped, outputs);
    return outputs;
  }

  /** `op` (the identity) over a value, so that it has this name. Never folded away. */
  alias(op: Op<Record<never, never>>, value: Value, name: string): Value {
    const node = this.#nodeNames.claim(name);
    const output = makeValue(this.#values.claim(name), value.type);
    this.nodes.push({ name: node, op: op as Op, attrs: {}, inputs: [value], outputs: [output] });
    return output;
  }

  /**
   * The values under the wanted names: renamed where a node from `start` on makes them, themselves where they
   * already have a name of their own (inputs, constants, earlier values), none is wanted or it is taken.
   */
  rename(values: readonly Value[], wanted: readonly string[], start: number): readonly Value[] {
    const renamed = new Map<Value, Value>();
    values.forEach((value, i) => {
      const name = wanted[i] ?? "";
      if (name === "" || value.name === name || renamed.has(value) || this.#values.has(name)) return;
      if (!this.#isMadeFrom(value, start)) return;
      this.#values.release(value.name);
      const made = makeValue(this.#values.claim(name), value.type);
      this.#sizes.rename(value, made);
      renamed.set(value, made);
    });
    if (renamed.size === 0) return values;
    const swap = (value: Value): Value => renamed.get(value) ?? value;
    for (let i = start; i < this.nodes.length; i++) {
      const node = this.nodes[i]!;
      this.nodes[i] = { ...node, inputs: node.inputs.map(swap), outputs: node.outputs.map(swap) };
    }
    return values.map(swap);
  }

  #isMadeFrom(value: Value, start: number): boolean {
    for (let i = start; i < this.nodes.length; i++) if (this.nodes[i]!.outputs.includes(value)) return true;
    return false;
  }

  block(outputs: readonly Value[]): Block {
    return { inputs: [...this.inputs], outputs: [...outputs], nodes: [...this.nodes] };
  }
}

function outputName(node: string, index: number, count: number): string {
  return count === 1 ? `${node}.out` : `${node}.out${index}`;
}
