import { bug } from "../errors.ts";
import { dtypeBytes } from "../ir/dtype.ts";
import type { Value } from "../ir/program.ts";
import { storedElements } from "../ir/tensor.ts";
import type { Lifetime } from "./arena.ts";
import type { PlacedNode, Placement } from "./place.ts";

/** The bytes that one or several values share, one after the other or as views. */
export interface Storage {
  readonly bytes: number;
  /** "outside": an input of the graph or a constant, never written. */
  readonly space: "arena" | "outside";
  readonly values: Value[];
  /** Index of the node that makes its first value. */
  readonly start: number;
}

export function valueBytes({ type }: Value): number {
  return storedElements(type) * dtypeBytes(type.dtype);
}

/** A constant taken in another layout: made once, with the plan. A copy of one (a graph output) is a step. */
export function isFolded({ node }: PlacedNode): boolean {
  if (node.op.name !== "reorder") return false;
  const [input, output] = [node.inputs[0]!, node.outputs[0]!];
  return input.data !== undefined && output.type.layout !== undefined;
}

/** Which values share bytes: views always, in-place results where nobody reads the input's bytes any more. */
export class StorageMap {
  readonly #storages = new Map<Value, Storage>();
  readonly #lastUse = new Map<Value, number>();
  readonly all: Storage[] = [];

  constructor(placement: Placement) {
    placement.nodes.forEach(({ node }, i) => {
      for (const input of node.inputs) this.#lastUse.set(input, i);
    });
    for (const output of placement.outputs) this.#lastUse.set(output, Number.POSITIVE_INFINITY);
    for (const input of placement.inputs) this.#add(input, "outside", -1);
    placement.nodes.forEach((placed, i) => {
      this.#visit(placed, i);
    });
  }

  of(value: Value): Storage {
    const known = this.#storages.get(value);
    if (known) return known;
    if (value.data) return this.#add(value, "outside", -1);
    return bug(`value "${value.name}" has no storage`);
  }

  lifetime(storage: Storage): Lifetime {
    const end = Math.max(storage.start, ...storage.values.map((value) => this.#lastUse.get(value) ?? -1));
    return { bytes: storage.bytes, start: storage.start, end };
  }

  #visit(placed: PlacedNode, index: number): void {
    const { node } = placed;
    node.outputs.forEach((output, i) => {
      if (isFolded(placed)) this.#add(output, "outside", index);
      else if (i === 0 && placed.isView) this.#join(output, this.of(node.inputs[0]!));
      else {
        const reused = i === 0 ? this.#reusable(placed, index) : undefined;
        if (reused) this.#join(output, reused);
        else this.#add(output, "arena", index);
      }
    });
  }

  #reusable({ node, kernel }: PlacedNode, index: number): Storage | undefined {
    const allowed = kernel.inPlace?.(node) ?? [];
    const bytes = valueBytes(node.outputs[0]!);
    for (const i of allowed) {
      const storage = this.of(node.inputs[i]!);
      const isRead = node.inputs.some((input, j) => !allowed.includes(j) && this.of(input) === storage);
      const dies = storage.values.every((value) => (this.#lastUse.get(value) ?? -1) <= index);
      if (storage.space === "arena" && storage.bytes === bytes && !isRead && dies) return storage;
    }
    return undefined;
  }

  #add(value: Value, space: Storage["space"], start: number): Storage {
    const storage: Storage = { bytes: valueBytes(value), space, values: [value], start };
    this.#storages.set(value, storage);
    this.all.push(storage);
    return storage;
  }

  #join(value: Value, storage: Storage): void {
    if (storage.bytes !== valueBytes(value)) {
      bug(`"${value.name}" takes ${valueBytes(value)} bytes, its source ${storage.bytes}`);
    }
    storage.values.push(value);
    this.#storages.set(value, storage);
  }
}
