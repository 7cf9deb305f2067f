import { plansBlocks } from "../compile/bodies.ts";
import { compileStatic, prepare } from "../compile/compile.ts";
import type { Plan } from "../compile/plan.ts";
import { type Split, splitStatic } from "../compile/split.ts";
import { nextStage } from "../compile/stage.ts";
import type { Tuning } from "../compile/tune.ts";
import type { Program } from "../ir/program.ts";
import { isFullyStatic, specialize } from "../passes/specialize.ts";
import { ArenaPool } from "./arenas.ts";
import type { Opened } from "./backends.ts";
import { BlockRunner } from "./block-runner.ts";
import { type Executor, PlanExecutor } from "./executor.ts";
import { Interpreter } from "./interpreter.ts";
import { Lru } from "./lru.ts";
import { readsObjects } from "./report.ts";
import { SplitExecutor } from "./split-executor.ts";
import { StagedExecutor } from "./staged-executor.ts";

export interface PlanMemory {
  readonly arenaBytes: number;
  readonly packedBytes: number;
  readonly plans: number;
}

type Sizes = readonly (readonly number[])[];

function byName(program: Program, shapes: Sizes): Record<string, readonly number[]> {
  return Object.fromEntries(program.inputs.map(({ name }, i) => [name, shapes[i]!]));
}

/** Executors by input shapes, the least recently used dropped first. */
export class PlanCache {
  readonly #program: Program;
  readonly #opened: Opened;
  readonly #arenas: ArenaPool;
  readonly #executors: Lru<Executor>;
  readonly #tuning: Tuning | undefined;
  readonly #blocks = new BlockRunner((program) => this.#execute(program));

  constructor(program: Program, opened: Opened, most: number, tuning?: Tuning) {
    this.#tuning = tuning;
    this.#program = program;
    this.#opened = opened;
    this.#executors = new Lru(most);
    const [device] = opened.devices.values();
    this.#arenas = new ArenaPool(device!);
  }

  /** Shapes in the order of the inputs. Throws NoKernelError and what the passes throw. */
  of(shapes: Sizes): Executor {
    return this.#executors.get(shapes.join(";"), () =>
      this.#execute(prepare(this.#program, byName(this.#program, shapes))),
    );
  }

  get latest(): Executor | undefined {
    return this.#executors.latest;
  }

  get memory(): PlanMemory {
    const executors = this.#executors.values;
    const packed = new Set(executors.flatMap(({ plans }) => plans.flatMap(packedOf)));
    const packedBytes = [...packed].reduce((sum, { byteLength }) => sum + byteLength, 0);
    return { arenaBytes: this.#arenas.bytes, packedBytes, plans: executors.length };
  }

  clear(): void {
    this.#executors.clear();
    this.#blocks.clear();
    this.#arenas.clear();
  }

  notes(executor: Executor): readonly string[] {
    if (executor instanceof PlanExecutor) return [];
    const nodes = executor.reports.map(({ node }) => node);
    const [outside, rest] = [nodes.filter(plansBlocks), nodes.filter((node) => !plansBlocks(node))];
    const blocks =
      outside.length > 0 ? ["Blocks of control flow that deserve it are planned during the run."] : [];
    if (executor instanceof Interpreter) {
      if (rest.length === 0 && blocks.length > 0) return blocks;
      return [...blocks, "All nodes run one by one, by reference: no plan can be made."];
    }
    const later = executor instanceof StagedExecutor ? "; what follows is planned during the run" : "";
    const what = rest.some(readsObjects) ? "of strings or sequences or " : "";
    return [
      ...blocks,
      `Nodes ${what}whose shapes only a run makes known run one by one, by reference${later}.`,
    ];
  }

  #execute(program: Program): Executor {
    if (program.nodes.length === 0) return new Interpreter(program, this.#blocks);
    if (isFullyStatic(program) && !program.nodes.some(plansBlocks)) return this.#planned(program);
    const split = splitStatic(program);
    const head = split.head.nodes.length > 0 ? this.#planned(split.head) : undefined;
    return this.#staged(head, split) ?? this.#interpreted(head, split);
  }

  #staged(head: PlanExecutor | undefined, split: Split): Executor | undefined {
    const stage = nextStage(split);
    if (!stage) return undefined;
    const { ready, after } = stage;
    return new StagedExecutor(head, split.headInputs, {
      ready: new Interpreter(ready, this.#blocks),
      after,
      make: (shapes) => this.#execute(specialize(after, byName(after, shapes))),
    });
  }

  #interpreted(head: PlanExecutor | undefined, { rest, headInputs }: Split): Executor {
    const interpreter = new Interpreter(rest, this.#blocks);
    return head ? new SplitExecutor(head, headInputs, interpreter) : interpreter;
  }

  #planned(program: Program): PlanExecutor {
    const { backends, devices } = this.#opened;
    return new PlanExecutor(compileStatic(program, backends, devices, this.#tuning), this.#arenas);
  }
}

const packedOf = ({ packed }: Plan): readonly Uint8Array[] => packed;
