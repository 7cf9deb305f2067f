import type { MaybeLayout } from "../backend/kernel.ts";
import { makeValue, type Node, type Value } from "../ir/program.ts";
import type { TensorType } from "../ir/tensor.ts";
import { reorder } from "../ops/reorder.ts";
import type { Candidate, KernelIndex } from "./candidates.ts";

export function withLayout(type: TensorType, layout: MaybeLayout): TensorType {
  const { layout: _, ...plain } = type;
  return layout === undefined ? plain : { ...plain, layout };
}

/** A node that copies `from` into another layout; into the same one, a plain copy. */
export function reorderNode(from: Value, layout: MaybeLayout): Node {
  const name = `${from.name}:${layout ?? "plain"}`;
  const output = makeValue(name, withLayout(from.type, layout));
  return { name, op: reorder as Node["op"], attrs: { layout }, inputs: [from], outputs: [output] };
}

/** What it costs to have a value in another layout, and who would do it. */
export class Reorders {
  readonly #index: KernelIndex;
  readonly #best = new Map<string, Candidate | undefined>();

  constructor(index: KernelIndex) {
    this.#index = index;
  }

  /** The cheapest kernel for a reorder node; undefined when there is none. */
  best(node: Node): Candidate | undefined {
    const { accepted } = this.#index.candidates(node);
    return accepted.reduce<Candidate | undefined>(
      (best, next) => (best === undefined || next.costNs < best.costNs ? next : best),
      undefined,
    );
  }

  /** Nanoseconds; 0 for the same layout and for constants, Infinity when no kernel can. */
  costNs(value: Value, from: MaybeLayout, to: MaybeLayout): number {
    if (from === to || value.data) return 0;
    const { dtype, shape } = value.type;
    if (shape.length < 2) return Number.POSITIVE_INFINITY;
    const key = `${dtype} ${shape.join()} ${from} ${to}`;
    if (!this.#best.has(key)) {
      const probe = makeValue(value.name, withLayout(value.type, from));
      this.#best.set(key, this.best(reorderNode(probe, to)));
    }
    return this.#best.get(key)?.costNs ?? Number.POSITIVE_INFINITY;
  }
}
