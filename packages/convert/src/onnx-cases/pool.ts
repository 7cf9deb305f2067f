import { type ChildProcess, fork } from "node:child_process";

export interface Request {
  readonly name: string;
}

/** The first reply of a worker has no name: it is ready. */
export interface Reply {
  readonly name: string;
  readonly ms: number;
  readonly reason?: string;
}

export interface PoolOptions {
  /** The worker's program, as JavaScript. */
  readonly program: string;
  readonly workers: number;
  readonly timeoutMs: (name: string) => number;
  readonly env: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
  readonly onReply?: (reply: Reply) => void;
}

class Worker {
  readonly #options: PoolOptions;
  #child: ChildProcess | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  async #ready(): Promise<ChildProcess> {
    if (this.#child?.connected) return this.#child;
    const { program, env, execArgv = [] } = this.#options;
    const child = fork(program, {
      env: { ...process.env, ...env },
      execArgv: [...execArgv],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      child.once("message", () => resolve());
      child.once("exit", (code, signal) =>
        reject(new Error(`a worker ended before its first case (${signal ?? code})`)),
      );
    });
    child.removeAllListeners();
    return child;
  }

  /** Never rejects for what the case does: a crash or a hang is its reason. */
  async run(name: string): Promise<Reply> {
    const child = await this.#ready();
    const limit = this.#options.timeoutMs(name);
    const start = performance.now();
    const reply = await new Promise<Reply>((resolve) => {
      const end = (reason: string): void => resolve({ name, ms: performance.now() - start, reason });
      const timer = setTimeout(() => {
        child.kill("SIGKILL");
        end(`timed out after ${limit / 1000} s`);
      }, limit);
      child.once("message", (message) => resolve(message as Reply));
      child.once("exit", (code, signal) => end(`crashed (${signal ?? `exit code ${code}`})`));
      child.send({ name } satisfies Request);
      void timer;
      child.once("message", () => clearTimeout(timer));
      child.once("exit", () => clearTimeout(timer));
    });
    child.removeAllListeners("message");
    child.removeAllListeners("exit");
    if (reply.reason !== undefined && /^(timed out|crashed)/.test(reply.reason)) this.#child = undefined;
    return reply;
  }

  stop(): void {
    this.#child?.kill();
  }
}

/** Runs every name in worker processes; the replies in the order given. */
export async function runInWorkers(
  names: readonly string[],
  options: PoolOptions,
): Promise<readonly Reply[]> {
  const replies = new Array<Reply>(names.length);
  let next = 0;
  const workers = Array.from({ length: Math.min(options.workers, names.length) }, () => new Worker(options));
  try {
    await Promise.all(
      workers.map(async (worker) => {
        for (let i = next++; i < names.length; i = next++) {
          replies[i] = await worker.run(names[i]!);
          options.onReply?.(replies[i]!);
        }
      }),
    );
  } finally {
    for (const worker of workers) worker.stop();
  }
  return replies;
}
