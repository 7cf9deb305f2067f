import { loadModel } from "@coracle/convert";
import {
  type Backend,
  type MemoryInfo,
  Predictor,
  type Profile,
  type ProfileRow,
  reference,
  Tensor,
} from "@coracle/core";
import { UsageError } from "../errors.ts";
import { median } from "../stats.ts";
import { namedArrays, readArrays } from "./arrays.ts";
import { type Engine, type ModelFile, type Session, timeRuns } from "./engine.ts";
import { nodeWorker } from "./node-worker.ts";

const backends: Readonly<Record<string, () => Promise<Backend>>> = {
  x86: async () => (await import("@coracle/backend-x86")).x86,
  reference: async () => reference,
};

export const backendNames: readonly string[] = Object.keys(backends);

/** What only our own engine tells. */
export interface CoracleSession extends Session {
  memory(): MemoryInfo;
  /** Layers in the order of execution. */
  profile(runs: number): Promise<LayerTimes>;
}

/** Medians over runs. */
export interface LayerTimes {
  readonly wallMs: number;
  readonly layers: readonly ProfileRow[];
}

type Order = (a: ProfileRow, b: ProfileRow) => number;

function middleOf(profiles: readonly Profile[], order: Order): LayerTimes {
  const times = new Map<string, number[]>();
  for (const { node, ms } of profiles.flatMap(({ rows }) => rows)) {
    times.set(node, [...(times.get(node) ?? []), ms]);
  }
  const layers = profiles[0]!.rows.map((row) => ({ ...row, ms: median(times.get(row.node)!) }));
  return { wallMs: median(profiles.map(({ wallMs }) => wallMs)), layers: layers.sort(order) };
}

async function open(backend: string, model: ModelFile, threads: number): Promise<CoracleSession> {
  const make = backends[backend];
  if (!make) throw new UsageError("backends", backend, backendNames);
  const options = { backends: [await make()], threads };
  const start = performance.now();
  const predictor = await Predictor.create(await loadModel(model.path), options);
  const loadMs = performance.now() - start;
  const feeds = Object.fromEntries(
    Object.entries(await readArrays(model.inputs)).map(([name, { dtype, shape, data }]) => [
      name,
      Tensor.from(dtype, shape, data),
    ]),
  );
  let fetches = predictor.runSync(feeds);
  return {
    version: "0.1.0",
    loadMs,
    run: (ms) =>
      timeRuns(() => {
        fetches = predictor.runSync(feeds);
      }, ms),
    outputs: async () => namedArrays(Object.entries(fetches)),
    memory: () => predictor.memory,
    async profile(runs) {
      const profiles: Profile[] = [];
      for (let i = 0; i < runs; i++) profiles.push(await predictor.profile(feeds, { runs: 1 }));
      const order = new Map(predictor.explain().rows.map(({ node }, at) => [node, at]));
      return middleOf(profiles, (a, b) => order.get(a.node)! - order.get(b.node)!);
    },
    childSeconds: () => 0,
    async dispose() {
      predictor.dispose();
    },
  };
}

export interface CoracleEngine extends Engine {
  open(model: ModelFile, threads: number): Promise<CoracleSession>;
}

/** Our engine on one backend; its runs are `runSync`. */
export function coracle(backend: string, name: string): CoracleEngine {
  return {
    name,
    open: (model, threads) => open(backend, model, threads),
    worker: nodeWorker(["coracle", backend]),
  };
}
