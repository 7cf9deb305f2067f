import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BackendUnavailableError } from "@coracle/core";
import { type Level, levels } from "./context.ts";

const platform = `${process.platform}-${process.arch}`;
const platformPackage = `@coracle/backend-x86-${platform}`;
const fileName = "libcoracle.so";

interface Candidate {
  readonly origin: string;
  readonly folder: string | undefined;
}

function packageFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${platformPackage}/package.json`));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

function* candidates(): Generator<Candidate> {
  const forced = process.env["CORACLE_NATIVE_DIR"];
  if (forced) {
    yield { origin: "CORACLE_NATIVE_DIR", folder: forced };
    return;
  }
  const here = dirname(fileURLToPath(import.meta.url));
  yield { origin: "repository", folder: join(here, "..", "..", "cpu-native", "build") };
  yield { origin: platformPackage, folder: packageFolder() };
}

const hasLibrary = (folder: string): boolean => existsSync(join(folder, levels[0], fileName));

/**
 * The folder with a library per level: CORACLE_NATIVE_DIR alone when set, else the repository's build, else the
 * platform package. Throws BackendUnavailableError, which names what was tried and the usual causes.
 */
export function libraryFolder(): string {
  const tried: string[] = [];
  for (const { origin, folder } of candidates()) {
    if (folder !== undefined && hasLibrary(folder)) return folder;
    tried.push(
      folder === undefined ? `${origin}: not installed` : `${origin}: no ${folder}/${levels[0]}/${fileName}`,
    );
  }
  throw new BackendUnavailableError(
    `x86: no native library for ${platform} (${tried.join("; ")}); expected ${platformPackage} beside this package. ` +
      "Install again on this machine: the usual causes are npm's --omit=optional, a lock file or node_modules made on another platform, and Alpine (musl), which has no build.",
  );
}

export function libraryPath(folder: string, level: Level): string {
  return join(folder, level, fileName);
}
