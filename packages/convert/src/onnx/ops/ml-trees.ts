import { ops, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { castTo } from "./common.ts";
import { labelCount } from "./ml-labels.ts";
import { classified, classifiedByOne, postTransform, transformed } from "./ml-scores.ts";

type Attrs = ops.TreeEnsembleAttrs;

const modes = ["<=", "<", ">=", ">", "==", "!=", "in"] as const;
const modeNames: Readonly<Record<string, ops.TreeMode>> = {
  BRANCH_LEQ: "<=",
  BRANCH_LT: "<",
  BRANCH_GTE: ">=",
  BRANCH_GT: ">",
  BRANCH_EQ: "==",
  BRANCH_NEQ: "!=",
};
const aggregates = ["average", "sum", "min", "max"] as const;
const transforms = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"] as const;

function numbersOf(context: OnnxContext, name: string): readonly number[] {
  const tensor = context.attributes.tensor(name) ?? context.fail(`no ${name}`, "it to be given");
  if (tensor.dtype === "f16") context.fail(`${name} of f16`, "f32 or f64");
  return Array.from(tensor.data, Number);
}

/** A NaN ends the members of a node. */
function memberLists(context: OnnxContext, mode: readonly ops.TreeMode[]): (readonly number[] | undefined)[] {
  const all = context.attributes.has("membership_values") ? numbersOf(context, "membership_values") : [];
  let at = 0;
  return mode.map((name) => {
    if (name !== "in") return undefined;
    const start = at;
    while (at < all.length && !Number.isNaN(all[at]!)) at++;
    return all.slice(start, at++);
  });
}

function branches(targets: readonly number[], areLeaves: readonly number[]): number[] {
  return targets.map((target, i) => (areLeaves[i] === 0 ? target : ~target));
}

export function TreeEnsemble(context: OnnxContext): readonly Value[] {
  const { attributes } = context;
  const list = (name: string): readonly number[] => context.requiredInts(name);
  const mode = numbersOf(context, "nodes_modes").map(
    (index) => modes[index] ?? context.fail(`mode ${index}`, "0 to 6"),
  );
  const tracks = attributes.ints("nodes_missing_value_tracks_true");
  const [whenTrue, whenFalse] = [
    branches(list("nodes_truenodeids"), list("nodes_trueleafs")),
    branches(list("nodes_falsenodeids"), list("nodes_falseleafs")),
  ];
  const attrs: Attrs = {
    nodes: {
      feature: list("nodes_featureids"),
      mode,
      split: numbersOf(context, "nodes_splits"),
      members: memberLists(context, mode),
      whenTrue,
      whenFalse,
      nanIsTrue: mode.map((_, i) => tracks?.[i] === 1),
    },
    roots: list("tree_roots"),
    leafTargets: list("leaf_targetids").map((target) => [target]),
    leafWeights: numbersOf(context, "leaf_weights").map((weight) => [weight]),
    numTargets: attributes.int("n_targets", 1),
    aggregate:
      aggregates[attributes.int("aggregate_function", 1)] ?? context.fail("aggregate_function", "0 to 3"),
    base: [],
  };
  const y = context.emit(ops.treeEnsemble, attrs, [context.input(0)]);
  return [transformed(context, y, transforms[attributes.int("post_transform", 0)] ?? "")];
}

interface Leaves {
  readonly targets: number[][];
  readonly weights: number[][];
}

/** Nodes are named by a pair of tree and node; leaves are nodes of mode LEAF. */
class OlderTrees {
  readonly #context: OnnxContext;
  readonly #index = new Map<string, number>();
  readonly #names: readonly string[];

  constructor(context: OnnxContext) {
    this.#context = context;
    this.#names =
      context.attributes.strings("nodes_modes") ?? context.fail("no nodes_modes", "them to be given");
    const [trees, nodes] = [this.#ints("nodes_treeids"), this.#ints("nodes_nodeids")];
    this.#names.forEach((_, i) => {
      this.#index.set(`${trees[i]} ${nodes[i]}`, i);
    });
  }

  #ints(name: string): readonly number[] {
    return this.#context.requiredInts(name);
  }

  #find(tree: number | undefined, node: number | undefined): number {
    return (
      this.#index.get(`${tree} ${node}`) ??
      this.#context.fail(`node ${node} of tree ${tree}`, "one that is listed")
    );
  }

  #leaves(prefix: "target" | "class"): Leaves {
    const targets: number[][] = this.#names.map(() => []);
    const weights: number[][] = this.#names.map(() => []);
    const [trees, nodes, ids] = [`${prefix}_treeids`, `${prefix}_nodeids`, `${prefix}_ids`].map((name) =>
      this.#ints(name),
    );
    const amounts = this.#floats(`${prefix}_weights`);
    ids!.forEach((id, i) => {
      const node = this.#find(trees![i], nodes![i]);
      targets[node]!.push(id);
      weights[node]!.push(amounts[i] ?? 0);
    });
    return { targets, weights };
  }

  #floats(name: string): readonly number[] {
    const { attributes } = this.#context;
    return (
      attributes.floats(name) ??
      (attributes.has(`${name}_as_tensor`) ? numbersOf(this.#context, `${name}_as_tensor`) : [])
    );
  }

  attrs(prefix: "target" | "class", numTargets: number): Attrs {
    const trees = this.#ints("nodes_treeids");
    const isLeaf = this.#names.map((name) => name === "LEAF");
    const children = (name: string): number[] =>
      this.#ints(name).map((node, i) => {
        if (isLeaf[i]) return ~i;
        const child = this.#find(trees[i], node);
        return isLeaf[child] ? ~child : child;
      });
    const [whenTrue, whenFalse] = [children("nodes_truenodeids"), children("nodes_falsenodeids")];
    const made = new Set([...whenTrue, ...whenFalse].filter((_, i) => !isLeaf[i % isLeaf.length]));
    const { targets, weights } = this.#leaves(prefix);
    const tracks = this.#context.attributes.ints("nodes_missing_value_tracks_true");
    const aggregate = this.#context.attributes.string("aggregate_function", "SUM").toLowerCase();
    return {
      nodes: {
        feature: this.#ints("nodes_featureids"),
        mode: this.#names.map(
          (name) =>
            modeNames[name] ??
            (name === "LEAF"
              ? "<="
              : this.#context.fail(`mode ${name}`, "BRANCH_LEQ to BRANCH_NEQ, or LEAF")),
        ),
        split: this.#floats("nodes_values"),
        members: [],
        whenTrue,
        whenFalse,
        nanIsTrue: this.#names.map((_, i) => tracks?.[i] === 1),
      },
      roots: this.#names.flatMap((_, i) => (made.has(i) || made.has(~i) ? [] : [isLeaf[i] ? ~i : i])),
      leafTargets: targets,
      leafWeights: weights,
      numTargets,
      aggregate:
        aggregates.find((name) => name === aggregate) ??
        this.#context.fail(`aggregate_function ${aggregate}`, "SUM, AVERAGE, MIN or MAX"),
      base: this.#floats("base_values"),
    };
  }
}

export function TreeEnsembleRegressor(context: OnnxContext): readonly Value[] {
  const attrs = new OlderTrees(context).attrs("target", context.attributes.int("n_targets", 1));
  const y = castTo(context, context.emit(ops.treeEnsemble, attrs, [context.input(0)]), "f32");
  return [transformed(context, y, postTransform(context))];
}

/** With two classes and weights for one only, that score tells the second from the first. */
export function TreeEnsembleClassifier(context: OnnxContext): readonly Value[] {
  const count = labelCount(context);
  const ids = new Set(context.requiredInts("class_ids"));
  const attrs = new OlderTrees(context).attrs("class", count);
  if (count !== 2 || ids.size !== 1)
    return classified(context, context.emit(ops.treeEnsemble, attrs, [context.input(0)]));
  const one = {
    ...attrs,
    numTargets: 1,
    leafTargets: attrs.leafTargets.map((list) => list.map(() => 0)),
    base: attrs.base.slice(-1),
  };
  const score = context.emit(ops.treeEnsemble, one, [context.input(0)]);
  const arePositive = attrs.leafWeights.every((list) => list.every((weight) => weight >= 0));
  return classifiedByOne(context, score, arePositive ? 0.5 : 0);
}
