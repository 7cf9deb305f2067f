import type { Device, Location, PlannedStep } from "../backend/device.ts";
import type { Arg, PlanBuilder, StepSpec } from "../backend/kernel.ts";
import type { Value } from "../ir/program.ts";
import type { Tensor } from "../ir/tensor.ts";
import type { Lifetime } from "./arena.ts";
import { packedBytes } from "./packed.ts";
import type { PlacedNode } from "./place.ts";

/** What an `Arg` is inside the planner. */
export type ArgRecord =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "temporary"; readonly index: number }
  | { readonly kind: "packed"; readonly data: Uint8Array };

export type Resolve = (record: ArgRecord) => Location;

const toArg = (record: ArgRecord): Arg => record as unknown as Arg;
export const toRecord = (arg: Arg): ArgRecord => arg as unknown as ArgRecord;

/** What the lowering of all nodes gathers. */
export interface Lowered {
  /** Per placed node; empty for views. */
  readonly steps: PlannedStep[][];
  readonly temporaries: Lifetime[];
  readonly packed: Set<Uint8Array>;
}

class NodeBuilder implements PlanBuilder {
  readonly threads: number;
  readonly #placed: PlacedNode;
  readonly #index: number;
  readonly #device: Device;
  readonly #lowered: Lowered;

  constructor(placed: PlacedNode, device: Device, lowered: Lowered) {
    this.threads = device.threads;
    this.#placed = placed;
    this.#device = device;
    this.#lowered = lowered;
    this.#index = lowered.steps.length;
    lowered.steps.push([]);
  }

  arg(value: Value): Arg {
    return toArg({ kind: "value", value });
  }

  temporary(bytes: number): Arg {
    const { temporaries } = this.#lowered;
    temporaries.push({ bytes, start: this.#index, end: this.#index });
    return toArg({ kind: "temporary", index: temporaries.length - 1 });
  }

  packed(source: Tensor, key: string, bytes: number, fill: (target: Uint8Array) => void): Arg {
    const data = packedBytes(this.#device, { source, key, bytes, fill });
    this.#lowered.packed.add(data);
    return toArg({ kind: "packed", data });
  }

  call(kernel: string, args: readonly ArrayBufferView[], params: Int32Array, tasks: number): void {
    this.#device.call(kernel, args, params, tasks);
  }

  step(spec: StepSpec): void {
    if (spec.tasks > 0) this.#lowered.steps[this.#index]!.push({ ...spec, node: this.#placed.node });
  }
}

/** Lowers the next node: its steps, temporaries and packed constants are added to `lowered`. */
export function lowerNode(placed: PlacedNode, device: Device, lowered: Lowered): void {
  const builder = new NodeBuilder(placed, device, lowered);
  if (!placed.isView) placed.kernel.lower(placed.node, builder);
}
