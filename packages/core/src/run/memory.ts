import { DataError } from "../errors.ts";

/** Throws DataError where the system or the language refuses so much. */
export function reserve<T>(what: string, bytes: number, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new DataError(
      `predictor: no memory for ${bytes} bytes of ${what}; expected less. Use smaller shapes.`,
      { cause },
    );
  }
}
