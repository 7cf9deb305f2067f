import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { bundle } from "../../scripts/bundle.mjs";
import { type Reply, runInWorkers } from "../onnx-cases/pool.ts";
import { formatMutation, type Mutation } from "./mutate.ts";

const timeoutMs = 30_000;
const modelNames = [
  "mnist",
  "classifier",
  "control",
  "sequences",
  "maps",
  "strings",
  "patterns",
  "grams",
  "narrow",
] as const;

export interface FuzzOptions {
  readonly mutations: number;
  readonly firstSeed: number;
  readonly onReply?: (reply: Reply) => void;
}

function mutationsOf({ mutations, firstSeed }: FuzzOptions): string[] {
  const cuts = Array.from({ length: 100 }, (_, percent): Mutation => ({ kind: "truncate", percent }));
  const each = Math.ceil(mutations / modelNames.length);
  const flips = Array.from({ length: each }, (_, i): Mutation => ({ kind: "flip", seed: firstSeed + i }));
  return modelNames.flatMap((name) =>
    [...cuts, ...flips].map((mutation) => `${name} ${formatMutation(mutation)}`),
  );
}

/** Mutated models in worker processes; the failures: anything but a CoracleError or a result within time and memory. */
export async function fuzz(options: FuzzOptions): Promise<{ total: number; failures: readonly Reply[] }> {
  const program = await bundle(fileURLToPath(new URL("./worker.ts", import.meta.url)));
  try {
    const names = mutationsOf(options);
    const replies = await runInWorkers(names, {
      program,
      workers: Math.min(4, availableParallelism()),
      timeoutMs: () => timeoutMs,
      env: {},
      execArgv: ["--max-old-space-size=512"],
      ...(options.onReply ? { onReply: options.onReply } : {}),
    });
    return { total: names.length, failures: replies.filter(({ reason }) => reason !== undefined) };
  } finally {
    if (existsSync(program)) await rm(program);
  }
}
