import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PeerError } from "../errors.ts";
import { readArrays } from "./arrays.ts";
import type { Command, Engine, ModelFile, Session } from "./engine.ts";
import { Worker } from "./worker.ts";

/** What python must import for each engine. */
const modules: Readonly<Record<string, readonly string[]>> = {
  openvino: ["numpy", "openvino"],
  ncnn: ["numpy", "ncnn"],
  mnn: ["numpy", "MNN"],
  numpy: ["numpy"],
};

export const pythonEngines: readonly string[] = ["openvino", "ncnn", "mnn"];

const python = (): string => process.env["CORACLE_BENCH_PYTHON"] || "python3";

export function driverPath(): string {
  const candidates = ["../peers/driver.py", "../../peers/driver.py"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return candidates.find((path) => existsSync(path)) ?? candidates[0]!;
}

/** Throws PeerError, which says what is not installed. */
function requireModules(name: string): void {
  const program = python();
  const wanted = modules[name]!;
  const script = `import importlib.util as u; print(",".join(m for m in "${wanted}".split(",") if not u.find_spec(m)))`;
  const { error, status, stdout, stderr } = spawnSync(program, ["-c", script], { encoding: "utf8" });
  if (error) throw new PeerError(name, `cannot start ${program}: ${error.message}`);
  if (status !== 0) throw new PeerError(name, `${program} ended with status ${status}: ${stderr.trim()}`);
  const missing = stdout.trim();
  if (missing === "") return;
  throw new PeerError(
    name,
    `${program} has no ${missing.replaceAll(",", ", ")}; install with pip, or name another python in CORACLE_BENCH_PYTHON`,
  );
}

/** oneDNN follows its own variable; the other peers cannot be held to an instruction set. */
function environment(): Readonly<Record<string, string>> {
  const { CORACLE_ISA: level } = process.env;
  const isa = level === "avx2" ? "AVX2" : level === "sse4" ? "SSE41" : undefined;
  return isa ? { ONEDNN_MAX_CPU_ISA: isa, DNNL_MAX_CPU_ISA: isa } : {};
}

async function open(name: string, command: Command, model: ModelFile, threads: number): Promise<Session> {
  const worker = new Worker(name, command);
  try {
    const { cache, inputs, outputs } = model;
    const { loadMs, version } = await worker.ask("open", {
      model: model.path,
      cache,
      threads,
      inputs,
      outputs,
    });
    return {
      version,
      loadMs,
      run: async (ms) => (await worker.ask("run", { ms })).times,
      outputs: async () => readArrays((await worker.ask("outputs", { folder: cache })).outputs),
      childSeconds: () => worker.seconds(),
      async dispose() {
        worker.kill();
      },
    };
  } catch (error) {
    worker.kill();
    throw error;
  }
}

/** An engine with a Python package, in a process of its own. Throws PeerError where it is not installed. */
export async function pythonEngine(name: string): Promise<Engine> {
  requireModules(name);
  const worker = { program: python(), args: [driverPath(), name], env: environment() };
  return { name, worker, open: (model, threads) => open(name, worker, model, threads) };
}
