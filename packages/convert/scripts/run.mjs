import { rmSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundle } from "./bundle.mjs";

/** Runs a TypeScript program of this package in this process. */
export async function runTypeScript(entry) {
  const file = await bundle(fileURLToPath(new URL(`../${entry}`, import.meta.url)));
  process.on("exit", () => rmSync(file, { force: true }));
  await import(pathToFileURL(file).href);
}
