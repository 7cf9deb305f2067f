/** Programs of this folder that a test runs as a process of its own. */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { cpuInfo } from "../index.ts";

const here = dirname(fileURLToPath(import.meta.url));

export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Bundles `<name>.ts` and runs it with the native library of this process. */
export async function runProgram(name: string, timeoutMs = 50_000): Promise<Outcome> {
  const program = join(here, "..", "..", "build", "tests", `${name}.mjs`);
  await build({
    entryPoints: [join(here, `${name}.ts`)],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    external: ["koffi"],
    tsconfig: join(here, "..", "..", "..", "..", "tsconfig.json"),
    logLevel: "error",
  });
  const env = { ...process.env, CORACLE_NATIVE_DIR: join(dirname(cpuInfo().libraryPath), "..") };
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [program], {
    encoding: "utf8",
    env,
    timeout: timeoutMs,
  });
  return { status, signal, stdout, stderr };
}
