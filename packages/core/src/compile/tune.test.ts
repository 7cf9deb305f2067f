import { expect, test } from "vitest";
import type { Backend } from "../backend/backend.ts";
import type { Kernel } from "../backend/kernel.ts";
import { bug } from "../errors.ts";
import { ProgramBuilder } from "../ir/build.ts";
import type { Op } from "../ir/op.ts";
import type { Program } from "../ir/program.ts";
import { Tensor } from "../ir/tensor.ts";
import { compileStatic } from "./compile.ts";
import { packedOf } from "./packed.ts";
import type { Plan } from "./plan.ts";
import { mix, scale } from "./testing/ops.ts";
import type { Tuning, TuningCache, TuningProgress } from "./tune.ts";

interface Contestant {
  readonly name: string;
  readonly estimateNs: number;
  readonly realNs: number;
}

interface Contest {
  readonly backend: Backend;
  /** Kernels of steps that ran, in order. */
  readonly runs: string[];
  /** Smallest and largest value that a step read. */
  readonly seen: { least: number; most: number };
}

function kernelOf({ name, estimateNs }: Contestant): Kernel {
  return {
    op: mix as Op,
    name,
    supports: () => true,
    costNs: () => estimateNs,
    lower(node, plan) {
      const [x, w] = [node.inputs[0]!, node.inputs[1]!];
      const packed = plan.packed(w.data!, name, 64, (target) => void target.fill(1));
      const args = [plan.arg(x), packed, plan.temporary(256), plan.arg(node.outputs[0]!)];
      plan.step({ kernel: name, args, params: Int32Array.of(1), tasks: 1, scratchBytes: 100 });
    },
  };
}

/** Kernels for one op that differ in what they claim and in what a run of them takes. */
function contest(
  contestants: readonly Contestant[],
  kernelSet = "1",
  disturb: (run: number, realNs: number) => number = (_, realNs) => realNs,
): Contest {
  const runs: string[] = [];
  const seen = { least: Number.POSITIVE_INFINITY, most: Number.NEGATIVE_INFINITY };
  const realNs = new Map(contestants.map(({ name, realNs: ns }) => [name, ns]));
  const scaleKernel: Kernel = {
    op: scale as Op,
    name: "scale",
    supports: () => true,
    costNs: () => 10,
    isView: () => false,
    lower: () => {},
  };
  const backend: Backend = {
    target: "contest",
    preference: 1,
    kernels: [...contestants.map(kernelOf), scaleKernel],
    probe: async () => ({ available: true, description: "contest" }),
    open: async ({ threads = 1 }) => ({
      target: "contest",
      description: "contest",
      threads,
      kernelSet,
      call: () => bug("no calls"),
      allocate: (bytes) => new Uint8Array(bytes),
      build: ({ steps }) => ({
        run: () => bug("only at once"),
        runSync({ io, stepNs }) {
          steps.forEach(({ kernel }, i) => {
            runs.push(kernel);
            stepNs![i] = stepNs![i]! + disturb(runs.length - 1, realNs.get(kernel)!);
          });
          const x = new Float32Array(io[0]!.buffer, io[0]!.byteOffset, io[0]!.byteLength / 4);
          seen.least = Math.min(seen.least, ...x);
          seen.most = Math.max(seen.most, ...x);
          return true;
        },
      }),
      dispose: () => {},
    }),
  };
  return { backend, runs, seen };
}

class MemoryCache implements TuningCache {
  readonly entries = new Map<string, number>();
  saves = 0;

  get(key: string): number | undefined {
    return this.entries.get(key);
  }

  set(key: string, ns: number): void {
    this.entries.set(key, ns);
  }

  save(): void {
    this.saves++;
  }
}

function chain(layers: number, channels = 4): Program {
  const b = new ProgramBuilder();
  let value = b.input("x", "f32", [1, channels, 2, 2]);
  for (let i = 0; i < layers; i++) {
    const w = b.constant(Tensor.zeros("f32", [channels, channels]), `w${i}`);
    value = b.one(mix, undefined, [value, w], { name: `mix${i}` });
  }
  return b.build([value]);
}

async function planned(
  { backend }: Contest,
  tuning: Tuning | undefined,
  { program = chain(1), threads = 1 }: { readonly program?: Program; readonly threads?: number } = {},
): Promise<Plan> {
  const device = await backend.open({ threads });
  return compileStatic(program, [backend], new Map([[backend.target, device]]), tuning);
}

const measuring = (cache: TuningCache): Tuning => ({ mode: "measure", cache });
const names = ({ nodes }: Plan): string[] => nodes.map(({ kernel }) => kernel.name);

const modest = { name: "modest", estimateNs: 20_000, realNs: 1_000_000 };
const boaster = { name: "boaster", estimateNs: 15_000, realNs: 2_000_000 };

test("the clock overrules an estimate that is close, and the next plan asks the cache", async () => {
  const cache = new MemoryCache();
  const first = contest([boaster, modest]);
  expect(names(await planned(first, undefined))).toEqual(["boaster"]);
  expect(first.runs).toEqual([]);
  const made = await planned(first, measuring(cache));
  expect(names(made)).toEqual(["modest"]);
  expect(made.nodes[0]!.costNs).toBe(1_000_000);
  expect(made.nodes[0]!.rejected).toEqual([
    { kernel: "boaster", reason: "measured 2.00 ms against 1.00 ms" },
  ]);
  expect(first.runs).toEqual(Array.from({ length: 4 }, () => ["boaster", "modest"]).flat());
  expect([...cache.entries.values()]).toEqual([2_000_000, 1_000_000]);
  expect(cache.saves).toBe(1);

  const second = contest([boaster, modest]);
  expect(names(await planned(second, measuring(cache)))).toEqual(["modest"]);
  expect(names(await planned(second, { mode: "cached", cache }))).toEqual(["modest"]);
  expect(second.runs).toEqual([]);
});

test("a gain within the noise changes nothing", async () => {
  const barely = { ...modest, realNs: 1_960_000 };
  expect(names(await planned(contest([boaster, barely]), measuring(new MemoryCache())))).toEqual(["boaster"]);
});

test("runs that were disturbed are repeated until the two fastest agree", async () => {
  const times = new Map([3, 5, 7].map((run) => [run, run * 1e7]));
  const one = contest([boaster, modest], "1", (run, realNs) => times.get(run) ?? realNs);
  expect(names(await planned(one, measuring(new MemoryCache())))).toEqual(["modest"]);
  expect(one.runs.length).toBe(12);
});

test("inputs are noise of ordinary size", async () => {
  const one = contest([boaster, modest]);
  await planned(one, measuring(new MemoryCache()));
  expect(one.seen.least).toBeGreaterThan(-1);
  expect(one.seen.least).toBeLessThan(-0.1);
  expect(one.seen.most).toBeLessThan(1);
  expect(one.seen.most).toBeGreaterThan(0.1);
});

test("at most three kernels are timed, none whose estimate is far off, none for a node that takes no time", async () => {
  const four = ["a", "b", "c", "d"].map((name, i) => ({ ...modest, name, estimateNs: 20_000 + i }));
  const crowded = contest([...four, { ...modest, name: "hopeless", estimateNs: 90_000 }]);
  await planned(crowded, measuring(new MemoryCache()));
  expect([...new Set(crowded.runs)]).toEqual(["a", "b", "c"]);
  const clear = contest([boaster, { ...modest, estimateNs: 31_000 }]);
  await planned(clear, measuring(new MemoryCache()));
  expect(clear.runs).toEqual([]);
  const tiny = contest([boaster, modest].map((one) => ({ ...one, estimateNs: 1_000 })));
  await planned(tiny, measuring(new MemoryCache()));
  expect(tiny.runs).toEqual([]);
});

test("equal layers are timed once, others each", async () => {
  const one = contest([boaster, modest]);
  const deep = await planned(one, measuring(new MemoryCache()), { program: chain(5) });
  expect(names(deep)).toEqual(Array(5).fill("modest"));
  expect(one.runs.length).toBe(8);
});

test("a key changes with threads, kernels, shapes and estimates' rivals, not with names", async () => {
  const cache = new MemoryCache();
  const size = async (one: Contest, options = {}): Promise<number> => {
    await planned(one, measuring(cache), options);
    return cache.entries.size;
  };
  expect(await size(contest([boaster, modest]))).toBe(2);
  expect(await size(contest([boaster, modest]))).toBe(2);
  expect(await size(contest([boaster, modest]), { threads: 2 })).toBe(4);
  expect(await size(contest([boaster, modest], "2"))).toBe(6);
  expect(await size(contest([boaster, modest]), { program: chain(1, 8) })).toBe(8);
  expect(await size(contest([boaster, { ...modest, name: "third" }]))).toBe(9);
});

test("losers leave no packed weights; what other plans packed stays", async () => {
  const one = contest([boaster, modest]);
  const program = chain(1);
  const device = await one.backend.open({ threads: 1 });
  const devices = new Map([["contest", device]]);
  const weights = [program.nodes[0]!.inputs[1]!.data!];
  const made = compileStatic(program, [one.backend], devices, measuring(new MemoryCache()));
  expect(packedOf(device, weights)).toEqual(made.packed);
  compileStatic(program, [one.backend], devices);
  expect(packedOf(device, weights).length).toBe(2);
  compileStatic(program, [one.backend], devices, measuring(new MemoryCache()));
  expect(packedOf(device, weights).length).toBe(2);
});

test("without budget, or with known times of some only, estimates decide", async () => {
  const cache = new MemoryCache();
  const one = contest([boaster, modest]);
  expect(names(await planned(one, { mode: "measure", cache, budgetMs: 0 }))).toEqual(["boaster"]);
  expect(names(await planned(one, { mode: "cached", cache }))).toEqual(["boaster"]);
  expect(one.runs).toEqual([]);
  await planned(one, measuring(cache));
  const [firstKey] = cache.entries.keys();
  cache.entries.delete(firstKey!);
  expect(names(await planned(one, { mode: "cached", cache }))).toEqual(["boaster"]);
});

test("progress is told before each measurement", async () => {
  const told: TuningProgress[] = [];
  const tuning = { ...measuring(new MemoryCache()), onProgress: (at: TuningProgress) => void told.push(at) };
  await planned(contest([boaster, modest]), tuning, { program: chain(3) });
  expect(told).toEqual([{ node: "mix0", done: 0, total: 3 }]);
});
