import type { Backend, Target } from "../backend/backend.ts";
import type { Kernel, MaybeLayout } from "../backend/kernel.ts";
import type { RejectedKernel } from "../errors.ts";
import { makeValue, type Node, type Program, type Value } from "../ir/program.ts";
import { type Candidates, KernelIndex, noKernel } from "./candidates.ts";
import { LayoutRegrets, type Scored, score } from "./layouts.ts";
import { orderByDevice } from "./order.ts";
import { Reorders, reorderNode, withLayout } from "./reorders.ts";
import { formatNs, logSelection } from "./select-log.ts";
import type { Tuner } from "./tune.ts";

/** A node bound to a kernel; its values' types carry the chosen layouts. */
export interface PlacedNode {
  readonly node: Node;
  readonly target: Target;
  readonly kernel: Kernel;
  readonly costNs: number;
  /** True: the output is the input's bytes (in a plan, also the inputs' bytes side by side), and no step is made. */
  readonly isView: boolean;
  /** Every other kernel of the op and why it was not taken. */
  readonly rejected: readonly RejectedKernel[];
}

export interface Placement {
  readonly inputs: readonly Value[];
  /** Row-major; no two share bytes, and none shares bytes with an input or a constant. */
  readonly outputs: readonly Value[];
  readonly nodes: readonly PlacedNode[];
}

/**
 * Gives every node the kernel and layouts with the lowest estimate, layout changes included, and inserts those.
 * Backends are in order of preference, which breaks ties. A tuner settles close calls. All shapes are numbers.
 * Throws NoKernelError.
 */
export function place(program: Program, backends: readonly Backend[], tuner?: Tuner): Placement {
  return new Placer(program, new KernelIndex(backends), tuner).run();
}

class Placer {
  readonly #program: Program;
  readonly #index: KernelIndex;
  readonly #reorders: Reorders;
  readonly #candidates = new Map<Node, Candidates>();
  readonly #versions = new Map<Value, Map<MaybeLayout, Value>>();
  readonly #placed: PlacedNode[] = [];
  readonly #tuner: Tuner | undefined;

  constructor(program: Program, index: KernelIndex, tuner: Tuner | undefined) {
    this.#program = program;
    this.#index = index;
    this.#tuner = tuner;
    this.#reorders = new Reorders(index);
  }

  run(): Placement {
    const { inputs, outputs, nodes } = this.#program;
    for (const node of nodes) {
      const found = this.#index.candidates(node);
      if (found.accepted.length === 0) throw noKernel(node, this.#index, found.rejected);
      this.#candidates.set(node, found);
    }
    const regrets = new LayoutRegrets(this.#program, this.#candidates, this.#reorders);
    for (const input of inputs) this.#versions.set(input, new Map([[undefined, input]]));
    for (const node of nodes) this.#place(node, regrets);
    const owned = this.#ownedOutputs(outputs);
    return { inputs, outputs: owned, nodes: orderByDevice(this.#placed) };
  }

  #place(node: Node, regrets: LayoutRegrets): void {
    const { accepted, rejected } = this.#candidates.get(node)!;
    const estimated = score(node, accepted, this.#versions, { reorders: this.#reorders, regrets });
    const scored = this.#tuner?.rank(node, estimated) ?? estimated;
    const best = scored[0]!;
    if (!Number.isFinite(best.totalNs)) throw noKernel(node, this.#index, unreachable(scored, rejected));
    const { candidate, choice } = best;
    const inputs = node.inputs.map((input, i) => this.#version(input, choice.inputs[i]));
    const outputs = node.outputs.map((output, i) => {
      const layout = choice.outputs[i];
      const placed = layout === undefined ? output : makeValue(output.name, withLayout(output.type, layout));
      this.#versions.set(output, new Map([[layout, placed]]));
      return placed;
    });
    const losers = losing(scored, rejected);
    logSelection(node, best, losers);
    const placed = { ...node, inputs, outputs };
    this.#placed.push({
      node: placed,
      target: candidate.target,
      kernel: candidate.kernel,
      costNs: candidate.costNs,
      isView: candidate.kernel.isView?.(placed) ?? false,
      rejected: losers,
    });
  }

  /** The value in a layout, by a reorder from the cheapest existing one unless it is there already. */
  #version(value: Value, layout: MaybeLayout): Value {
    const versions = this.#versions.get(value) ?? new Map<MaybeLayout, Value>([[undefined, value]]);
    this.#versions.set(value, versions);
    const there = versions.get(layout);
    if (there) return there;
    const cost = (from: MaybeLayout): number => this.#reorders.costNs(value, from, layout);
    const [, from] = [...versions].reduce((best, next) => (cost(next[0]) < cost(best[0]) ? next : best));
    const made = this.#addReorder(from, layout);
    versions.set(layout, made);
    return made;
  }

  #addReorder(from: Value, layout: MaybeLayout): Value {
    const node = reorderNode(from, layout);
    const best = this.#reorders.best(node);
    if (!best) throw noKernel(node, this.#index, this.#index.candidates(node).rejected);
    const { target, kernel, costNs } = best;
    this.#placed.push({ node, target, kernel, costNs, isView: false, rejected: [] });
    return node.outputs[0]!;
  }

  #ownedOutputs(outputs: readonly Value[]): readonly Value[] {
    const rowMajor = outputs.map((output) => this.#version(output, undefined));
    const sources = new Map<Value, Value>();
    for (const { isView, node } of this.#placed) if (isView) sources.set(node.outputs[0]!, node.inputs[0]!);
    const root = (value: Value): Value => {
      const source = sources.get(value);
      return source ? root(source) : value;
    };
    const taken = new Set<Value>(this.#program.inputs);
    return rowMajor.map((value) => {
      const source = root(value);
      if (!source.data && !taken.has(source)) {
        taken.add(source);
        return value;
      }
      return this.#addReorder(value, undefined);
    });
  }
}

function losing(scored: readonly Scored[], rejected: readonly RejectedKernel[]): readonly RejectedKernel[] {
  const best = scored[0]!;
  const seen = new Set([best.candidate.kernel]);
  const slower: RejectedKernel[] = [];
  for (const { candidate, totalNs, isMeasured } of scored) {
    if (seen.has(candidate.kernel)) continue;
    seen.add(candidate.kernel);
    const reason = `${isMeasured ? "measured" : "estimated"} ${formatNs(totalNs)} against ${formatNs(best.totalNs)}`;
    slower.push({ kernel: candidate.kernel.name, reason });
  }
  return [...slower, ...rejected];
}

function unreachable(
  scored: readonly Scored[],
  rejected: readonly RejectedKernel[],
): readonly RejectedKernel[] {
  const reason = "no kernel reorders its inputs to the layout it takes";
  return [...scored.map(({ candidate }) => ({ kernel: candidate.kernel.name, reason })), ...rejected];
}
