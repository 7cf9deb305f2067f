import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Predictor, Tensor } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { loadModel } from "./load-model.ts";
import { testBackends } from "./testing/backends.ts";

/** Where `scripts/make-paddle-networks.py` put the networks. */
const folder = process.env["CORACLE_PADDLE_NETWORKS"];
const forms = ["json", "pdmodel", "fluid"] as const;

function networks(): readonly string[] {
  if (folder !== undefined && existsSync(folder)) return readdirSync(folder).sort();
  console.log("skipped: CORACLE_PADDLE_NETWORKS names no folder; scripts/make-paddle-networks.py makes it");
  return [];
}

function floats(...parts: readonly string[]): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(path.join(...parts))).buffer);
}

function relativeError(actual: Float32Array, expected: Float32Array): number {
  const magnitude = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return expected.reduce((worst, value, i) => Math.max(worst, Math.abs(actual[i]! - value)), 0) / magnitude;
}

const found = networks();

describe.skipIf(found.length === 0)("networks give what the framework gives, in its three forms", () => {
  test.each(found.flatMap((name) => forms.map((form) => [name, form] as const)))(
    "%s %s",
    async (name, form) => {
      const own = path.join(folder!, name);
      const x = floats(own, "x.bin");
      const size = Math.sqrt(x.length / 3);
      const program = await loadModel(path.join(own, form));
      using predictor = await Predictor.create(program, { backends: await testBackends() });
      const [y] = Object.values(await predictor.run({ x: Tensor.from("f32", [1, 3, size, size], x) }));
      expect(relativeError(y!.data as Float32Array, floats(own, "y.bin"))).toBeLessThan(1e-4);
    },
  );
});
