import type { Backend, Target } from "../backend/backend.ts";
import type { Device } from "../backend/device.ts";

interface Shared {
  readonly backend: Backend;
  readonly key: string;
  readonly device: Promise<Device>;
  users: number;
}

const shared: Shared[] = [];

/** Held by one predictor; `release` when it is done. */
export interface DeviceLease {
  readonly target: Target;
  readonly backend: Backend;
  readonly device: Device;
  release(): void;
}

/**
 * A device of the backend, shared with whoever else asks for the same backend and threads, so that packed weights
 * exist once. Disposed of when its last user releases it. Throws what `Backend.open` throws.
 */
export async function leaseDevice(backend: Backend, threads: number | undefined): Promise<DeviceLease> {
  const key = String(threads ?? "default");
  let entry = shared.find((other) => other.backend === backend && other.key === key);
  if (!entry) {
    entry = { backend, key, device: backend.open(threads === undefined ? {} : { threads }), users: 0 };
    shared.push(entry);
  }
  const held = entry;
  held.users++;
  try {
    const device = await held.device;
    let isHeld = true;
    const release = (): void => {
      if (isHeld) drop(held, device);
      isHeld = false;
    };
    return { target: backend.target, backend, device, release };
  } catch (error) {
    drop(held);
    throw error;
  }
}

function drop(held: Shared, device?: Device): void {
  held.users--;
  if (held.users > 0) return;
  shared.splice(shared.indexOf(held), 1);
  device?.dispose();
}
