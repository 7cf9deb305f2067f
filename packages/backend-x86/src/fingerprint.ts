import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const known = new Map<string, string>();

/** Different for every build of the library at a path; read once a process. */
export function fingerprint(path: string): string {
  const made = known.get(path) ?? createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16);
  known.set(path, made);
  return made;
}
