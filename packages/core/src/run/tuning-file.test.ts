import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DataError } from "../errors.ts";
import { defaultTuningFile, TuningFile } from "./tuning-file.ts";
import { tuningOf } from "./tuning-options.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "coracle-tuning-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

const saved = (path: string, entries: Readonly<Record<string, number>>, most?: number): TuningFile => {
  const file = new TuningFile(path, most);
  for (const [key, ns] of Object.entries(entries)) file.set(key, ns);
  file.save();
  return file;
};

test("what one file saves another reads; folders are made, nothing else is left behind", () => {
  const path = join(folder, "a", "b", "tuning.json");
  saved(path, { one: 1, __proto__x: 2 });
  const again = new TuningFile(path);
  expect([again.get("one"), again.get("__proto__x"), again.get("toString")]).toEqual([1, 2, undefined]);
  expect(readdirSync(join(folder, "a", "b"))).toEqual(["tuning.json"]);
});

test("nothing new writes nothing", () => {
  const path = join(folder, "tuning.json");
  new TuningFile(path).save();
  expect(existsSync(path)).toBe(false);
});

test("two files opened before either saved keep each other's entries; the later time wins", () => {
  const path = join(folder, "tuning.json");
  const [first, second] = [new TuningFile(path), new TuningFile(path)];
  first.set("first", 1);
  first.set("both", 1);
  second.set("second", 2);
  second.set("both", 2);
  first.save();
  second.save();
  const merged = new TuningFile(path);
  expect(["first", "second", "both"].map((key) => merged.get(key))).toEqual([1, 2, 2]);
});

test.each([
  "",
  "{",
  "null",
  "[]",
  '{"version":0,"ns":{"a":1}}',
  '{"version":1,"ns":{"a":"1","b":-1,"c":null}}',
])("a file with %j counts as empty and is written anew", (text) => {
  const path = join(folder, "tuning.json");
  writeFileSync(path, text);
  expect(["a", "b", "c"].map((key) => new TuningFile(path).get(key))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  saved(path, { d: 4 });
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ version: 1, ns: { d: 4 } });
});

test("the oldest entries go first, and one that was measured again counts as new", () => {
  const path = join(folder, "tuning.json");
  saved(path, { a: 1, b: 2, c: 3 }, 3);
  saved(path, { a: 10, d: 4 }, 3);
  expect(JSON.parse(readFileSync(path, "utf8")).ns).toEqual({ c: 3, a: 10, d: 4 });
});

test("a lock that a dead process left is removed; a folder that cannot be made is let be", () => {
  const path = join(folder, "tuning.json");
  writeFileSync(`${path}.lock`, "");
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(`${path}.lock`, longAgo, longAgo);
  saved(path, { a: 1 });
  expect(readdirSync(folder)).toEqual(["tuning.json"]);
  const file = saved(join(path, "below-a-file", "tuning.json"), { a: 2 });
  expect(file.get("a")).toBe(2);
  mkdirSync(join(folder, "taken"));
  expect(saved(join(folder, "taken"), { a: 3 }).get("a")).toBe(3);
});

test("processes that save at once lose nothing", async () => {
  const path = join(folder, "tuning.json");
  const program = join(folder, "save-times.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("./testing/save-times.ts", import.meta.url))],
    outfile: program,
    ...{ bundle: true, platform: "node", format: "esm", target: "node20", logLevel: "error" },
  });
  const numProcesses = 3;
  const ended = (name: number): Promise<number | null> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [program, path, String(name)], { stdio: "inherit" });
      child.on("exit", resolve);
    });
  const codes = await Promise.all(Array.from({ length: numProcesses }, (_, i) => ended(i)));
  expect(codes).toEqual([0, 0, 0]);
  expect(Object.keys(JSON.parse(readFileSync(path, "utf8")).ns).length).toBe(numProcesses * 20);
}, 30_000);

test("the default file follows XDG_CACHE_HOME when it is absolute", () => {
  vi.stubEnv("XDG_CACHE_HOME", "/somewhere");
  expect(defaultTuningFile()).toBe("/somewhere/coracle/tuning.json");
  vi.stubEnv("XDG_CACHE_HOME", "relative");
  expect(defaultTuningFile()).toBe(join(homedir(), ".cache", "coracle", "tuning.json"));
});

test("options: off makes no cache; what makes no sense is refused", () => {
  expect(tuningOf({})).toBeUndefined();
  expect(tuningOf({ tuning: "measure", tuningFile: join(folder, "t.json") })).toMatchObject({
    mode: "measure",
    budgetMs: 2000,
  });
  expect(() => tuningOf({ tuning: "always" as "off" })).toThrow(DataError);
  expect(() => tuningOf({ tuning: "cached", tuningBudgetMs: Number.NaN })).toThrow(DataError);
});
