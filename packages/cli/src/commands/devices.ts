import { discover } from "@coracle/core";
import { print } from "../output.ts";

/** The backends found here, and what came of the others. */
export async function devices({ json }: { readonly json: boolean }): Promise<void> {
  const { backends, tried } = await discover();
  const targets = [...backends.map(({ target }) => target), "reference"];
  print({ targets, tried }, json, () => [...tried, `order of preference: ${targets.join(", ")}`].join("\n"));
}
