import type { Plan } from "../compile/plan.ts";
import type { Tensor } from "../ir/tensor.ts";
import type { Executor, PlanExecutor, RunRequest } from "./executor.ts";
import type { Interpreter } from "./interpreter.ts";
import type { NodeReport } from "./report.ts";

/** A plan for the nodes with known shapes, then the reference for the rest. */
export class SplitExecutor implements Executor {
  readonly reports: readonly NodeReport[];
  readonly #head: PlanExecutor;
  readonly #rest: Interpreter;

  readonly #headInputs: readonly number[];

  constructor(head: PlanExecutor, headInputs: readonly number[], rest: Interpreter) {
    this.#head = head;
    this.#headInputs = headInputs;
    this.#rest = rest;
    this.reports = [...head.reports, ...rest.reports];
  }

  get plans(): readonly Plan[] {
    return [...this.#head.plans, ...this.#rest.plans];
  }

  runSync(request: RunRequest): readonly Tensor[] | undefined {
    const head = this.#head.runSync(picked(request, this.#headInputs));
    return head && this.#rest.runSync(continued(request, head));
  }

  async run(request: RunRequest): Promise<readonly Tensor[] | undefined> {
    const head = await this.#head.run(picked(request, this.#headInputs));
    return head && this.#rest.run(continued(request, head));
  }
}

/** The request with these of its feeds. */
export function picked(request: RunRequest, inputs: readonly number[]): RunRequest {
  if (inputs.length === request.feeds.length) return request;
  return { ...request, feeds: inputs.map((i) => request.feeds[i]!) };
}

function continued(request: RunRequest, head: readonly Tensor[]): RunRequest {
  return { ...request, feeds: [...request.feeds, ...head] };
}
