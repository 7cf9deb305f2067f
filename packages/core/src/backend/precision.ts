import type { Backend } from "./backend.ts";
import type { Kernel } from "./kernel.ts";

/** "fast": the fastest kernels. "strict": only those whose rounding is that of the operator's own sums. */
export type Precision = "fast" | "strict";

const refusal = "approximate; precision is strict";

const strictly = (kernel: Kernel): Kernel =>
  kernel.isApproximate ? { ...kernel, supports: () => refusal } : kernel;

/** The backend, whose approximate kernels take no node when `precision` is "strict". */
export function withPrecision(backend: Backend, precision: Precision): Backend {
  if (precision === "fast" || !backend.kernels.some(({ isApproximate }) => isApproximate)) return backend;
  return {
    target: backend.target,
    preference: backend.preference,
    kernels: backend.kernels.map(strictly),
    probe: () => backend.probe(),
    open: (options) => backend.open(options),
    ...(backend.kernelsFor && { kernelsFor: (op) => backend.kernelsFor!(op) }),
  };
}
