import { CoracleError, type ErrorCode } from "@coracle/core";

/** What scripts can rely on; 0 is success, 2 is commander's answer to wrong usage. */
export const exitCodes: Readonly<Record<ErrorCode | "unexpected" | "usage", number>> = {
  unexpected: 1,
  usage: 2,
  CORACLE_CONVERT: 3,
  CORACLE_DATA: 4,
  CORACLE_BACKEND: 5,
  CORACLE_NO_KERNEL: 6,
  CORACLE_PROGRAM: 7,
  CORACLE_SHAPE: 8,
  CORACLE_PASS: 9,
  CORACLE_NATIVE: 10,
};

export function exitCodeOf(error: unknown): number {
  return CoracleError.isInstance(error) ? exitCodes[error.code] : exitCodes.unexpected;
}
