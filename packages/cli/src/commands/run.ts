import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { numbers, type Tensor } from "@coracle/core";
import { topK } from "@coracle/vision";
import { makeFeeds } from "../feeds.ts";
import { writeNpy } from "../npy.ts";
import { print } from "../output.ts";
import { openPredictor } from "../predictor.ts";

export interface RunOptions {
  readonly input: string[];
  readonly shape: string[];
  readonly seed: number;
  readonly threads?: number;
  readonly backends?: string[];
  readonly top: number;
  readonly save?: string;
  readonly profile: boolean;
  readonly tune: boolean;
  readonly json: boolean;
}

interface OutputSummary {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly top: readonly { index: number; score: number }[];
}

function summarize(name: string, tensor: Tensor, top: number): OutputSummary {
  const data = numbers(tensor);
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const value of data) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  const { dtype, shape } = tensor;
  return { name, dtype, shape, min, max, mean: sum / data.length, top: topK(data, top) };
}

function describe({ name, dtype, shape, min, max, mean, top }: OutputSummary): string {
  const best = top.map(({ index, score }) => `    [${index}] ${score.toPrecision(5)}`).join("\n");
  const range = `min ${min.toPrecision(5)}, max ${max.toPrecision(5)}, mean ${mean.toPrecision(5)}`;
  return `${name}: ${dtype}[${shape.join(",")}]  ${range}${best === "" ? "" : `\n${best}`}`;
}

async function save(folder: string, outputs: Readonly<Record<string, Tensor>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, tensor] of Object.entries(outputs)) {
    const path = join(folder, `${name.replace(/[^\w.-]/g, "_")}.npy`);
    await writeFile(`${path}.partial`, writeNpy(tensor));
    await rename(`${path}.partial`, path);
  }
}

/** One inference, its outputs described and on request saved as .npy files. */
export async function run(model: string, options: RunOptions): Promise<void> {
  using predictor = await openPredictor(model, options);
  const feeds = await makeFeeds(predictor.inputs, options);
  if (options.profile) {
    const profile = await predictor.profile(feeds);
    print(profile, options.json, () => profile.toString());
    return;
  }
  await predictor.run(feeds);
  const start = performance.now();
  const outputs = await predictor.run(feeds);
  const milliseconds = performance.now() - start;
  if (options.save) await save(options.save, outputs);
  const summaries = Object.entries(outputs).map(([name, tensor]) => summarize(name, tensor, options.top));
  print({ milliseconds, outputs: summaries }, options.json, () =>
    [...summaries.map(describe), `${milliseconds.toFixed(2)} ms`].join("\n"),
  );
}
