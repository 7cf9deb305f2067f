import type { Device } from "../backend/device.ts";
import { bug } from "../errors.ts";
import type { Tensor } from "../ir/tensor.ts";

type Entries = Map<string, Uint8Array>;
const caches = new WeakMap<Device, WeakMap<Tensor, Entries>>();

export interface PackRequest {
  readonly source: Tensor;
  readonly key: string;
  readonly bytes: number;
  readonly fill: (target: Uint8Array) => void;
}

function entriesOf(device: Device, source: Tensor): Entries {
  const ofDevice = caches.get(device) ?? new WeakMap<Tensor, Entries>();
  caches.set(device, ofDevice);
  const entries = ofDevice.get(source) ?? new Map<string, Uint8Array>();
  ofDevice.set(source, entries);
  return entries;
}

/** Bytes made once per device, tensor and key; they live as long as the tensor or a plan that holds them. */
export function packedBytes(device: Device, { source, key, bytes, fill }: PackRequest): Uint8Array {
  const entries = entriesOf(device, source);
  const known = entries.get(key);
  if (known) {
    if (known.byteLength !== bytes)
      bug(`packed "${key}" asked with ${bytes} bytes, made with ${known.byteLength}`);
    return known;
  }
  const target = device.allocate(bytes);
  fill(target);
  entries.set(key, target);
  return target;
}

/** What was made of these constants so far. */
export function packedOf(device: Device, sources: readonly Tensor[]): readonly Uint8Array[] {
  return sources.flatMap((source) => [...(caches.get(device)?.get(source)?.values() ?? [])]);
}

/** Forgets what was made of these constants, except `kept`; plans that hold some of it keep it. */
export function keepPacked(device: Device, sources: readonly Tensor[], kept: ReadonlySet<Uint8Array>): void {
  for (const source of sources) {
    const entries = caches.get(device)?.get(source);
    for (const [key, data] of entries ?? []) if (!kept.has(data)) entries!.delete(key);
  }
}
