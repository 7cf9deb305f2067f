import { type Backend, reference } from "@coracle/core";

/** The backends behind a name: "reference", or "x86" with the reference behind it. */
export async function chooseBackends(name: string): Promise<readonly Backend[]> {
  if (name === "reference") return [reference];
  if (name === "x86") {
    const { x86 } = await import("@coracle/backend-x86");
    return [x86, reference];
  }
  throw new Error(`backend "${name}"; expected reference or x86`);
}
