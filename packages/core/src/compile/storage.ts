import { bug } from "../errors.ts";
import { dtypeBytes } from "../ir/dtype.ts";
import type { Value } from "../ir/program.ts";
import { storedElements } from "../ir/tensor.ts";
import { arenaAlignment, type Lifetime, type Piece } from "./arena.ts";
import type { PlacedNode, Placement } from "./place.ts";

/** The bytes that one or several values share, one after the other or as views. */
export interface Storage {
  readonly bytes: number;
  /** "outside": an input of the graph or a constant, never written. */
  readonly space: "arena" | "outside";
  readonly values: Value[];
  /** Index of the node that makes its first value. */
  readonly start: number;
  /** Set: its bytes are a range of another storage. */
  within?: { readonly whole: Storage; readonly offsetBytes: number };
  /** The storages within it. */
  readonly parts: Storage[];
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

/** A storage and all that lies within it. */
function family(storage: Storage): readonly Storage[] {
  return [storage, ...storage.parts.flatMap(family)];
}

/** Ranges of a storage, each from the node on that first writes it. */
function piecesOf(storage: Storage): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  const inOrder = storage.parts.toSorted((a, b) => a.within!.offsetBytes - b.within!.offsetBytes);
  for (const part of inOrder) {
    const { offsetBytes } = part.within!;
    if (offsetBytes > from) pieces.push({ offset: from, bytes: offsetBytes - from, start: storage.start });
    for (const piece of piecesOf(part)) {
      pieces.push({
        ...piece,
        offset: offsetBytes + piece.offset,
        start: Math.min(piece.start, storage.start),
      });
    }
    from = offsetBytes + part.bytes;
  }
  if (from < storage.bytes) pieces.push({ offset: from, bytes: storage.bytes - from, start: storage.start });
  return pieces;
}

/** Values whose bytes become those of a graph output, by views. */
function outputRoots({ nodes, outputs }: Placement): ReadonlySet<Value> {
  const roots = new Set(outputs);
  for (const { isView, node } of [...nodes].reverse()) {
    if (isView && roots.has(node.outputs[0]!)) roots.add(node.inputs[0]!);
  }
  return roots;
}

/**
 * Which values share bytes: views always, in-place results where nobody reads the input's bytes any more, and
 * parts with their whole where a kernel says that they lie in it unchanged.
 */
export class StorageMap {
  readonly #storages = new Map<Value, Storage>();
  readonly #outputRoots: ReadonlySet<Value>;
  readonly #idle = new Set<PlacedNode>();
  readonly #lastUse = new Map<Value, number>();
  readonly all: Storage[] = [];

  constructor(placement: Placement) {
    this.#outputRoots = outputRoots(placement);
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

  /** The storage with bytes of its own that holds `storage`, and where in it. */
  rootOf(storage: Storage): { readonly root: Storage; readonly offsetBytes: number } {
    let [root, offsetBytes] = [storage, 0];
    while (root.within) {
      offsetBytes += root.within.offsetBytes;
      root = root.within.whole;
    }
    return { root, offsetBytes };
  }

  /** Of a root. */
  lifetime(storage: Storage): Lifetime {
    const all = family(storage);
    const start = Math.min(...all.map((part) => part.start));
    const uses = all.flatMap(({ values }) => values.map((value) => this.#lastUse.get(value) ?? -1));
    const end = Math.max(...all.map((part) => part.start), ...uses);
    const { bytes } = storage;
    return storage.parts.length > 0
      ? { bytes, start, end, pieces: piecesOf(storage) }
      : { bytes, start, end };
  }

  /** Whether every output's bytes are there before the node runs, its parts lying in their whole. */
  isIdle(placed: PlacedNode): boolean {
    return this.#idle.has(placed);
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
    if (!placed.isView) this.#visitParts(placed);
  }

  #visitParts(placed: PlacedNode): void {
    const { node, kernel } = placed;
    const { of, offsets } = kernel.parts?.(node) ?? {};
    if (of === undefined || offsets === undefined) return;
    const [parts, whole] =
      of === "output" ? [node.inputs, node.outputs[0]!] : [node.outputs, node.inputs[0]!];
    const lying = parts.filter((part, i) => this.#nest(this.of(part), this.of(whole), offsets[i]!));
    if (lying.length === parts.length) this.#idle.add(placed);
  }

  #nest(part: Storage, whole: Storage, offsetBytes: number): boolean {
    const isFree = part.space === "arena" && !part.within && part !== this.rootOf(whole).root;
    const isOwned = whole.space === "arena" && !part.values.some((value) => this.#outputRoots.has(value));
    if (!isFree || !isOwned || offsetBytes % arenaAlignment !== 0) return false;
    part.within = { whole, offsetBytes };
    whole.parts.push(part);
    return true;
  }

  #reusable({ node, kernel }: PlacedNode, index: number): Storage | undefined {
    const allowed = kernel.inPlace?.(node) ?? [];
    const bytes = valueBytes(node.outputs[0]!);
    for (const i of allowed) {
      const storage = this.of(node.inputs[i]!);
      if (storage.space !== "arena" || storage.within || storage.bytes !== bytes) continue;
      const isRead = node.inputs.some(
        (input, j) => !allowed.includes(j) && this.rootOf(this.of(input)).root === storage,
      );
      const dies = family(storage).every(({ values }) =>
        values.every((value) => (this.#lastUse.get(value) ?? -1) <= index),
      );
      if (!isRead && dies) return storage;
    }
    return undefined;
  }

  #add(value: Value, space: Storage["space"], start: number): Storage {
    const storage: Storage = { bytes: valueBytes(value), space, values: [value], start, parts: [] };
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
