import type { Backend, Target } from "../backend/backend.ts";
import type { Device } from "../backend/device.ts";
import { type Precision, withPrecision } from "../backend/precision.ts";
import { reference } from "../backend/reference.ts";
import { Registry } from "../backend/registry.ts";
import { BackendUnavailableError, CoracleError } from "../errors.ts";
import { type DeviceLease, leaseDevice } from "./devices.ts";
import { discover } from "./discover.ts";

export interface BackendOptions {
  readonly backends?: readonly Backend[] | Registry;
  readonly threads?: number;
  readonly fallback?: boolean;
  readonly precision?: Precision;
}

/** Open devices of one predictor, the preferred first. */
export interface Opened {
  readonly backends: readonly Backend[];
  readonly devices: ReadonlyMap<Target, Device>;
  /** For people: what is open, what was tried. */
  readonly notes: readonly string[];
  release(): void;
}

interface Chosen {
  readonly backends: readonly Backend[];
  readonly tried: readonly string[];
}

/** Opens the backends given, or those discovered, with the reference last. Throws BackendUnavailableError. */
export async function openBackends(options: BackendOptions): Promise<Opened> {
  const { backends, tried } = options.backends ? given(options.backends) : await discover();
  const all = withFallback(backends, options.fallback ?? true);
  if (all.length === 0) {
    throw new BackendUnavailableError(
      `predictor: 0 backends; expected at least one. Install a @coracle/backend-* package, or allow the fallback.${tried.map((line) => `\n  ${line}`).join("")}`,
    );
  }
  const leases = await leaseAll(all, options.threads);
  const notes = [...leases.map(({ target, device }) => `backend ${target}: ${device.description}`), ...tried];
  if (!options.backends && backends.length === 0) warnSlow(tried);
  return {
    backends: leases.map(({ backend }) => withPrecision(backend, options.precision ?? "fast")),
    devices: new Map(leases.map(({ target, device }) => [target, device])),
    notes,
    release: () => {
      for (const lease of leases) lease.release();
    },
  };
}

function given(backends: readonly Backend[] | Registry): Chosen {
  if (backends instanceof Registry) return { backends: backends.backends, tried: [] };
  const registry = new Registry();
  for (const backend of backends) registry.register(backend);
  return { backends: registry.backends, tried: [] };
}

function withFallback(backends: readonly Backend[], fallback: boolean): readonly Backend[] {
  const hasReference = backends.some(({ target }) => target === reference.target);
  return fallback && !hasReference ? [...backends, reference] : backends;
}

async function leaseAll(
  backends: readonly Backend[],
  threads: number | undefined,
): Promise<readonly DeviceLease[]> {
  const leases: DeviceLease[] = [];
  try {
    for (const backend of backends) leases.push(await leaseDevice(backend, threads));
    return leases;
  } catch (error) {
    for (const lease of leases) lease.release();
    if (CoracleError.isInstance(error)) throw error;
    throw new BackendUnavailableError(`predictor: a backend does not open; expected it to.`, {
      cause: error,
    });
  }
}

let isWarned = false;

function warnSlow(tried: readonly string[]): void {
  if (isWarned) return;
  isWarned = true;
  process.emitWarning(
    `no backend is available, so programs run by reference, many times slower. Install one, for example @coracle/backend-x86. Tried:\n${tried.map((line) => `  ${line}`).join("\n")}`,
    { code: "CORACLE_BACKEND" },
  );
}
