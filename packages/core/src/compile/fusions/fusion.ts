/** Turns neighbouring nodes into one node that a kernel can do at once. Knows operators, never machines. */
import type { Node } from "../../ir/program.ts";
import type { Rewrite } from "../../ir/rewrite.ts";

/** Whether some kernel takes the node. */
export type Accepts = (node: Node) => boolean;

/** The rewrite where the node that makes its first value is accepted. */
export function whenAccepted(rewrite: Rewrite, accepts: Accepts): Rewrite {
  return {
    ...rewrite,
    rewrite(node, graph) {
      const values = rewrite.rewrite(node, graph);
      const fused = values?.[0] && graph.producer(values[0]);
      return fused && accepts(fused) ? values : undefined;
    },
  };
}
