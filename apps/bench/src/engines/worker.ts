import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { PeerError } from "../errors.ts";
import { processSeconds } from "../system.ts";
import type { ArrayFile, Command } from "./engine.ts";

/** One line of JSON in, one out; the commands are described in peers/driver.py. */
export interface Requests {
  open: {
    request: {
      model: string;
      cache: string;
      threads: number;
      inputs: readonly unknown[];
      outputs: readonly string[];
    };
    answer: { loadMs: number; version: string };
  };
  run: { request: { ms: number }; answer: { times: number[] } };
  outputs: {
    request: { folder: string };
    answer: { outputs: ArrayFile[] };
  };
  memory: { request: object; answer: { peakBytes: number } };
}

interface Pending {
  resolve(line: string): void;
  reject(error: Error): void;
}

const answerTimeoutMs = 15 * 60_000;
const keptStderr = 2000;

/** A process of one engine. Requests wait for each other; a process that ends rejects all of them. */
export class Worker {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #waiting: Pending[] = [];
  #stderr = "";
  #ended: PeerError | undefined;

  constructor(name: string, { program, args, env = {} }: Command) {
    this.#name = name;
    this.#child = spawn(program, [...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-keptStderr);
    });
    createInterface({ input: this.#child.stdout! }).on("line", (line) =>
      this.#waiting.shift()?.resolve(line),
    );
    this.#child.stdin!.on("error", () => undefined);
    this.#child.on("error", (error) => this.#end(`cannot start ${program}: ${error.message}`));
    this.#child.on("close", (code, signal) =>
      this.#end(`its process ended with ${signal ?? `status ${code}`}`),
    );
  }

  /** Throws PeerError with the engine's own words, or with how its process ended. */
  async ask<K extends keyof Requests>(
    cmd: K,
    request: Requests[K]["request"],
  ): Promise<Requests[K]["answer"]> {
    if (this.#ended) throw this.#ended;
    const line = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.kill();
        reject(new PeerError(this.#name, `no answer to "${cmd}" in ${answerTimeoutMs / 60_000} minutes`));
      }, answerTimeoutMs);
      const settled =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          then(value);
        };
      this.#waiting.push({ resolve: settled(resolve), reject: settled(reject) });
      this.#child.stdin!.write(`${JSON.stringify({ cmd, ...request })}\n`);
    });
    const answer = JSON.parse(line) as Requests[K]["answer"] & { error?: string };
    if (answer.error !== undefined) throw new PeerError(this.#name, answer.error);
    return answer;
  }

  /** Processor time so far; 0 once it has ended. */
  seconds(): number {
    return this.#child.pid === undefined || this.#ended ? 0 : processSeconds(this.#child.pid);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #end(how: string): void {
    const said = this.#stderr.trim().split("\n").at(-1);
    this.#ended ??= new PeerError(this.#name, said ? `${how}: ${said}` : how);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
  }
}
