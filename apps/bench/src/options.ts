import { availableParallelism } from "node:os";
import { UsageError } from "./errors.ts";

/** As the command line gives them. */
export interface RawOptions {
  readonly suites: string;
  readonly models: string;
  readonly backends: string;
  readonly threads: string;
  readonly against: string;
  readonly rounds: string;
  readonly roundMs: string;
  readonly coldStarts: string;
  readonly format: string;
  readonly output?: string;
  readonly from?: string;
}

export interface Known {
  readonly models: readonly string[];
  readonly backends: readonly string[];
  readonly peers: readonly string[];
}

export const suites = ["models", "kernels", "ffi"] as const;
export const formats = ["table", "json", "html"] as const;

export type Suite = (typeof suites)[number];
export type Format = (typeof formats)[number];

export interface Settings {
  readonly suites: readonly Suite[];
  readonly models: readonly string[];
  readonly backends: readonly string[];
  readonly peers: readonly string[];
  readonly threads: readonly number[];
  readonly rounds: number;
  readonly roundMs: number;
  readonly coldStarts: number;
  readonly format: Format;
  readonly output?: string;
  readonly from?: string;
}

export const defaultThreads: string = availableParallelism() >= 2 ? "1,2" : "1";

/** The named ones, each once; "all" and "none" are names too. */
function choose<T extends string>(option: string, given: string, known: readonly T[]): T[] {
  if (given === "all") return [...known];
  if (given === "none" || given === "") return [];
  return [...new Set(given.split(",").map((name) => name.trim()))].map(
    (name) => known.find((one) => one === name) ?? unknown(option, name, known),
  );
}

function unknown(option: string, given: string, known: readonly string[]): never {
  throw new UsageError(option, given, [...known, "all"]);
}

function atLeast(option: string, given: string, least: number): number {
  const value = Number(given);
  if (Number.isInteger(value) && value >= least) return value;
  throw new UsageError(option, given, [`an integer of at least ${least}`]);
}

/** Throws UsageError. */
export function parseOptions(raw: RawOptions, known: Known): Settings {
  const format = formats.find((one) => one === raw.format);
  if (!format) throw new UsageError("format", raw.format, formats);
  const backends = choose("backends", raw.backends, known.backends);
  if (backends.length === 0) throw new UsageError("backends", raw.backends, known.backends);
  return {
    suites: choose("suites", raw.suites, suites),
    models: choose("models", raw.models, known.models),
    backends,
    peers: choose("against", raw.against, known.peers),
    threads: [...new Set(raw.threads.split(",").map((count) => atLeast("threads", count, 1)))],
    rounds: atLeast("rounds", raw.rounds, 1),
    roundMs: atLeast("round-ms", raw.roundMs, 0),
    coldStarts: atLeast("cold-starts", raw.coldStarts, 0),
    format,
    ...(raw.output === undefined ? {} : { output: raw.output }),
    ...(raw.from === undefined ? {} : { from: raw.from }),
  };
}
