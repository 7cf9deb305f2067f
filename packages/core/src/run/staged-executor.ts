import type { Plan } from "../compile/plan.ts";
import type { Stage } from "../compile/stage.ts";
import type { Tensor } from "../ir/tensor.ts";
import type { Executor, PlanExecutor, RunRequest } from "./executor.ts";
import { Interpreter } from "./interpreter.ts";
import { Lru } from "./lru.ts";
import { type NodeReport, reportLater } from "./report.ts";
import { picked } from "./split-executor.ts";

const mostLaterPlans = 4;

/** Makes the executor of a program for shapes in the order of its inputs. */
export type MakeExecutor = (shapes: readonly (readonly number[])[]) => Executor;

/** A plan, the nodes that settle unknown shapes by reference, then a plan for what these shapes made known. */
export class StagedExecutor implements Executor {
  readonly #head: PlanExecutor | undefined;
  readonly #ready: Interpreter;
  readonly #stage: Stage;
  readonly #later: Lru<Executor>;
  readonly #make: MakeExecutor;

  readonly #headInputs: readonly number[];

  constructor(
    head: PlanExecutor | undefined,
    headInputs: readonly number[],
    stage: Stage,
    make: MakeExecutor,
  ) {
    this.#head = head;
    this.#headInputs = headInputs;
    this.#stage = stage;
    this.#make = make;
    this.#ready = new Interpreter(stage.ready);
    this.#later = new Lru(mostLaterPlans);
  }

  get plans(): readonly Plan[] {
    return [...(this.#head?.plans ?? []), ...this.#later.values.flatMap(({ plans }) => plans)];
  }

  get reports(): readonly NodeReport[] {
    const later = this.#later.latest?.reports ?? this.#stage.after.nodes.map(reportLater);
    return [...(this.#head?.reports ?? []), ...this.#ready.reports, ...later];
  }

  runSync(request: RunRequest): readonly Tensor[] | undefined {
    const head = this.#head ? this.#head.runSync(picked(request, this.#headInputs)) : [];
    const ready = head && this.#ready.runSync({ ...request, feeds: [...request.feeds, ...head] });
    return ready && this.#executor(ready).runSync({ ...request, feeds: ready });
  }

  async run(request: RunRequest): Promise<readonly Tensor[] | undefined> {
    const head = this.#head ? await this.#head.run(picked(request, this.#headInputs)) : [];
    const ready = head && (await this.#ready.run({ ...request, feeds: [...request.feeds, ...head] }));
    return ready && this.#executor(ready).run({ ...request, feeds: ready });
  }

  #executor(feeds: readonly Tensor[]): Executor {
    const shapes = feeds.map(({ shape }) => shape);
    return this.#later.get(shapes.join(";"), () => this.#make(shapes));
  }
}
