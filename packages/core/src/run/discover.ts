import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Backend } from "../backend/backend.ts";

const targets = ["cuda", "x86", "arm", "npu", "opencl"] as const;

export interface Discovered {
  /** Those that answer, the most preferred first. The reference is not among them. */
  readonly backends: readonly Backend[];
  /** For people: one line for each package tried and what came of it. */
  readonly tried: readonly string[];
}

/** Loads a package by its name; undefined when it is not installed. */
export type LoadPackage = (name: string) => Promise<Readonly<Record<string, unknown>> | undefined>;

/** Asks every installed `@coracle/backend-*` package for its device. Never throws. */
export async function discover(load: LoadPackage = loadPackage): Promise<Discovered> {
  const answers = await Promise.all(targets.map((target) => ask(target, load)));
  const backends = answers.flatMap(({ backend }) => (backend ? [backend] : []));
  backends.sort((a, b) => b.preference - a.preference);
  return { backends, tried: answers.map(({ note }) => note) };
}

interface Answer {
  readonly backend?: Backend;
  readonly note: string;
}

async function ask(target: string, load: LoadPackage): Promise<Answer> {
  const name = `@coracle/backend-${target}`;
  try {
    const found = await load(name);
    if (!found) return { note: `${name}: not installed` };
    const backend = found[target];
    if (!isBackend(backend)) return { note: `${name}: exports no backend "${target}"` };
    const { available, description } = await backend.probe();
    return available ? { backend, note: `${name}: ${description}` } : { note: `${name}: ${description}` };
  } catch (error) {
    return { note: `${name}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function isBackend(value: unknown): value is Backend {
  return (
    typeof value === "object" && value !== null && "target" in value && "probe" in value && "open" in value
  );
}

/** Beside this package first, then from the working directory: an application may install core elsewhere. */
async function loadPackage(name: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    return await import(/* @vite-ignore */ name);
  } catch (error) {
    if (!isAbsent(error, name)) throw error;
  }
  const entry = await entryFrom(resolve("package.json"), name);
  return entry === undefined ? undefined : await import(/* @vite-ignore */ pathToFileURL(entry).href);
}

/** The ES module entry, so that it shares its copy of core with an application of ES modules. */
async function entryFrom(importer: string, name: string): Promise<string | undefined> {
  let manifest: string;
  try {
    manifest = createRequire(importer).resolve(`${name}/package.json`);
  } catch (error) {
    if (isAbsent(error, name)) return undefined;
    throw error;
  }
  const { module, main } = JSON.parse(await readFile(manifest, "utf8")) as { module?: string; main?: string };
  return join(manifest, "..", module ?? main ?? "index.js");
}

function isAbsent(error: unknown, name: string): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? error.code : undefined;
  return (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") && error.message.includes(name);
}
