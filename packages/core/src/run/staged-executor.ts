import type { Plan } from "../compile/plan.ts";
import type { Program } from "../ir/program.ts";
import type { Tensor } from "../ir/tensor.ts";
import type { Executor, PlanExecutor, RunRequest } from "./executor.ts";
import type { Interpreter } from "./interpreter.ts";
import { Lru } from "./lru.ts";
import { type NodeReport, reportLater } from "./report.ts";
import { picked } from "./split-executor.ts";

const mostLaterPlans = 4;

export interface Stages {
  readonly ready: Interpreter;
  /** What follows `ready`. */
  readonly after: Program;
  /** Makes the executor of `after` for shapes in the order of its inputs. */
  readonly make: (shapes: readonly (readonly number[])[]) => Executor;
}

/** A plan, the nodes that settle unknown shapes by reference, then a plan for what these shapes made known. */
export class StagedExecutor implements Executor {
  readonly #head: PlanExecutor | undefined;
  readonly #stages: Stages;
  readonly #later = new Lru<Executor>(mostLaterPlans);

  readonly #headInputs: readonly number[];

  constructor(head: PlanExecutor | undefined, headInputs: readonly number[], stages: Stages) {
    this.#head = head;
    this.#headInputs = headInputs;
    this.#stages = stages;
  }

  get plans(): readonly Plan[] {
    const { plans: ready } = this.#stages.ready;
    return [...(this.#head?.plans ?? []), ...ready, ...this.#later.values.flatMap(({ plans }) => plans)];
  }

  get reports(): readonly NodeReport[] {
    const later = this.#later.latest?.reports ?? this.#stages.after.nodes.map(reportLater);
    return [...(this.#head?.reports ?? []), ...this.#stages.ready.reports, ...later];
  }

  runSync(request: RunRequest): readonly Tensor[] | undefined {
    const head = this.#head ? this.#head.runSync(picked(request, this.#headInputs)) : [];
    const ready = head && this.#stages.ready.runSync({ ...request, feeds: [...request.feeds, ...head] });
    return ready && this.#executor(ready).runSync({ ...request, feeds: ready });
  }

  async run(request: RunRequest): Promise<readonly Tensor[] | undefined> {
    const head = this.#head ? await this.#head.run(picked(request, this.#headInputs)) : [];
    const ready = head && (await this.#stages.ready.run({ ...request, feeds: [...request.feeds, ...head] }));
    return ready && this.#executor(ready).run({ ...request, feeds: ready });
  }

  #executor(feeds: readonly Tensor[]): Executor {
    const shapes = feeds.map(({ shape }) => shape);
    return this.#later.get(shapes.join(";"), () => this.#stages.make(shapes));
  }
}
