import { open, rename, rm } from "node:fs/promises";
import { DataError } from "@coracle/core";

/** Whole and on the disk, or not there at all. */
export async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    const file = await open(partial, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    throw new DataError(
      `output "${path}": ${(cause as Error).message}; expected a writable place with room for ${bytes.length} bytes.`,
      { cause },
    );
  }
}
