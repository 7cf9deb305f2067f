import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "./engine.ts";

/** `serve.js` lies beside the bundle; in the sources it is run through the bundler's output. */
export function nodeWorker(args: readonly string[]): Command {
  const beside = fileURLToPath(new URL("./serve.js", import.meta.url));
  const built = fileURLToPath(new URL("../../dist/serve.js", import.meta.url));
  return { program: process.execPath, args: [existsSync(beside) ? beside : built, ...args] };
}
