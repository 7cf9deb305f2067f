import { reference, Tensor } from "@coracle/core";
import { expect, test } from "vitest";
import { testBackends } from "./testing/backends.ts";
import { checkRandomGraphs } from "./testing/random-graphs/check.ts";
import { disagreements } from "./testing/random-graphs/compare.ts";
import { randomGraph } from "./testing/random-graphs/random-graph.ts";

test("150 random graphs: planned backends, onnxruntime and the reference agree", async () => {
  const { graphs, nodes } = await checkRandomGraphs(150, await testBackends(), 1);
  console.log(`${graphs} graphs of ${nodes} nodes`);
  expect(nodes).toBeGreaterThan(graphs);
});

test("a result that is off by a thousandth is found", async () => {
  const graph = randomGraph({ seed: 11, steps: [2, 3], isDynamic: false })!;
  const outputs = graph.outputs.map((output) => {
    const { dtype, shape, data } = output.tensor;
    const wrong = (data as Float32Array).map((value) => value * 1.001);
    const off = Tensor.from(dtype, shape, wrong);
    return { ...output, tensor: off, nudged: [off, off] as const };
  });
  expect(graph.numNodes).toBeGreaterThan(0);
  expect(await disagreements({ ...graph, outputs }, [reference])).toHaveLength(2 * outputs.length);
});
