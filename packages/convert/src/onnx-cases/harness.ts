import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { bundle } from "../../scripts/bundle.mjs";
import { caseArchives, dataFolder, readArchives } from "./archive.ts";
import { type Case, type Group, operatorOf, readCases } from "./cases.ts";
import { type Reply, runInWorkers } from "./pool.ts";

export interface CaseResult {
  readonly group: Group;
  readonly name: string;
  readonly operator: string;
  readonly ms: number;
  /** Undefined when the case passes. */
  readonly reason: string | undefined;
}

export interface HarnessOptions {
  readonly backend: string;
  /** Only names that it matches. */
  readonly filter?: RegExp;
  readonly onReply?: (reply: Reply) => void;
}

const timeoutMs = { node: 20_000, simple: 20_000, light: 300_000 } as const;

/** The light models take longest, so they go first. */
const longest = ({ group }: Case): number => timeoutMs[group];

/** The standard cases, or the reason why there are none here. */
export function findCases(): ReadonlyMap<string, Case> | string {
  const folder = dataFolder();
  if (folder === undefined) return "no data folder: set CORACLE_DATA";
  const archives = caseArchives(folder);
  if (archives.length === 0) return "the data folder has no onnx-backend-tests/*.tar.gz";
  return readCases(readArchives(archives));
}

/** Every case in worker processes: a crash or a hang is a result like any other. */
export async function runCases(
  cases: ReadonlyMap<string, Case>,
  { backend, filter, onReply }: HarnessOptions,
): Promise<readonly CaseResult[]> {
  const chosen = [...cases.values()].filter(({ name }) => filter?.test(name) ?? true);
  const items = chosen.sort((a, b) => longest(b) - longest(a));
  const program = await bundle(fileURLToPath(new URL("./worker.ts", import.meta.url)));
  try {
    const replies = await runInWorkers(
      items.map(({ name }) => name),
      {
        program,
        workers: Math.min(4, availableParallelism()),
        timeoutMs: (name) => timeoutMs[cases.get(name)!.group],
        env: { CORACLE_CASES_BACKEND: backend, CORACLE_DATA: dataFolder()! },
        ...(onReply ? { onReply } : {}),
      },
    );
    return items.map((item, i) => ({
      group: item.group,
      name: item.name,
      operator: operatorOf(item, cases),
      ms: replies[i]!.ms,
      reason: replies[i]!.reason,
    }));
  } finally {
    if (existsSync(program)) await rm(program);
  }
}
