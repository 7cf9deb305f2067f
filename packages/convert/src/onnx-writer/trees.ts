import { ConvertError, type ops, Tensor } from "@coracle/core";
import { dataTypeOf } from "../onnx/data-type.ts";
import type { NodeWriter } from "./graph-writer.ts";
import { type Attributes, floats, int, ints, tensor, text, texts } from "./messages.ts";

type Attrs = ops.TreeEnsembleAttrs;

const modes = ["<=", "<", ">=", ">", "==", "!=", "in"];
const aggregates = ["average", "sum", "min", "max"];
const modeNames = {
  "<=": "BRANCH_LEQ",
  "<": "BRANCH_LT",
  ">=": "BRANCH_GTE",
  ">": "BRANCH_GT",
  "==": "BRANCH_EQ",
  "!=": "BRANCH_NEQ",
} as const;

/** With membership: each leaf is for one target there. */
function newForm(
  { nodes, roots, leafTargets, leafWeights, numTargets, aggregate, base }: Attrs,
  dtype: "f32" | "f64",
): Attributes {
  if (base.length > 0 || roots.some((root) => root < 0) || leafTargets.some((list) => list.length !== 1)) {
    throw new ConvertError(
      "onnx: treeEnsemble with membership; expected one target a leaf, no base and no lone leaf.",
    );
  }
  const list = (values: readonly number[]) => tensor(Tensor.from(dtype, [values.length], [...values]));
  const isLeaf = (branch: readonly number[]) => ints(branch.map((at) => (at < 0 ? 1 : 0)));
  const target = (branch: readonly number[]) => ints(branch.map((at) => (at < 0 ? ~at : at)));
  return {
    tree_roots: ints(roots),
    nodes_featureids: ints(nodes.feature),
    nodes_splits: list(nodes.split),
    nodes_modes: tensor(
      Tensor.from(
        "u8",
        [nodes.mode.length],
        nodes.mode.map((mode) => modes.indexOf(mode)),
      ),
    ),
    nodes_truenodeids: target(nodes.whenTrue),
    nodes_falsenodeids: target(nodes.whenFalse),
    nodes_trueleafs: isLeaf(nodes.whenTrue),
    nodes_falseleafs: isLeaf(nodes.whenFalse),
    nodes_missing_value_tracks_true: ints(nodes.nanIsTrue.map(Number)),
    membership_values: list(nodes.members.flatMap((members) => (members ? [...members, Number.NaN] : []))),
    leaf_targetids: ints(leafTargets.map(([only]) => only!)),
    leaf_weights: list(leafWeights.map(([only]) => only!)),
    n_targets: int(numTargets),
    aggregate_function: int(aggregates.indexOf(aggregate)),
  };
}

/** Rows of the older form's lists: every tree's nodes anew, numbered in the order of a walk. */
class OlderRows {
  readonly trees: number[] = [];
  readonly nodes: number[] = [];
  readonly features: number[] = [];
  readonly splits: number[] = [];
  readonly modes: string[] = [];
  readonly whenTrue: number[] = [];
  readonly whenFalse: number[] = [];
  readonly nanIsTrue: number[] = [];
  readonly targets: { tree: number; node: number; id: number; weight: number }[] = [];
  readonly #attrs: Attrs;

  constructor(attrs: Attrs) {
    this.#attrs = attrs;
    attrs.roots.forEach((root, tree) => {
      this.#walk(root, tree);
    });
  }

  #row(tree: number, node: number, at: number): number {
    const { nodes } = this.#attrs;
    const row = this.nodes.length;
    this.trees.push(tree);
    this.nodes.push(node);
    this.features.push(at < 0 ? 0 : nodes.feature[at]!);
    this.splits.push(at < 0 ? 0 : nodes.split[at]!);
    this.modes.push(at < 0 ? "LEAF" : modeNames[nodes.mode[at] as keyof typeof modeNames]);
    this.nanIsTrue.push(at >= 0 && nodes.nanIsTrue[at] ? 1 : 0);
    this.whenTrue.push(0);
    this.whenFalse.push(0);
    return row;
  }

  #walk(root: number, tree: number): void {
    const { nodes, leafTargets, leafWeights } = this.#attrs;
    const open: { at: number; row: number }[] = [];
    let count = 0;
    const visit = (at: number): number => {
      const node = count++;
      const row = this.#row(tree, node, at);
      if (at >= 0) open.push({ at, row });
      else
        leafTargets[~at]!.forEach((id, i) => {
          this.targets.push({ tree, node, id, weight: leafWeights[~at]![i]! });
        });
      return node;
    };
    visit(root);
    for (let next = open.pop(); next; next = open.pop()) {
      if (count > 2 ** 22) throw new ConvertError("onnx: treeEnsemble of over 2^22 nodes; expected fewer.");
      this.whenTrue[next.row] = visit(nodes.whenTrue[next.at]!);
      this.whenFalse[next.row] = visit(nodes.whenFalse[next.at]!);
    }
  }
}

function olderForm(attrs: Attrs): Attributes {
  const rows = new OlderRows(attrs);
  return {
    nodes_treeids: ints(rows.trees),
    nodes_nodeids: ints(rows.nodes),
    nodes_featureids: ints(rows.features),
    nodes_values: floats(rows.splits),
    nodes_modes: texts(rows.modes),
    nodes_truenodeids: ints(rows.whenTrue),
    nodes_falsenodeids: ints(rows.whenFalse),
    nodes_missing_value_tracks_true: ints(rows.nanIsTrue),
    target_treeids: ints(rows.targets.map(({ tree }) => tree)),
    target_nodeids: ints(rows.targets.map(({ node }) => node)),
    target_ids: ints(rows.targets.map(({ id }) => id)),
    target_weights: floats(rows.targets.map(({ weight }) => weight)),
    n_targets: int(attrs.numTargets),
    aggregate_function: text(attrs.aggregate.toUpperCase()),
    base_values: attrs.base.length > 0 ? floats(attrs.base) : undefined,
  };
}

/** Trees with membership in the newest form, all others in the one that every runtime knows. */
export function writeTrees({ graph, node, inputs, outputs }: NodeWriter, attrs: Attrs): void {
  const { dtype } = node.outputs[0]!.type;
  if (attrs.nodes.mode.includes("in")) {
    graph.add("ai.onnx.ml.TreeEnsemble", inputs, outputs, newForm(attrs, dtype === "f64" ? "f64" : "f32"));
    return;
  }
  if (dtype === "f32") {
    graph.add("ai.onnx.ml.TreeEnsembleRegressor", inputs, outputs, olderForm(attrs));
    return;
  }
  const y = graph.emit("ai.onnx.ml.TreeEnsembleRegressor", inputs, olderForm(attrs));
  graph.add("Cast", [y], outputs, { to: int(dataTypeOf(dtype)) });
}
