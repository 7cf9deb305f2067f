/**
 * A plan and feeds become fetches: contexts, queues, cancellation, profiles.
 * Knows plans and devices by their contract only.
 */

import type { RunContext } from "../backend/device.ts";
import { type Plan, pinBuffer } from "../compile/plan.ts";
import { dataConstructor, dtypeBytes, type TypedData } from "../ir/dtype.ts";
import type { Node } from "../ir/program.ts";
import { numElements, staticShape } from "../ir/shape.ts";
import { Tensor } from "../ir/tensor.ts";
import type { ArenaPool } from "./arenas.ts";
import { reserve } from "./memory.ts";
import { type NodeReport, reportPlaced } from "./report.ts";

export interface RunRequest {
  /** In the order of the inputs; checked. */
  readonly feeds: readonly Tensor[];
  /** Element 0 becomes non-zero to stop the run. */
  readonly cancel: Int32Array;
  /** When present, nanoseconds are added per node. */
  readonly nodeNs?: Map<Node, number>;
}

/** A program made ready for one set of input shapes. */
export interface Executor {
  readonly reports: readonly NodeReport[];
  readonly plans: readonly Plan[];
  /** In the order of the outputs; undefined when cancelled. */
  runSync(request: RunRequest): readonly Tensor[] | undefined;
  run(request: RunRequest): Promise<readonly Tensor[] | undefined>;
}

export class PlanExecutor implements Executor {
  readonly plans: readonly [Plan];
  readonly reports: readonly NodeReport[];
  readonly #plan: Plan;
  readonly #arenas: ArenaPool;

  constructor(plan: Plan, arenas: ArenaPool) {
    this.#plan = plan;
    this.plans = [plan];
    this.reports = plan.nodes.map(reportPlaced);
    this.#arenas = arenas;
  }

  runSync(request: RunRequest): readonly Tensor[] | undefined {
    const run = this.#begin(request);
    try {
      for (const [i, { executable }] of this.#plan.segments.entries()) {
        if (!executable.runSync(run.contexts[i]!)) return undefined;
      }
      this.#addTimes(run, request);
      return run.outputs;
    } finally {
      this.#arenas.give(run.arena);
    }
  }

  async run(request: RunRequest): Promise<readonly Tensor[] | undefined> {
    const run = this.#begin(request);
    try {
      for (const [i, { executable }] of this.#plan.segments.entries()) {
        if (!(await executable.run(run.contexts[i]!))) return undefined;
      }
      this.#addTimes(run, request);
      return run.outputs;
    } finally {
      this.#arenas.give(run.arena);
    }
  }

  #begin({ feeds, cancel, nodeNs }: RunRequest): PlanRun {
    const outputs = this.#plan.outputs.map(({ name, type: { dtype, shape: dims } }) => {
      const shape = staticShape(dims);
      const count = numElements(shape);
      const make = (): TypedData => new (dataConstructor(dtype))(count);
      return Tensor.from(dtype, shape, reserve(`output "${name}"`, count * dtypeBytes(dtype), make));
    });
    const io = [...feeds, ...outputs].map(({ data }) => data);
    for (const data of io) pinBuffer(data);
    const arena = this.#arenas.take(this.#plan.arenaBytes);
    const contexts = this.#plan.segments.map(
      ({ steps }): RunContext =>
        nodeNs ? { arena, io, cancel, stepNs: pinnedTimes(steps.length) } : { arena, io, cancel },
    );
    return { outputs, arena, contexts };
  }

  #addTimes({ contexts }: PlanRun, { nodeNs }: RunRequest): void {
    if (!nodeNs) return;
    this.#plan.segments.forEach(({ steps }, i) => {
      steps.forEach(({ node }, j) => {
        nodeNs.set(node, (nodeNs.get(node) ?? 0) + contexts[i]!.stepNs![j]!);
      });
    });
  }
}

interface PlanRun {
  readonly outputs: readonly Tensor[];
  readonly arena: Uint8Array;
  readonly contexts: readonly RunContext[];
}

function pinnedTimes(length: number): Float64Array {
  const times = new Float64Array(length);
  pinBuffer(times);
  return times;
}
