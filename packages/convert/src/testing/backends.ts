import { type Backend, reference } from "@coracle/core";

/** What a test of whole models runs on here: x86 where there is one, then the reference. */
export async function testBackends(): Promise<readonly Backend[]> {
  if (process.env["CORACLE_CASES_BACKEND"] === "reference") return [reference];
  const { x86 } = await import("@coracle/backend-x86");
  const probe = await x86.probe();
  if (!probe.available) console.log(`x86 is not available here (${JSON.stringify(probe)}): reference only`);
  return probe.available ? [x86, reference] : [reference];
}
