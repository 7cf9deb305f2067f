import { BackendUnavailableError } from "@coracle/core";
import { type Level, levels } from "./context.ts";

const needs: Readonly<Record<Level, string>> = {
  sse4: "SSE4.2",
  avx2: "AVX2, FMA and F16C",
  avx512: "AVX-512 F, BW, VL, DQ and VNNI",
};

/** The levels in the bits of `coracle_cpu`, lowest first. */
export function levelsOf(cpuBits: number): readonly Level[] {
  return levels.filter((_, i) => (cpuBits >> i) & 1);
}

function isLevel(name: string): name is Level {
  return (levels as readonly string[]).includes(name);
}

/**
 * The level to load: the best of the processor, or the one that `forced` (CORACLE_ISA) names.
 * Throws BackendUnavailableError for an unknown name and for a level that the processor lacks.
 */
export function selectLevel(cpuBits: number, forced: string | undefined): Level {
  const available = levelsOf(cpuBits);
  const best = available.at(-1);
  if (best === undefined) {
    throw new BackendUnavailableError(`x86: this processor lacks ${needs.sse4}; expected at least that.`);
  }
  if (forced === undefined || forced === "") return best;
  if (!isLevel(forced)) {
    throw new BackendUnavailableError(
      `x86: CORACLE_ISA is "${forced}"; expected one of ${levels.join(", ")}. Set one of these or unset it.`,
    );
  }
  if (!available.includes(forced)) {
    throw new BackendUnavailableError(
      `x86: CORACLE_ISA is "${forced}" and this processor lacks ${needs[forced]}; expected one of ${available.join(", ")}. Set one of these or unset it.`,
    );
  }
  return forced;
}
