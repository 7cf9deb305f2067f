import { type Backend, print } from "@coracle/core";
import fc from "fast-check";
import { disagreements } from "./compare.ts";
import { type Recipe, randomGraph } from "./random-graph.ts";

const recipes: fc.Arbitrary<Recipe> = fc.record({
  seed: fc.nat(),
  steps: fc.array(fc.nat(999), { minLength: 1, maxLength: 24, size: "max" }),
  isDynamic: fc.boolean(),
});

export interface Counts {
  readonly graphs: number;
  readonly nodes: number;
}

async function check(recipe: Recipe, backends: readonly Backend[]): Promise<number> {
  const graph = randomGraph(recipe);
  if (!graph) return 0;
  const found = await disagreements(graph, backends).catch((error: unknown) => [String(error)]);
  if (found.length > 0) throw new Error(`${found.join("\n")}\n${print(graph.program)}`);
  return graph.numNodes;
}

/** Throws for the smallest graph found on which the backends, onnxruntime and the reference do not agree. */
export async function checkRandomGraphs(
  graphs: number,
  backends: readonly Backend[],
  seed: number,
): Promise<Counts> {
  const made = { graphs: 0, nodes: 0 };
  while (made.graphs < graphs) {
    const property = fc.asyncProperty(recipes, async (recipe) => {
      const nodes = await check(recipe, backends);
      if (nodes > 0) made.graphs++;
      made.nodes += nodes;
    });
    await fc.assert(property, {
      numRuns: graphs - made.graphs,
      seed: seed + made.graphs,
      endOnFailure: false,
    });
  }
  return made;
}
