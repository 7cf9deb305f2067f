import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import type { TuningCache } from "../compile/tune.ts";

const version = 1;
const defaultEntries = 8192;
const lockWaitMs = 500;
const lockTurnMs = 5;
/** A lock this old was left by a process that died. */
const staleMs = 5_000;

/** coracle/tuning.json in XDG_CACHE_HOME, else in ~/.cache. */
export function defaultTuningFile(): string {
  const given = process.env["XDG_CACHE_HOME"];
  const folder = given && isAbsolute(given) ? given : join(homedir(), ".cache");
  return join(folder, "coracle", "tuning.json");
}

/**
 * Tuning times in a JSON file, the oldest dropped beyond `mostEntries`. Processes that save at once keep one another's
 * entries. A file that cannot be read counts as empty, and one that cannot be written is let be: it only saves time.
 */
export class TuningFile implements TuningCache {
  readonly #path: string;
  readonly #mostEntries: number;
  readonly #known: Map<string, number>;
  readonly #fresh = new Map<string, number>();

  constructor(path: string, mostEntries: number = defaultEntries) {
    this.#path = path;
    this.#mostEntries = mostEntries;
    this.#known = readEntries(path);
  }

  get(key: string): number | undefined {
    return this.#fresh.get(key) ?? this.#known.get(key);
  }

  set(key: string, ns: number): void {
    this.#fresh.set(key, ns);
  }

  save(): void {
    if (this.#fresh.size === 0) return;
    unlessRefused(() => {
      mkdirSync(dirname(this.#path), { recursive: true });
      withLock(`${this.#path}.lock`, () => this.#merge());
    });
  }

  #merge(): void {
    for (const [key, ns] of readEntries(this.#path)) this.#known.set(key, ns);
    for (const [key, ns] of this.#fresh) {
      this.#known.delete(key);
      this.#known.set(key, ns);
    }
    const kept = [...this.#known].slice(-this.#mostEntries);
    const temporary = `${this.#path}.${process.pid}.partial`;
    try {
      writeFileSync(temporary, JSON.stringify({ version, ns: Object.fromEntries(kept) }, undefined, 1));
      renameSync(temporary, this.#path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    this.#fresh.clear();
  }
}

function readEntries(path: string): Map<string, number> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
    return new Map(isContents(parsed) ? Object.entries(parsed.ns).filter(isEntry) : []);
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) !== undefined) return new Map();
    throw error;
  }
}

function isContents(parsed: unknown): parsed is { readonly ns: Readonly<Record<string, unknown>> } {
  if (typeof parsed !== "object" || parsed === null || !("version" in parsed) || !("ns" in parsed))
    return false;
  return parsed.version === version && typeof parsed.ns === "object" && parsed.ns !== null;
}

function isEntry(entry: [string, unknown]): entry is [string, number] {
  return typeof entry[1] === "number" && entry[1] >= 0;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

function unlessRefused(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
}

/** Goes on without the lock when it stays taken: what another process measured at that moment may then be lost. */
function withLock(path: string, work: () => void): void {
  const isTaken = takeLock(path);
  try {
    work();
  } finally {
    if (isTaken) rmSync(path, { force: true });
  }
}

function takeLock(path: string): boolean {
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const end = performance.now() + lockWaitMs;
  while (performance.now() < end) {
    try {
      closeSync(openSync(path, "wx"));
      return true;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
      unlessRefused(() => {
        if (Date.now() - statSync(path).mtimeMs > staleMs) rmSync(path, { force: true });
      });
    }
    Atomics.wait(turn, 0, 0, lockTurnMs);
  }
  return false;
}
