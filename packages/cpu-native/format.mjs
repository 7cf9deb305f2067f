// Formats the C++ sources with clang-format and .clang-format; says so and does nothing where it is not installed.
//   node format.mjs [--check]
// --check changes nothing and fails when a file is not formatted. Other major versions format otherwise: they skip too.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const folders = ["simd", "kernels", "runtime", "check", "include"];
const wantedMajor = 14;
const isCheck = process.argv.includes("--check");

function sourcesIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? sourcesIn(path) : /\.(h|cc)$/.test(entry.name) ? [path] : [];
    })
    .sort();
}

/** The major version, undefined where the command does not run. */
function majorOf(command) {
  const { status, stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
  if (status !== 0) return undefined;
  return Number(/version (\d+)/.exec(stdout)?.[1]);
}

function skip(reason) {
  console.log(`clang-format: skipped, ${reason}`);
  process.exit(0);
}

const candidates = process.env.CLANG_FORMAT
  ? [process.env.CLANG_FORMAT]
  : [`clang-format-${wantedMajor}`, "clang-format"];
const versions = candidates.map((command) => ({ command, major: majorOf(command) }));
const found = versions.find(({ major }) => major === wantedMajor);
if (!found) {
  const others = versions.filter(({ major }) => major !== undefined);
  const have =
    others.length > 0 ? `found version ${others.map(({ major }) => major).join(", ")}` : "not found";
  skip(`${have} (tried ${candidates.join(", ")}); expected version ${wantedMajor}.`);
}

const files = folders.flatMap((folder) => sourcesIn(join(root, folder)));
const flags = isCheck ? ["--dry-run", "--Werror"] : ["-i"];
const { status, stderr } = spawnSync(found.command, ["--style=file", ...flags, ...files], {
  encoding: "utf8",
});
if (status !== 0) {
  const unformatted = new Set(
    [...stderr.matchAll(/^(.+?):\d+:\d+: /gm)].map(([, path]) => relative(root, path)),
  );
  console.error(
    unformatted.size > 0
      ? `clang-format: not formatted: ${[...unformatted].join(", ")}. Run node packages/cpu-native/format.mjs.`
      : `clang-format: ${stderr}`,
  );
  process.exit(1);
}
console.log(`clang-format: ${files.length} files ${isCheck ? "are formatted" : "formatted"}`);
