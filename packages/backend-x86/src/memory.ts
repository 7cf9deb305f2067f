import { addressOf, type Native } from "./native.ts";

const lineBytes = 64;
const hugePageBytes = 2 ** 21;
const leastHugeBytes = 2 ** 22;

/** A zeroed block that starts on a cache line; large ones start on a huge page and ask for such. */
export function allocateAligned(native: Native, bytes: number): Uint8Array {
  const isHuge = bytes >= leastHugeBytes;
  const alignment = isHuge ? hugePageBytes : lineBytes;
  const whole = new Uint8Array(new ArrayBuffer(bytes + alignment));
  const misaligned = Number(addressOf(whole) % BigInt(alignment));
  const block = whole.subarray(alignment - misaligned, alignment - misaligned + bytes);
  if (isHuge) native.adviseHuge(block);
  return block;
}
