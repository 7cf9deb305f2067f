import type { Value } from "../ir/program.ts";
import type { RewriteGraph } from "../ir/rewrite.ts";
import { isStatic, type Shape } from "../ir/shape.ts";
import { Tensor } from "../ir/tensor.ts";
import { reshape } from "../ops/index.ts";

interface ReshapeTarget {
  readonly sizes: readonly number[];
  readonly allowZero: boolean;
}

/** What turns one shape into the other with the same elements: 0 copies a symbol, one -1 stands for another. */
function reshapeTarget(from: Shape, to: Shape): ReshapeTarget | undefined {
  if (isStatic(to)) return { sizes: to, allowZero: to.includes(0) };
  if (to.includes(0)) return undefined;
  let numUnknown = 0;
  const sizes = to.map((dim, i) => {
    if (typeof dim === "number") return dim;
    if (dim === from[i]) return 0;
    numUnknown++;
    return -1;
  });
  return numUnknown <= 1 ? { sizes, allowZero: false } : undefined;
}

/** `x` with another shape of the same elements; undefined when symbols leave it open. */
export function reshaped(x: Value, to: Shape, graph: RewriteGraph, name?: string): Value | undefined {
  const target = reshapeTarget(x.type.shape, to);
  if (!target) return undefined;
  const sizes = graph.constantOf(Tensor.ints(target.sizes), `${name ?? x.name}.shape`);
  return graph.one(reshape, { allowZero: target.allowZero }, [x, sizes], name);
}
