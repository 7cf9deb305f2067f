/**
 * Errors a person can act on. One sentence each: `<op> "<node>": <what was given>; expected <what>. <what to do>.`
 */
const MARK: unique symbol = Symbol.for("coracle.error");

export type ErrorCode =
  | "CORACLE_PROGRAM"
  | "CORACLE_SHAPE"
  | "CORACLE_CONVERT"
  | "CORACLE_PASS"
  | "CORACLE_NO_KERNEL"
  | "CORACLE_BACKEND"
  | "CORACLE_NATIVE"
  | "CORACLE_DATA";

export class CoracleError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    Object.defineProperty(this, MARK, { value: true });
  }

  /** True also for errors of another copy of this package. */
  static isInstance(error: unknown): error is CoracleError {
    return typeof error === "object" && error !== null && MARK in error;
  }
}

/** A program breaks a rule of the representation: a missing value, a cycle, a duplicate name. */
export class ProgramError extends CoracleError {
  constructor(message: string, options?: ErrorOptions) {
    super("CORACLE_PROGRAM", message, options);
  }
}

/** A type rule rejects dtypes, ranks, dimensions or attributes. */
export class ShapeError extends CoracleError {
  constructor(message: string, options?: ErrorOptions) {
    super("CORACLE_SHAPE", message, options);
  }
}

/** A source model cannot be read: malformed, or with operators that are not supported (all listed at once). */
export class ConvertError extends CoracleError {
  constructor(message: string, options?: ErrorOptions) {
    super("CORACLE_CONVERT", message, options);
  }
}

/** A pass threw or broke the program. */
export class PassError extends CoracleError {
  readonly pass: string;
  readonly programText: string;

  constructor(pass: string, programText: string, options: ErrorOptions) {
    const cause = options.cause instanceof Error ? options.cause.message : String(options.cause);
    super("CORACLE_PASS", `pass "${pass}" failed: ${cause}`, options);
    this.pass = pass;
    this.programText = programText;
  }
}

export interface RejectedKernel {
  readonly kernel: string;
  readonly reason: string;
}

/** No backend supports a node. */
export class NoKernelError extends CoracleError {
  readonly candidates: readonly RejectedKernel[];

  constructor(message: string, candidates: readonly RejectedKernel[]) {
    const reasons = candidates.map(({ kernel, reason }) => `\n  ${kernel}: ${reason}`).join("");
    super("CORACLE_NO_KERNEL", `${message}${reasons}`);
    this.candidates = candidates;
  }
}

/** A library, driver or device is absent, or its ABI differs. */
export class BackendUnavailableError extends CoracleError {
  constructor(message: string, options?: ErrorOptions) {
    super("CORACLE_BACKEND", message, options);
  }
}

/** Native code answered with a status other than 0. */
export class NativeError extends CoracleError {
  constructor(message: string, options?: ErrorOptions) {
    super("CORACLE_NATIVE", message, options);
  }
}

/** Feeds or other data do not fit what the program expects. */
export class DataError extends CoracleError {
  constructor(message: string, options?: ErrorOptions) {
    super("CORACLE_DATA", message, options);
  }
}

/** Stops on a mistake of ours, never of the user's. */
export function bug(message: string): never {
  throw new Error(`coracle: internal error: ${message}`);
}
