import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Kernel,
  ops,
  Predictor,
  type PredictorOptions,
  type Tensor,
  type TuningProgress,
} from "@coracle/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { x86 } from "./index.ts";
import { convNet, inputShape, type NetSizes, noise, outputName } from "./testing/conv-net.ts";
import { difference } from "./testing/one-op.ts";

const sizes: NetSizes = { layers: 4, channels: 48, size: 28 };
const wronglyPraised = "x86/conv-planar";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "coracle-tuning-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The backend, with an estimate for the planar convolution that makes it look the best. */
function praising(): typeof x86 {
  const kernels = x86.kernels.map((kernel): Kernel => {
    if (kernel.name !== wronglyPraised) return kernel;
    const least = (node: Parameters<Kernel["costNs"]>[0]): number =>
      Math.min(
        ...x86.kernels
          .filter(
            ({ op, name, supports }) =>
              op.name === ops.conv.name && name !== wronglyPraised && supports(node) === true,
          )
          .map((other) => other.costNs(node)),
      );
    return { ...kernel, costNs: (node) => least(node) * 0.95 };
  });
  const { target, preference } = x86;
  return { target, preference, kernels, probe: () => x86.probe(), open: (options) => x86.open(options) };
}

interface Outcome {
  readonly kernels: readonly string[];
  readonly y: Tensor;
  readonly told: readonly TuningProgress[];
}

async function outcome(options: PredictorOptions): Promise<Outcome> {
  const told: TuningProgress[] = [];
  using predictor = await Predictor.create(convNet(sizes), {
    backends: [praising()],
    threads: 1,
    fallback: false,
    tuningBudgetMs: 20_000,
    tuningFile: join(folder, "tuning.json"),
    onTuning: (at) => told.push(at),
    ...options,
  });
  const outputs = await predictor.run({ x: noise(inputShape(sizes), 3) });
  const rows = predictor.explain().rows.filter(({ op }) => op === "conv");
  return { kernels: rows.map(({ kernel }) => kernel), y: outputs[outputName(sizes)]!, told };
}

test("the clock undoes a wrong estimate, the numbers stay, and the file spares the next predictor the work", async () => {
  const off = await outcome({});
  expect(off.kernels).toContain(wronglyPraised);
  expect(off.told).toEqual([]);

  const measured = await outcome({ tuning: "measure" });
  expect(measured.kernels).not.toContain(wronglyPraised);
  expect(measured.told.length).toBeGreaterThan(0);
  expect(measured.told.length).toBeLessThan(sizes.layers);
  expect(difference(measured.y, off.y)).toBeLessThan(1e-4);

  const path = join(folder, "tuning.json");
  const { ns } = JSON.parse(readFileSync(path, "utf8")) as { ns: Record<string, number> };
  expect(Object.values(ns).every((one) => one > 1_000 && one < 1e9)).toBe(true);
  const { mtimeMs } = statSync(path);

  for (const tuning of ["measure", "cached"] as const) {
    const again = await outcome({ tuning });
    expect(again.kernels).toEqual(measured.kernels);
    expect(again.told).toEqual([]);
    expect(again.y.data).toEqual(measured.y.data);
  }
  expect(statSync(path).mtimeMs).toBe(mtimeMs);
});

test("another thread count is measured anew", async () => {
  await outcome({ tuning: "measure" });
  const two = await outcome({ tuning: "measure", threads: 2 });
  expect(two.told.length).toBeGreaterThan(0);
  expect(difference(two.y, (await outcome({})).y)).toBeLessThan(1e-4);
});
