import { open } from "node:fs/promises";
import { ConvertError } from "@coracle/core";

const largestRead = 2 ** 30;

/** One read where the system allows: small pieces take longer. */
async function readWhole(file: string): Promise<Uint8Array> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  const bytes = new Uint8Array(size);
  for (let done = 0; done < size; ) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(size - done, largestRead), done);
    if (bytesRead === 0) return bytes.subarray(0, done);
    done += bytesRead;
  }
  return bytes;
}

/** The bytes of a model's file, in memory of their own. Throws ConvertError. */
export async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readWhole(file);
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new ConvertError(`load "${file}": the file cannot be read (${reason}). Check the path.`, { cause });
  }
}
