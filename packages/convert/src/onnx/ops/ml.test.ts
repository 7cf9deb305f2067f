import { Tensor } from "@coracle/core";
import { describe, test } from "vitest";
import { float, floats, int, ints, text, texts } from "../../onnx-writer/messages.ts";
import { expectAsOrt, type NodeCheck, RandomTensors } from "../../testing/onnxruntime.ts";

const r = new RandomTensors(11);

type Named = Omit<NodeCheck, "op"> & { readonly name?: string };

function checks(op: string, list: readonly Named[]): void {
  describe(op, () => {
    test.each(list.map((check, i) => [check.name ?? `#${i}`, check] as const))("%s", async (_, check) => {
      await expectAsOrt({ op, domain: "ai.onnx.ml", ...check });
    });
  });
}

const x = r.f32([5, 3], -2, 2);

checks("LabelEncoder", [
  {
    inputs: [Tensor.from("i64", [2, 2], [1, 2, 7, 3])],
    attributes: {
      keys_int64s: ints([1, 2, 3]),
      values_floats: floats([0.5, 1.5, 2.5]),
      default_float: float(-7),
    },
  },
]);
checks("LinearRegressor", [
  {
    inputs: [x],
    attributes: { coefficients: floats([1, 2, 3, 4, 5, 6]), intercepts: floats([0.5, -1]), targets: int(2) },
  },
]);
checks("LinearClassifier", [
  ...["NONE", "SOFTMAX", "LOGISTIC"].map((post) => ({
    name: post,
    inputs: [x],
    attributes: {
      coefficients: floats([1, 2, 3, -4, 5, 6, 0.5, 0.25, -1]),
      intercepts: floats([0.5, -1, 0]),
      classlabels_ints: ints([3, 5, 9]),
      multi_class: int(0),
      post_transform: text(post),
    },
    outputs: 2,
  })),
]);
for (const norm of ["MAX", "L1", "L2"])
  checks("Normalizer", [{ name: norm, inputs: [x], attributes: { norm: text(norm) } }]);
checks("Imputer", [
  {
    inputs: [Tensor.from("f32", [2, 3], [Number.NaN, 1, 2, 3, Number.NaN, Number.NaN])],
    attributes: { imputed_value_floats: floats([7, 8, 9]), replaced_value_float: float(Number.NaN) },
  },
]);
checks("OneHotEncoder", [
  { inputs: [Tensor.from("i64", [4], [1, 5, 3, 2])], attributes: { cats_int64s: ints([1, 2, 3]) } },
]);
checks("FeatureVectorizer", [{ inputs: [x, r.f32([5, 2])], attributes: { inputdimensions: ints([3, 2]) } }]);
checks("Scaler", [{ inputs: [x], attributes: { offset: floats([1, 2, 3]), scale: floats([0.5, 2, 4]) } }]);
checks("Binarizer", [{ inputs: [x], attributes: { threshold: float(0.3) } }]);

const trees = {
  nodes_treeids: ints([0, 0, 0, 0, 0, 1, 1, 1]),
  nodes_nodeids: ints([0, 1, 2, 3, 4, 0, 1, 2]),
  nodes_featureids: ints([0, 1, 0, 0, 0, 2, 0, 0]),
  nodes_values: floats([0.1, -0.5, 0, 0, 0, 0.2, 0, 0]),
  nodes_modes: texts(["BRANCH_LEQ", "BRANCH_GT", "LEAF", "LEAF", "LEAF", "BRANCH_LT", "LEAF", "LEAF"]),
  nodes_truenodeids: ints([1, 3, 0, 0, 0, 1, 0, 0]),
  nodes_falsenodeids: ints([2, 4, 0, 0, 0, 2, 0, 0]),
  nodes_missing_value_tracks_true: ints([1, 0, 0, 0, 0, 0, 0, 0]),
};
const leaves = (prefix: string, ids: readonly number[], weights: readonly number[]) => ({
  [`${prefix}_treeids`]: ints([0, 0, 0, 1, 1]),
  [`${prefix}_nodeids`]: ints([2, 3, 4, 1, 2]),
  [`${prefix}_ids`]: ints(ids),
  [`${prefix}_weights`]: floats(weights),
});
const withNaN = Tensor.from("f32", [6, 3], [...Array.from(x.data, Number), Number.NaN, 0, Number.NaN]);
checks("TreeEnsembleRegressor", [
  ...["SUM", "AVERAGE", "MIN", "MAX"].map((aggregate) => ({
    name: aggregate,
    inputs: [withNaN],
    attributes: {
      ...trees,
      ...leaves("target", [0, 0, 0, 0, 0], [1, -2, 3, 0.5, -0.25]),
      n_targets: int(1),
      aggregate_function: text(aggregate),
    },
  })),
  {
    name: "two targets with a base",
    inputs: [withNaN],
    attributes: {
      ...trees,
      ...leaves("target", [0, 1, 0, 1, 0], [1, -2, 3, 0.5, -0.25]),
      n_targets: int(2),
      base_values: floats([10, 20]),
    },
  },
]);
const classes = { classlabels_int64s: ints([4, 6, 8]) };
checks("TreeEnsembleClassifier", [
  ...["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO"].map((post) => ({
    name: post,
    inputs: [withNaN],
    attributes: {
      ...trees,
      ...leaves("class", [0, 1, 2, 1, 0], [1, 2, 3, 0.5, 0.25]),
      ...classes,
      post_transform: text(post),
    },
    outputs: 2,
  })),
  ...["NONE", "LOGISTIC"].flatMap((post) =>
    [1, -1].map((sign) => ({
      name: `two classes by one score, ${post}, ${sign > 0 ? "positive" : "of both signs"}`,
      inputs: [withNaN],
      attributes: {
        ...trees,
        ...leaves("class", [0, 0, 0, 0, 0], [0.1, 0.2 * sign, 0.3, 0.15, 0.25 * sign]),
        classlabels_int64s: ints([4, 6]),
        post_transform: text(post),
      },
      outputs: 2,
    })),
  ),
]);
