import type { Target } from "../backend/backend.ts";
import { bug } from "../errors.ts";
import type { Value } from "../ir/program.ts";
import type { PlacedNode } from "./place.ts";

/**
 * The same nodes, still each after what it reads, staying on a device for as long as it has work: few segments.
 * Nodes of one device keep their order; views, which make no step, belong to none.
 */
export function orderByDevice(nodes: readonly PlacedNode[]): readonly PlacedNode[] {
  if (new Set(nodes.map(({ target }) => target)).size < 2) return nodes;
  const order = new DeviceOrder(nodes);
  while (order.done.length < nodes.length) {
    const before = order.done.length;
    order.sweep();
    if (order.done.length === before) bug("placed nodes read one another in a circle");
  }
  return order.done;
}

class DeviceOrder {
  readonly done: PlacedNode[] = [];
  readonly #unmade: Set<Value>;
  readonly #queues = new Map<Target, PlacedNode[]>();
  #views: PlacedNode[];

  constructor(nodes: readonly PlacedNode[]) {
    this.#unmade = new Set(nodes.flatMap(({ node }) => node.outputs));
    this.#views = nodes.filter(({ isView }) => isView);
    for (const placed of nodes) {
      if (placed.isView) continue;
      const queue = this.#queues.get(placed.target);
      if (queue) queue.push(placed);
      else this.#queues.set(placed.target, [placed]);
    }
  }

  /** Each device once, as far as it gets. */
  sweep(): void {
    this.#emitViews();
    for (const queue of this.#queues.values()) {
      let next = 0;
      while (next < queue.length && this.#isReady(queue[next]!)) {
        this.#emit(queue[next++]!);
        this.#emitViews();
      }
      queue.splice(0, next);
    }
  }

  #emitViews(): void {
    for (let views = this.#views.filter((view) => this.#isReady(view)); views.length > 0; ) {
      for (const view of views) this.#emit(view);
      const emitted = new Set(views);
      this.#views = this.#views.filter((view) => !emitted.has(view));
      views = this.#views.filter((view) => this.#isReady(view));
    }
  }

  #isReady({ node }: PlacedNode): boolean {
    return !node.inputs.some((input) => this.#unmade.has(input));
  }

  #emit(placed: PlacedNode): void {
    for (const output of placed.node.outputs) this.#unmade.delete(output);
    this.done.push(placed);
  }
}
