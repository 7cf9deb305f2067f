/**
 * Engines load a model file and say how long its runs take. They know nothing of rounds, statistics or reports.
 */

export type NamedArray =
  | { readonly dtype: "f32"; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: "i64"; readonly shape: readonly number[]; readonly data: BigInt64Array };

/** What models take and give, by name. */
export type Arrays = Readonly<Record<string, NamedArray>>;

/** An array in a file, little-endian. */
export interface ArrayFile {
  readonly name: string;
  readonly dtype: NamedArray["dtype"];
  readonly shape: readonly number[];
  readonly path: string;
}

/** What every engine of one comparison loads. */
export interface ModelFile {
  /** An ONNX file. */
  readonly path: string;
  /** A folder of this model's own, where engines may leave what they convert. */
  readonly cache: string;
  readonly inputs: readonly ArrayFile[];
  /** Names, in the model's order. */
  readonly outputs: readonly string[];
}

export interface Session {
  readonly version: string;
  /** From the file to a session that can run; conversions of the file do not count. */
  readonly loadMs: number;
  /** Milliseconds of each run: as many as begin within `ms`, at least one. */
  run(ms: number): Promise<readonly number[]>;
  /** Of the last run, in the model's order. */
  outputs(): Promise<Arrays>;
  /** Processor seconds of processes beside this one. */
  childSeconds(): number;
  dispose(): Promise<void>;
}

/** How a process that speaks the line protocol of `worker.ts` is started. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Beside this process's own variables. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Engine {
  readonly name: string;
  open(model: ModelFile, threads: number): Promise<Session>;
  /** A fresh process of this engine, for cold start and memory. */
  readonly worker: Command;
}

/** Runs again and again until `ms` have passed; at least once. */
export async function timeRuns(run: () => void | Promise<void>, ms: number): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + ms;
  do {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  } while (performance.now() < end);
  return times;
}
