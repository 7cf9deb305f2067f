/**
 * One engine of this process behind the line protocol of peers/driver.py, for cold start and peak memory.
 * Arguments: coracle BACKEND, or onnxruntime.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { writeArrays } from "./engines/arrays.ts";
import type { ArrayFile, Engine, Session } from "./engines/engine.ts";
import { textOf } from "./errors.ts";

interface Request {
  readonly cmd: string;
  readonly model: string;
  readonly cache: string;
  readonly threads: number;
  readonly inputs: readonly ArrayFile[];
  readonly outputs: readonly string[];
  readonly ms: number;
  readonly folder: string;
}

let session: Session | undefined;

async function engine([name, backend]: readonly string[]): Promise<Engine> {
  if (name === "coracle") return (await import("./engines/coracle.ts")).coracle(backend ?? "x86", "coracle");
  return (await import("./engines/onnxruntime.ts")).onnxruntime();
}

function peakBytes(): number {
  const kib = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return Number(kib) * 1024;
}

async function answer(request: Request): Promise<object> {
  const { cmd, cache, threads, inputs, outputs } = request;
  if (cmd === "open") {
    session = await (await engine(process.argv.slice(2))).open(
      { path: request.model, cache, inputs, outputs },
      threads,
    );
    return { loadMs: session.loadMs, version: session.version };
  }
  if (cmd === "run") return { times: await session!.run(request.ms) };
  if (cmd === "memory") return { peakBytes: peakBytes() };
  return {
    outputs: await writeArrays(await session!.outputs(), (i) => join(request.folder, `output${i}.f32`)),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const said = await answer(JSON.parse(line)).catch((error: unknown) => ({ error: textOf(error) }));
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
