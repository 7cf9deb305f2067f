// Lays out what is published of this backend, ready for `npm pack`:
//   node scripts/stage.mjs DIR   ->   DIR/backend-x86, DIR/backend-x86-linux-x64
// Needs the native libraries (build:native) and dist (build). The platform package is no workspace member, because npm
// refuses members of another system; so its name enters optionalDependencies only here.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = join(dirname(fileURLToPath(import.meta.url)), "..");
const native = join(here, "..", "cpu-native", "build");
const license = join(here, "..", "..", "LICENSE");
const newestGlibc = [2, 28];

const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));
const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);

function requireFile(path, howToMake) {
  if (!existsSync(path)) throw new Error(`stage: ${path} is missing; ${howToMake}.`);
  return path;
}

/** Throws when a library needs a newer glibc than the README promises. */
function requireOldGlibc(library) {
  const symbols = execFileSync("objdump", ["-T", library], { encoding: "utf8" });
  for (const [text, major, minor] of symbols.matchAll(/GLIBC_(\d+)\.(\d+)/g)) {
    const isNewer =
      Number(major) > newestGlibc[0] || (Number(major) === newestGlibc[0] && Number(minor) > newestGlibc[1]);
    if (isNewer)
      throw new Error(`stage: ${library} needs ${text}; expected at most GLIBC_${newestGlibc.join(".")}.`);
  }
}

function stagePlatform(platform, destination) {
  const source = join(here, "npm", platform);
  const manifest = readJson(join(source, "package.json"));
  const target = join(destination, manifest.name.split("/")[1]);
  rmSync(target, { recursive: true, force: true });
  cpSync(source, target, { recursive: true });
  cpSync(license, join(target, "LICENSE"));
  for (const level of manifest.files) {
    const library = requireFile(join(native, level, "libcoracle.so"), "run npm run build:native");
    requireOldGlibc(library);
    mkdirSync(join(target, level), { recursive: true });
    cpSync(library, join(target, level, "libcoracle.so"));
  }
  return { name: manifest.name, version: manifest.version, folder: target };
}

/** Returns the folders to pack, the platform packages first. */
export function stage(destination) {
  const platforms = readdirSync(join(here, "npm")).map((platform) => stagePlatform(platform, destination));
  const target = join(destination, "backend-x86");
  rmSync(target, { recursive: true, force: true });
  cpSync(requireFile(join(here, "dist"), "run npm run build"), join(target, "dist"), { recursive: true });
  cpSync(license, join(target, "LICENSE"));
  const manifest = readJson(join(here, "package.json"));
  const stale = platforms.filter(({ version }) => version !== manifest.version);
  if (stale.length > 0)
    throw new Error(`stage: ${stale[0].name} is ${stale[0].version}; expected ${manifest.version}.`);
  const { devDependencies: _, scripts: __, ...published } = manifest;
  const optionalDependencies = Object.fromEntries(platforms.map(({ name, version }) => [name, version]));
  writeJson(join(target, "package.json"), { ...published, optionalDependencies });
  return [...platforms.map(({ folder }) => folder), target];
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const destination = process.argv[2];
  if (!destination) throw new Error("stage: no folder given; expected: node scripts/stage.mjs DIR.");
  for (const folder of stage(resolve(destination))) console.log(folder);
}
