import type { Backend } from "@coracle/core";
import { x86 } from "../index.ts";

/** The backend with one kernel of `op`, and every kernel of the other ops. */
export function only(op: string, kernel: string): Backend {
  const kernels = x86.kernels.filter(({ op: { name }, name: own }) => name !== op || own === kernel);
  return {
    target: x86.target,
    preference: x86.preference,
    kernels,
    probe: () => x86.probe(),
    open: (options) => x86.open(options),
  };
}
