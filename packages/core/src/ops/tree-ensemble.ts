import { DataError, ShapeError } from "../errors.ts";
import { fromNumbers, toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import type { Dim } from "../ir/shape.ts";
import { checkInputs, checkRank } from "./shared/check.ts";
import { doubles } from "./shared/doubles.ts";

/** How a node compares its feature with its split. */
export type TreeMode = "<=" | "<" | ">=" | ">" | "==" | "!=" | "in";

/** One entry per node; a node that is a leaf of its own tree has both branches at one leaf. */
export interface TreeNodes {
  readonly feature: readonly number[];
  readonly mode: readonly TreeMode[];
  readonly split: readonly number[];
  /** For mode "in": the members. */
  readonly members: readonly (readonly number[] | undefined)[];
  /** A node's index, or ~leaf. */
  readonly whenTrue: readonly number[];
  readonly whenFalse: readonly number[];
  /** NaN takes the true branch. */
  readonly nanIsTrue: readonly boolean[];
}

export interface TreeEnsembleAttrs {
  readonly nodes: TreeNodes;
  /** Nodes, or ~leaf. */
  readonly roots: readonly number[];
  /** Per leaf, the targets it adds to and how much. */
  readonly leafTargets: readonly (readonly number[])[];
  readonly leafWeights: readonly (readonly number[])[];
  readonly numTargets: number;
  readonly aggregate: "sum" | "average" | "min" | "max";
  /** Added to each target at the end. */
  readonly base: readonly number[];
}

const compare: Readonly<Record<Exclude<TreeMode, "in">, (a: number, b: number) => boolean>> = {
  "<=": (a, b) => a <= b,
  "<": (a, b) => a < b,
  ">=": (a, b) => a >= b,
  ">": (a, b) => a > b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

function isTrue(nodes: TreeNodes, at: number, value: number): boolean {
  if (Number.isNaN(value)) return nodes.nanIsTrue[at]! || nodes.mode[at] === "!=";
  const mode = nodes.mode[at]!;
  return mode === "in" ? nodes.members[at]!.includes(value) : compare[mode](value, nodes.split[at]!);
}

/** Files may hold loops; no path is longer than there are nodes. */
function leafOf({ nodes }: TreeEnsembleAttrs, root: number, row: ArrayLike<number>): number {
  let at = root;
  for (let steps = 0; at >= 0; steps++) {
    if (steps > nodes.feature.length) throw new DataError("a tree with a loop; expected branches that end.");
    const feature = nodes.feature[at]!;
    if (!(feature < row.length)) throw new DataError(`feature ${feature} of ${row.length}; expected fewer.`);
    at = (isTrue(nodes, at, row[feature]!) ? nodes.whenTrue : nodes.whenFalse)[at]!;
  }
  return ~at;
}

const combine: Readonly<Record<TreeEnsembleAttrs["aggregate"], (a: number, b: number) => number>> = {
  sum: (a, b) => a + b,
  average: (a, b) => a + b,
  min: Math.min,
  max: Math.max,
};

function evaluate(attrs: TreeEnsembleAttrs, row: ArrayLike<number>, out: Float64Array): void {
  const { roots, leafTargets, leafWeights, aggregate, base } = attrs;
  const isFilled = new Uint8Array(out.length);
  for (const root of roots) {
    const leaf = leafOf(attrs, root, row);
    leafTargets[leaf]!.forEach((target, i) => {
      const weight = leafWeights[leaf]![i]!;
      out[target] = isFilled[target] ? combine[aggregate](out[target]!, weight) : weight;
      isFilled[target] = 1;
    });
  }
  for (let i = 0; i < out.length; i++) {
    out[i] = out[i]! / (aggregate === "average" ? roots.length : 1) + (base[i] ?? 0);
  }
}

function isBranch({ nodes, leafTargets }: TreeEnsembleAttrs, at: number): boolean {
  return Number.isInteger(at) && (at >= 0 ? at < nodes.feature.length : ~at < leafTargets.length);
}

function checkTrees(attrs: TreeEnsembleAttrs): void {
  const { nodes, roots, leafTargets, numTargets } = attrs;
  const branches = [...roots, ...nodes.whenTrue, ...nodes.whenFalse];
  const wrong = branches.find((at) => !isBranch(attrs, at));
  if (wrong !== undefined) throw new ShapeError(`a branch to ${wrong}; expected a node or a leaf.`);
  const target = leafTargets.flat().find((index) => !(index >= 0 && index < numTargets));
  if (target !== undefined)
    throw new ShapeError(`a leaf for target ${target}; expected one of ${numTargets}.`);
}

/** x [N,features] -> y [N,targets], as x if that is a float, else f32: the leaves of all trees combined. Throws ShapeError, DataError. */
export const treeEnsemble: Op<TreeEnsembleAttrs> = defineOp<TreeEnsembleAttrs>({
  name: "treeEnsemble",
  accuracy: "rounding",
  infer(inputs, attrs) {
    checkInputs(inputs, 1);
    const { dtype, shape } = inputs[0]!;
    checkRank(inputs[0]!, 2, 2, "x");
    checkTrees(attrs);
    return [{ dtype: dtype === "f64" ? "f64" : "f32", shape: [shape[0]!, attrs.numTargets] }];
  },
  reference([x], attrs) {
    const [rows, features] = x!.shape as [number, number];
    const [values, out] = [toNumbers(x!), doubles([rows, attrs.numTargets])];
    for (let row = 0; row < rows; row++) {
      const to = out.subarray(row * attrs.numTargets, (row + 1) * attrs.numTargets);
      evaluate(attrs, values.subarray(row * features, (row + 1) * features), to);
    }
    return [fromNumbers(x!.dtype === "f64" ? "f64" : "f32", [rows, attrs.numTargets], out)];
  },
  flops: ([x], _, { roots }): number => {
    const rows: Dim = x!.shape[0]!;
    return typeof rows === "number" ? 20 * rows * roots.length : 0;
  },
});
