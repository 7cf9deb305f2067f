import type { LayoutChoice, MaybeLayout } from "../backend/kernel.ts";
import type { Block, Node, Value } from "../ir/program.ts";
import type { Candidate, Candidates } from "./candidates.ts";
import type { Reorders } from "./reorders.ts";

/** One kernel with one of its layout choices, and its estimate with everything it entails. */
export interface Scored {
  readonly candidate: Candidate;
  readonly choice: LayoutChoice;
  readonly totalNs: number;
  /** True: `candidate.costNs` was measured, not estimated. */
  readonly isMeasured?: boolean;
}

type Regrets = Map<MaybeLayout, number>;

/**
 * For every value and layout, how much dearer the rest of the program is than with the value's best layout. Found
 * backwards; another input of a consumer counts as lying already where the consumer wants it. Never more than a
 * reorder, so it does not grow along the program.
 */
export class LayoutRegrets {
  readonly #sums = new Map<Value, Regrets>();
  readonly #reorders: Reorders;
  readonly #layouts: readonly MaybeLayout[];

  constructor(block: Block, candidates: ReadonlyMap<Node, Candidates>, reorders: Reorders) {
    this.#reorders = reorders;
    this.#layouts = layoutsOf(candidates);
    if (this.#layouts.length === 1) return;
    for (const output of block.outputs)
      this.#add(output, (layout) => reorders.costNs(output, layout, undefined));
    for (const node of block.nodes.toReversed()) this.#visit(node, candidates.get(node)!);
  }

  of(value: Value, layout: MaybeLayout): number {
    const sums = this.#sums.get(value);
    if (sums === undefined) return 0;
    let least = sums.get(layout) ?? Number.POSITIVE_INFINITY;
    for (const [other, regret] of sums) {
      least = Math.min(least, regret + this.#reorders.costNs(value, layout, other));
    }
    return least;
  }

  #visit(node: Node, { accepted }: Candidates): void {
    const options = accepted.flatMap((candidate) =>
      candidate.choices.map((choice) => ({ choice, ns: candidate.costNs + this.ofOutputs(node, choice) })),
    );
    node.inputs.forEach((input, i) => {
      if (input.data || node.inputs.indexOf(input) !== i) return;
      this.#add(input, (layout) =>
        options.reduce(
          (least, { choice, ns }) =>
            Math.min(least, ns + this.#reorders.costNs(input, layout, choice.inputs[i])),
          Number.POSITIVE_INFINITY,
        ),
      );
    });
  }

  ofOutputs(node: Node, choice: LayoutChoice): number {
    return node.outputs.reduce((sum, output, i) => sum + this.of(output, choice.outputs[i]), 0);
  }

  #add(value: Value, costNs: (layout: MaybeLayout) => number): void {
    const sums = this.#sums.get(value) ?? new Map<MaybeLayout, number>();
    this.#sums.set(value, sums);
    const costs = this.#layouts.map(costNs);
    const least = Math.min(...costs);
    if (!Number.isFinite(least)) return;
    this.#layouts.forEach((layout, i) => {
      sums.set(layout, (sums.get(layout) ?? 0) + costs[i]! - least);
    });
  }
}

function layoutsOf(candidates: ReadonlyMap<Node, Candidates>): readonly MaybeLayout[] {
  const layouts = new Set<MaybeLayout>([undefined]);
  for (const { accepted } of candidates.values()) {
    for (const { choices } of accepted) {
      for (const { inputs, outputs } of choices)
        for (const layout of [...inputs, ...outputs]) layouts.add(layout);
    }
  }
  return [...layouts];
}

/** Layouts in which each value exists so far. */
export type Versions = ReadonlyMap<Value, ReadonlyMap<MaybeLayout, Value>>;

function inputNs(value: Value, layout: MaybeLayout, versions: Versions, reorders: Reorders): number {
  const there = versions.get(value);
  if (value.data || there === undefined || there.has(layout)) return 0;
  return Math.min(...[...there.keys()].map((from) => reorders.costNs(value, from, layout)));
}

/** All ways to run a node, cheapest first; equal ones in the order of preference. */
export function score(
  node: Node,
  accepted: readonly Candidate[],
  versions: Versions,
  costs: { readonly reorders: Reorders; readonly regrets: LayoutRegrets },
): readonly Scored[] {
  const scored = accepted.flatMap((candidate) =>
    candidate.choices.map((choice): Scored => {
      const inputsNs = node.inputs.reduce((sum, input, i) => {
        const first =
          node.inputs.indexOf(input) === i || choice.inputs[i] !== choice.inputs[node.inputs.indexOf(input)];
        return first ? sum + inputNs(input, choice.inputs[i], versions, costs.reorders) : sum;
      }, 0);
      const totalNs = candidate.costNs + inputsNs + costs.regrets.ofOutputs(node, choice);
      return { candidate, choice, totalNs };
    }),
  );
  return scored.sort((a, b) => a.totalNs - b.totalNs);
}
