// Compiles one shared library per instruction set level, from the same sources; what is up to date is kept.
//   node build.mjs [--level sse4,avx2,avx512] [--families conv,reduce] [--out DIR] [--asan | --tsan] [--check [NAME]]
// --check builds and runs the native check of each level that this processor has.
// --families leaves the other families' sources and kernels.def rows out, and builds into a folder of its own.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = dirname(fileURLToPath(import.meta.url));

const levelFlags = {
  sse4: ["-msse4.2"],
  avx2: ["-mavx2", "-mfma", "-mf16c"],
  avx512: [
    ...["-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mavx512vnni", "-mfma", "-mf16c"],
    ...["-mprefer-vector-width=512", "-Wno-uninitialized", "-Wno-maybe-uninitialized"],
  ],
};
/** What coracle_cpu() says of each level; the kernel lists the same in /proc/cpuinfo. */
const levelFeatures = {
  sse4: ["sse4_2"],
  avx2: ["avx2", "fma", "f16c"],
  avx512: ["avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512_vnni", "fma", "f16c"],
};
const commonFlags = [
  ...["-std=c++17", "-fPIC", "-fvisibility=hidden", "-fno-exceptions", "-fno-rtti"],
  ...["-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"],
  ...["-fno-unwind-tables", "-fno-asynchronous-unwind-tables"],
];
const libraryLinkFlags = [
  "-nodefaultlibs",
  "-Wl,-z,defs,-z,now,-z,nodelete,--gc-sections,--exclude-libs,ALL",
  "-s",
];
const libraries = ["-lm", "-lpthread", "-lc", "-lgcc"];
const sanitizers = { asan: "address,undefined", tsan: "thread" };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    level: { type: "string" },
    families: { type: "string" },
    out: { type: "string" },
    asan: { type: "boolean", default: false },
    tsan: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
  },
});

function fail(message) {
  console.error(`cpu-native: ${message}`);
  process.exit(1);
}

function findCompiler() {
  const candidates = process.env.CXX ? [process.env.CXX] : ["c++", "g++", "clang++"];
  const found = candidates.find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
  return found ?? fail(`no C++ compiler (tried ${candidates.join(", ")}); install g++ or set CXX.`);
}

const compiler = findCompiler();
const sanitizer = options.asan ? "asan" : options.tsan ? "tsan" : undefined;
const families = options.families?.split(",");
const defaultOut = join(root, "build", families ? `only-${families.join("-")}` : "");
const buildRoot = resolve(options.out ?? defaultOut, sanitizer ?? "");
const portability = sanitizer ? [] : ["-include", join(root, "runtime", "glibc.h")];
const optimisation = sanitizer
  ? [
      "-O1",
      "-g1",
      "-fno-omit-frame-pointer",
      `-fsanitize=${sanitizers[sanitizer]}`,
      "-fno-sanitize-recover=all",
    ]
  : ["-O3"];

function selectLevels() {
  const names = options.level?.split(",") ?? Object.keys(levelFlags);
  for (const name of names) {
    if (!(name in levelFlags))
      fail(`--level ${name}; expected one of ${Object.keys(levelFlags).join(", ")}.`);
  }
  return names;
}

function sourcesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? sourcesIn(path) : entry.name.endsWith(".cc") ? [path] : [];
    })
    .sort();
}

const isWanted = (family) => families === undefined || families.includes(family);

function librarySources() {
  const kernels = readdirSync(join(root, "kernels")).filter(isWanted);
  return [
    ...sourcesIn(join(root, "runtime")),
    ...kernels.flatMap((family) => sourcesIn(join(root, "kernels", family))),
  ];
}

/** A check file is its family's; main, simd and runtime are always there. */
function checkSources() {
  const always = new Set(["main", "math", "simd", "runtime", "reorder"]);
  return sourcesIn(join(root, "check")).filter((path) => {
    const name = relative(join(root, "check"), path).replace(/\.cc$/, "").split(/[/_]/)[0];
    return always.has(name) || isWanted(name);
  });
}

function writeIfChanged(path, text) {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** The folder whose kernels.def the registry reads. */
function kernelTableFolder() {
  if (families === undefined) return root;
  const rows = readFileSync(join(root, "kernels.def"), "utf8").split("\n");
  const kept = rows.filter((row) => isWanted(/^CORACLE_KERNEL\(\w+, *(\w+)\)/.exec(row)?.[1]));
  const folder = join(buildRoot, "generated");
  writeIfChanged(join(folder, "kernels.def"), `${kept.join("\n")}\n`);
  return folder;
}

const mtime = (path) => (existsSync(path) ? statSync(path).mtimeMs : Number.POSITIVE_INFINITY);

function isFresh(object, command) {
  const stamp = `${object}.stamp`;
  if (!existsSync(object) || !existsSync(stamp)) return false;
  const [hash, ...dependencies] = readFileSync(stamp, "utf8").split("\n");
  return hash === digest(command) && dependencies.every((path) => mtime(path) <= mtime(object));
}

const digest = (command) => createHash("sha1").update(command.join("\0")).digest("hex");

function parseDependencies(text) {
  return text
    .slice(text.indexOf(":") + 1)
    .replaceAll("\\\n", " ")
    .split(/\s+/)
    .filter(Boolean);
}

function execute(command) {
  if (options.verbose) console.error(command.join(" "));
  return new Promise((done) => {
    const child = spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    child.on("error", (error) => done({ status: 1, output: error.message }));
    child.on("close", (status) => done({ status, output }));
  });
}

/** Compiles to a file of its own name and renames, so that builds at the same time do not spoil each other. */
async function compile({ source, object, flags }) {
  const command = [compiler, ...flags, "-c", source];
  if (isFresh(object, command)) return undefined;
  mkdirSync(dirname(object), { recursive: true });
  const temporary = `${object}.${process.pid}`;
  const { status, output } = await execute([...command, "-o", temporary, "-MMD", "-MF", `${temporary}.d`]);
  if (status !== 0) {
    rmSync(temporary, { force: true });
    return `${relative(root, source)}:\n${output}`;
  }
  renameSync(temporary, object);
  const dependencies = parseDependencies(readFileSync(`${temporary}.d`, "utf8"));
  rmSync(`${temporary}.d`);
  writeFileSync(`${object}.stamp`, [digest(command), ...dependencies].join("\n"));
  return undefined;
}

function compileJob(level, source, include) {
  const flags = [
    ...commonFlags,
    ...portability,
    ...optimisation,
    ...levelFlags[level],
    `-DCORACLE_ISA=${level}`,
  ];
  const folders = [...new Set([include, join(root, "include"), root])].map((folder) => `-I${folder}`);
  const object = join(buildRoot, level, "obj", relative(root, source).replace(/\.cc$/, ".o"));
  return { source, object, flags: [...flags, "-ffunction-sections", ...folders] };
}

async function runPool(jobs, work) {
  const queue = [...jobs];
  const problems = [];
  const worker = async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const problem = await work(job);
      if (problem !== undefined) problems.push(problem);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  if (problems.length > 0) fail(`\n${problems.join("\n")}`);
}

async function link({ output, objects, flags, tail }) {
  const stamp = `${output}.stamp`;
  const command = [compiler, ...flags, ...objects, ...tail];
  const newest = Math.max(...objects.map(mtime));
  if (
    existsSync(output) &&
    mtime(output) >= newest &&
    existsSync(stamp) &&
    readFileSync(stamp, "utf8") === digest(command)
  ) {
    return undefined;
  }
  const temporary = `${output}.${process.pid}`;
  const { status, output: text } = await execute([...command, "-o", temporary]);
  if (status !== 0) return text;
  renameSync(temporary, output);
  writeFileSync(stamp, digest(command));
  return undefined;
}

function libraryLink(level, objects) {
  const flags = sanitizer
    ? ["-shared", `-fsanitize=${sanitizers[sanitizer]}`]
    : ["-shared", ...libraryLinkFlags];
  return {
    output: join(buildRoot, level, "libcoracle.so"),
    objects,
    flags,
    tail: sanitizer ? ["-lpthread"] : libraries,
  };
}

function checkLink(level, objects) {
  const flags = sanitizer ? [`-fsanitize=${sanitizers[sanitizer]}`] : [];
  return { output: join(buildRoot, level, "check"), objects, flags, tail: ["-lm", "-lpthread"] };
}

function hasLevel(level) {
  const flags = new Set(
    /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.trim().split(" "),
  );
  return levelFeatures[level].every((feature) => flags.has(feature));
}

/** Runs of a sanitized library hold their own memory: leaks are looked for, races and overflows stop the run. */
function runCheck(level) {
  if (!hasLevel(level)) {
    console.log(`check ${level}: skipped, this processor lacks ${levelFeatures[level].join(" ")}`);
    return true;
  }
  const filter = options.tsan && positionals.length === 0 ? ["runtime"] : positionals;
  const { status, signal } = spawnSync(join(buildRoot, level, "check"), filter, { stdio: "inherit" });
  if (status !== 0) console.error(`check ${level}: failed (${signal ?? `status ${status}`})`);
  return status === 0;
}

const levels = selectLevels();
const include = kernelTableFolder();
const jobsOf = (sources) =>
  levels.flatMap((level) => sources.map((source) => compileJob(level, source, include)));
const libraryJobs = jobsOf(librarySources());
const checkJobs = options.check ? jobsOf(checkSources()) : [];
const objectsOf = (jobs, level) =>
  jobs.map(({ object }) => object).filter((path) => path.startsWith(join(buildRoot, level)));
await runPool([...libraryJobs, ...checkJobs], compile);
await runPool(
  levels.flatMap((level) => {
    const objects = objectsOf(libraryJobs, level);
    const library = libraryLink(level, objects);
    return options.check
      ? [library, checkLink(level, [...objects, ...objectsOf(checkJobs, level)])]
      : [library];
  }),
  link,
);
if (options.check && !levels.map(runCheck).every(Boolean)) process.exit(1);
