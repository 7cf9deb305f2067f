import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
// biome-ignore lint/correctness/noUndeclaredDependencies: a tool of the repository, never of the published package.
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../..", import.meta.url));

const ownUrl = ["import", "meta", "url"].join(".");

/** A module's own URL stays that of its source file, so that paths relative to it hold in the bundle. */
const keepModuleUrls = {
  name: "keep-module-urls",
  setup({ onLoad }) {
    onLoad({ filter: /packages\/[^/]+\/(src|scripts)\/.*\.(ts|mjs)$/ }, async ({ path: file }) => {
      const text = await readFile(file, "utf8");
      if (!text.includes(ownUrl)) return undefined;
      const contents = text.replaceAll(ownUrl, JSON.stringify(pathToFileURL(file).href));
      return { contents, loader: file.endsWith(".ts") ? "ts" : "js" };
    });
  },
};

function sources() {
  const packages = path.join(root, "packages");
  const entries = readdirSync(packages)
    .map((name) => [`@coracle/${name}`, path.join(packages, name, "src/index.ts")])
    .filter(([, file]) => existsSync(file));
  return Object.fromEntries(entries);
}

/** A program in TypeScript as one JavaScript file that plain Node runs, against the packages' sources; its path. */
export async function bundle(entry) {
  const folder = path.join(root, "node_modules/.cache/coracle");
  mkdirSync(folder, { recursive: true });
  const outfile = path.join(
    folder,
    `${path.basename(path.dirname(entry))}-${path.basename(entry, ".ts")}-${process.pid}.mjs`,
  );
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    alias: sources(),
    plugins: [keepModuleUrls],
    logLevel: "error",
  });
  return outfile;
}
