import type { Backend } from "../backend/backend.ts";
import type { Precision } from "../backend/precision.ts";
import type { Registry } from "../backend/registry.ts";
import { pinBuffer } from "../compile/plan.ts";
import { DataError } from "../errors.ts";
import type { DType } from "../ir/dtype.ts";
import type { Node, Program, Value } from "../ir/program.ts";
import { isStatic, type Shape } from "../ir/shape.ts";
import { type ElementType, Tensor } from "../ir/tensor.ts";
import { type Opened, openBackends } from "./backends.ts";
import type { Executor } from "./executor.ts";
import { type Explanation, makeExplanation } from "./explain.ts";
import { bindFeeds, bindShapes, type Feeds, requireWhole, type Shapes } from "./feeds.ts";
import { PlanCache } from "./plan-cache.ts";
import { makeProfile, type Profile } from "./profile.ts";
import { SerialQueue } from "./queue.ts";
import { type TuningOptions, tuningOf } from "./tuning-options.ts";

export interface PredictorOptions extends TuningOptions {
  /**
   * Where the program may run; order is preference. Absent: every installed `@coracle/backend-*` package whose
   * probe succeeds, the fastest first.
   */
  readonly backends?: readonly Backend[] | Registry;
  /** Compute threads, the calling one included. Default: the processors this process may use. */
  readonly threads?: number;
  /** Plans kept, one for each combination of input shapes; the one unused for longest goes first. Default 8. */
  readonly maxPlans?: number;
  /** Whether nodes that no backend supports run by their reference, slowly. Default true. */
  readonly fallback?: boolean;
  /**
   * "strict" leaves out kernels that round more than the operator's own sums do, such as Winograd convolutions
   * (relative error near 1e-6, always below 1e-3). Default "fast".
   */
  readonly precision?: Precision;
}

export interface RunOptions {
  /** Stops the run between two nodes; the promise rejects at once with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ProfileOptions {
  /** Measured runs, after one that is not. Default 5. */
  readonly runs?: number;
}

export interface IoInfo {
  readonly name: string;
  readonly dtype: DType;
  /** A name stands for a dimension that each run may choose. */
  readonly shape: Shape;
  /** What a sequence or optional holds. */
  readonly element?: ElementType;
}

export type Fetches = Record<string, Tensor>;

export interface MemoryInfo {
  /** Working memory, one arena for each run under way at once. */
  readonly arenaBytes: number;
  /** Weights in the form that kernels read, shared by predictors of one program on the same backend and threads. */
  readonly packedBytes: number;
  readonly plans: number;
}

function pinnedFlag(): Int32Array {
  const flag = new Int32Array(1);
  pinBuffer(flag);
  return flag;
}

const info = ({ name, type: { dtype, shape, element } }: Value): IoInfo =>
  element === undefined ? { name, dtype, shape } : { name, dtype, shape, element };

/**
 * Runs a program. Feeds are read where they are and outputs are arrays of the caller's own, so nothing is copied in
 * or out; do not change a feed before its run has ended. `dispose` (or `using`) frees threads and memory.
 */
export class Predictor implements Disposable {
  readonly inputs: readonly IoInfo[];
  readonly outputs: readonly IoInfo[];
  readonly #program: Program;
  readonly #opened: Opened;
  readonly #plans: PlanCache;
  readonly #queue = new SerialQueue();
  readonly #underWay = new Set<Int32Array>();
  #isDisposed = false;

  private constructor(program: Program, opened: Opened, plans: PlanCache) {
    this.#program = program;
    this.#opened = opened;
    this.#plans = plans;
    this.inputs = program.inputs.map(info);
    this.outputs = program.outputs.map(info);
  }

  /**
   * Plans at once when all input shapes are numbers, else with the first run of each combination of shapes.
   * Throws BackendUnavailableError when a backend that was asked for is not there, and NoKernelError when
   * `fallback` is false and a node has no kernel.
   */
  static async create(program: Program, options: PredictorOptions = {}): Promise<Predictor> {
    const { maxPlans = 8 } = options;
    if (!Number.isInteger(maxPlans) || maxPlans < 1) {
      throw new DataError(`predictor: maxPlans ${maxPlans}; expected an integer of at least 1.`);
    }
    const tuning = tuningOf(options);
    const opened = await openBackends(options);
    try {
      const predictor = new Predictor(program, opened, new PlanCache(program, opened, maxPlans, tuning));
      if (program.inputs.every(({ type }) => isStatic(type.shape))) predictor.#executor({});
      return predictor;
    } catch (error) {
      opened.release();
      throw error;
    }
  }

  /**
   * The outputs by name. The event loop stays free. Runs of one predictor take turns, each with outputs of its own.
   * Rejects with DataError when the feeds do not fit, and with the signal's reason when it aborts.
   */
  async run(feeds: Feeds, { signal }: RunOptions = {}): Promise<Fetches> {
    this.#checkAlive("run");
    signal?.throwIfAborted();
    const bound = bindFeeds(this.#program.inputs, feeds);
    return this.#queue.add(() => this.#runNow(bound, signal), signal);
  }

  /** The outputs by name, computed on this thread and the backend's own. For scripts and worker threads. */
  runSync(feeds: Feeds): Fetches {
    this.#checkAlive("runSync");
    const bound = bindFeeds(this.#program.inputs, feeds);
    const executor = this.#plans.of(bound.map(({ shape }) => shape));
    return this.#fetches(executor.runSync({ feeds: bound, cancel: pinnedFlag() })!);
  }

  /**
   * Makes the plan for these shapes; inputs whose shape is all numbers may be left out. Also runs it once, on zeros,
   * when all inputs are floats, so that the first real run finds memory and threads ready.
   */
  async warmup(shapes: Shapes = {}): Promise<void> {
    this.#checkAlive("warmup");
    this.#executor(shapes);
    const { inputs } = this.#program;
    if (!inputs.every(({ type }) => type.dtype === "f32" || type.dtype === "f64")) return;
    const bound = bindShapes(inputs, shapes);
    await this.run(
      Object.fromEntries(inputs.map(({ name, type }, i) => [name, Tensor.zeros(type.dtype, bound[i]!)])),
    );
  }

  /** Milliseconds and GFLOP/s of every node, from runs with these feeds. */
  async profile(feeds: Feeds, { runs = 5 }: ProfileOptions = {}): Promise<Profile> {
    this.#checkAlive("profile");
    const bound = bindFeeds(this.#program.inputs, feeds);
    const executor = this.#plans.of(bound.map(({ shape }) => shape));
    return this.#queue.add(async () => {
      await this.#runNow(bound);
      const nodeNs = new Map<Node, number>();
      const start = performance.now();
      for (let i = 0; i < runs; i++) await this.#runNow(bound, undefined, nodeNs);
      return makeProfile(executor.reports, { nodeNs, wallMs: performance.now() - start, runs });
    });
  }

  /**
   * Which kernel runs each node, where, and why no other does: for these shapes, or for the latest plan.
   * Throws DataError when the shapes are needed.
   */
  explain(shapes?: Shapes): Explanation {
    this.#checkAlive("explain");
    const latest = shapes ? undefined : this.#plans.latest;
    const executor = latest ?? this.#executor(shapes ?? {});
    return makeExplanation(executor.reports, [...this.#opened.notes, ...this.#plans.notes(executor)]);
  }

  get memory(): MemoryInfo {
    this.#checkAlive("memory");
    return this.#plans.memory;
  }

  /** Stops runs under way; they and those that wait reject. Does nothing the second time. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    for (const cancel of this.#underWay) Atomics.store(cancel, 0, 1);
    this.#plans.clear();
    if (this.#underWay.size === 0) this.#opened.release();
    else void this.#queue.idle().then(() => this.#opened.release());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #runNow(
    feeds: readonly Tensor[],
    signal?: AbortSignal,
    nodeNs?: Map<Node, number>,
  ): Promise<Fetches> {
    this.#checkAlive("run");
    requireWhole(this.#program.inputs, feeds);
    const executor = this.#plans.of(feeds.map(({ shape }) => shape));
    const cancel = pinnedFlag();
    const abort = (): void => void Atomics.store(cancel, 0, 1);
    signal?.addEventListener("abort", abort, { once: true });
    this.#underWay.add(cancel);
    try {
      const outputs = await executor.run(nodeNs ? { feeds, cancel, nodeNs } : { feeds, cancel });
      signal?.throwIfAborted();
      this.#checkAlive("run");
      return this.#fetches(outputs!);
    } finally {
      this.#underWay.delete(cancel);
      signal?.removeEventListener("abort", abort);
    }
  }

  #executor(shapes: Shapes): Executor {
    return this.#plans.of(bindShapes(this.#program.inputs, shapes));
  }

  #fetches(outputs: readonly Tensor[]): Fetches {
    return Object.fromEntries(this.#program.outputs.map(({ name }, i) => [name, outputs[i]!]));
  }

  #checkAlive(method: string): void {
    if (!this.#isDisposed) return;
    throw new DataError(`predictor: ${method} after dispose; expected a live predictor. Create another one.`);
  }
}
