import { deservesPlan } from "../compile/bodies.ts";
import { prepare } from "../compile/compile.ts";
import type { Plan } from "../compile/plan.ts";
import { withFreshSymbols } from "../compile/stage.ts";
import { evaluateBlock } from "../ir/evaluate.ts";
import type { BlockCall } from "../ir/op.ts";
import type { Block, Program } from "../ir/program.ts";
import type { Tensor } from "../ir/tensor.ts";
import type { Executor, RunRequest } from "./executor.ts";
import { Lru } from "./lru.ts";

/** A cache of keys and values grows with each trip of a loop: each length has a plan. */
const mostPlans = 64;
/** A block whose shapes seldom come again has no more plans made once it had this many. */
const mostMissed = 128;

/** Handing work to other threads and hearing of its end costs an event each: not worth it below this. */
const quickMs = 1;

type Make = (program: Program) => Executor;

/** Executors of one block by the shapes it is given. */
class BlockPlans {
  readonly executors = new Lru<Executor>(mostPlans);
  readonly #program: Program;
  readonly #make: Make;
  #numCalls = 0;
  #numMade = 0;

  constructor(block: Block, make: Make) {
    this.#program = withFreshSymbols({ ...block, meta: {}, states: [] });
    this.#make = make;
  }

  /** Undefined when the block is to be run by reference: feeds it was not declared for, or ever new shapes. */
  of(feeds: readonly Tensor[]): Executor | undefined {
    const shapes = feeds.map(({ shape }) => shape);
    const key = shapes.join(";");
    this.#numCalls++;
    if (!this.executors.has(key)) {
      const isWasteful = this.#numMade >= mostMissed && this.#numMade > this.#numCalls / 2;
      if (isWasteful || !this.#takes(shapes)) return undefined;
    }
    return this.executors.get(key, () => {
      this.#numMade++;
      const named = this.#program.inputs.map(({ name }, i) => [name, shapes[i]!] as const);
      return this.#make(prepare(this.#program, Object.fromEntries(named)));
    });
  }

  #takes(shapes: readonly (readonly number[])[]): boolean {
    return this.#program.inputs.every(({ type }, i) => {
      const shape = shapes[i]!;
      return (
        shape.length === type.shape.length &&
        type.shape.every((dim, axis) => typeof dim === "string" || dim === shape[axis])
      );
    });
  }
}

/** Runs the blocks of `if`, `loop` and `scan`: by plans where they deserve one, else by reference. */
export class BlockRunner {
  readonly #make: Make;
  #plans = new WeakMap<Block, BlockPlans>();
  readonly #lastMs = new WeakMap<Executor, number>();

  constructor(make: Make) {
    this.#make = make;
  }

  /** Undefined when cancelled. */
  runSync({ block, feeds }: BlockCall, { cancel }: RunRequest): readonly Tensor[] | undefined {
    if (Atomics.load(cancel, 0) !== 0) return undefined;
    const executor = this.#executor(block, feeds);
    return executor ? executor.runSync({ feeds, cancel }) : evaluateBlock(block, feeds);
  }

  /** On this thread when the block was quick before. */
  async run({ block, feeds }: BlockCall, { cancel }: RunRequest): Promise<readonly Tensor[] | undefined> {
    if (Atomics.load(cancel, 0) !== 0) return undefined;
    const executor = this.#executor(block, feeds);
    if (!executor) return evaluateBlock(block, feeds);
    const isQuick = (this.#lastMs.get(executor) ?? Number.POSITIVE_INFINITY) < quickMs;
    const start = performance.now();
    const request = { feeds, cancel };
    const outputs = isQuick ? executor.runSync(request) : await executor.run(request);
    this.#lastMs.set(executor, performance.now() - start);
    return outputs;
  }

  plansOf(block: Block): readonly Plan[] {
    return this.#plans.get(block)?.executors.values.flatMap(({ plans }) => plans) ?? [];
  }

  clear(): void {
    this.#plans = new WeakMap();
  }

  #executor(block: Block, feeds: readonly Tensor[]): Executor | undefined {
    if (!deservesPlan(block)) return undefined;
    const plans = this.#plans.get(block) ?? new BlockPlans(block, this.#make);
    this.#plans.set(block, plans);
    return plans.of(feeds);
  }
}
