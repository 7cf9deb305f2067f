// Makes a fresh clone ready: system tools, node modules, native code, TypeScript. Does only what is missing.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const verbose = process.argv.includes("--verbose");

function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}

function run(title, command, args) {
  const startedNs = process.hrtime.bigint();
  process.stderr.write(`setup: ${title} ... `);
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1" };
  const result = spawnSync(command, args, {
    cwd: root,
    env,
    encoding: "utf8",
    stdio: verbose ? "inherit" : "pipe",
  });
  if (result.status !== 0) {
    process.stderr.write("failed\n");
    if (!verbose) process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}\n`);
    fail(
      `"${[command, ...args].join(" ")}" ended with ${result.error?.message ?? `status ${result.status}`}`,
    );
  }
  process.stderr.write(`${(Number(process.hrtime.bigint() - startedNs) / 1e9).toFixed(1)} s\n`);
}

function isInstalled(command) {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
}

function requireCompiler() {
  if (isInstalled("c++") || isInstalled("g++")) return;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !isInstalled("apt-get")) {
    fail(
      "no C++ compiler; install one (Debian, Ubuntu: sudo apt-get install g++) and run the command again.",
    );
  }
  run("package lists", "apt-get", ["update"]);
  run("C++ compiler", "apt-get", ["install", "-y", "--no-install-recommends", "g++"]);
}

function installModules() {
  const stamp = join(root, "node_modules", ".coracle-lock");
  const hash = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  run("node modules", "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
  writeFileSync(stamp, hash);
}

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) fail(`Node ${process.version}; expected 20.19 or newer.`);
requireCompiler();
installModules();
run("native code", process.execPath, [join("packages", "cpu-native", "build.mjs")]);
run("TypeScript", join("node_modules", ".bin", "turbo"), ["run", "build", "--output-logs=errors-only"]);
