// Packs what is published, checks it with publint and attw, installs the tarballs in an empty project and runs a model there.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stage } from "../packages/backend-x86/scripts/stage.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const limitBytes = 8_000_000;
const libraries = ["core", "backend-x86", "convert", "vision", "models"];

const run = (command, args, cwd = root) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
const npx = (name) => join(root, "node_modules", ".bin", name);
const pack = (folder, destination) =>
  join(
    destination,
    JSON.parse(
      run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", destination], folder),
    )[0].filename,
  );

function treeBytes(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + treeBytes(join(path, name)), 0);
}

function checkLibrary(name) {
  const folder = join(root, "packages", name);
  for (const [tool, args] of [
    ["publint", ["run", "--strict", "."]],
    ["attw", ["--pack", ".", "--profile", "esm-only"]],
  ]) {
    const result = spawnSync(npx(tool), args, { cwd: folder, encoding: "utf8" });
    if (result.status !== 0)
      throw new Error(`${tool} on @coracle/${name}:\n${result.stdout}${result.stderr}`);
  }
  console.log(`@coracle/${name}: publint and attw are clean`);
}

const model = `
const model = await loadModel(process.argv[2]);
const predictor = await Predictor.create(model, { backends: [x86], threads: 1 });
const { name, dtype, shape } = predictor.inputs[0];
const dims = shape.map((dim) => (typeof dim === "number" ? dim : 1));
const outputs = await predictor.run({ [name]: Tensor.zeros(dtype, dims) });
const native = predictor.explain().toString().includes("x86/");
predictor.dispose();
console.log(Object.values(outputs)[0].shape.join("x"), native ? "native" : "reference");
if (!native) process.exit(1);
`;
const esm = `import { Predictor, Tensor } from "@coracle/core";
import { loadModel } from "@coracle/convert";
import { x86 } from "@coracle/backend-x86";
${model}`;
const cjs = `const { Predictor, Tensor } = require("@coracle/core");
const { loadModel } = require("@coracle/convert");
const { x86 } = require("@coracle/backend-x86");
(async () => {${model}})();`;

function installAndRun(work) {
  const folders = [
    join(root, "packages", "core"),
    join(root, "packages", "convert"),
    ...stage(join(work, "staged")),
  ];
  const tarballs = folders.map((folder) => pack(folder, work));
  const project = join(work, "project");
  mkdirSync(project);
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ name: "empty", version: "1.0.0", private: true }),
  );
  run(
    "npm",
    ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", ...tarballs],
    project,
  );
  const modules = join(project, "node_modules");
  const scoped = readdirSync(modules).flatMap((name) =>
    name.startsWith("@")
      ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`)
      : name.startsWith(".")
        ? []
        : [name],
  );
  const sizes = scoped.map((name) => ({ package: name, bytes: treeBytes(join(modules, name)) }));
  console.table(sizes);
  for (const { package: name } of sizes) {
    const { scripts = {} } = JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8"));
    const hooks = ["preinstall", "install", "postinstall"].filter((hook) => scripts[hook]);
    if (name.startsWith("@coracle/") && hooks.length > 0)
      throw new Error(`${name} has install scripts: ${hooks.join(", ")}`);
  }
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(`total unpacked: ${(total / 1e6).toFixed(2)} MB; limit ${limitBytes / 1e6} MB`);
  if (total >= limitBytes) throw new Error(`${total} bytes installed; expected less than ${limitBytes}.`);
  const network = join(root, "examples", "faces", "assets", "ultraface_rfb320.onnx");
  writeFileSync(join(project, "run.mjs"), esm);
  writeFileSync(join(project, "run.cjs"), cjs);
  for (const file of ["run.mjs", "run.cjs"]) {
    console.log(`${file}: ${run(process.execPath, [file, network], project).trim()}`);
  }
}

const work = mkdtempSync(join(tmpdir(), "coracle-packages-"));
try {
  libraries.forEach(checkLibrary);
  installAndRun(work);
} finally {
  rmSync(work, { recursive: true, force: true });
}
