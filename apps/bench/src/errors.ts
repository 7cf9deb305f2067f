import { CoracleError } from "@coracle/core";

/** An option has a value that is not known. */
export class UsageError extends CoracleError {
  constructor(option: string, given: string, expected: readonly string[]) {
    super("CORACLE_DATA", `bench: --${option} has "${given}"; expected ${expected.join(", ")}.`);
  }
}

/** A peer engine cannot be used here, or not with this model; the text says why. */
export class PeerError extends CoracleError {
  constructor(engine: string, reason: string, options?: ErrorOptions) {
    super("CORACLE_BACKEND", `${engine}: ${reason}`, options);
  }
}

export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
