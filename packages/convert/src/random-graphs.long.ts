import { expect, test } from "vitest";
import { testBackends } from "./testing/backends.ts";
import { checkRandomGraphs } from "./testing/random-graphs/check.ts";

test("5,000 random graphs: planned backends, onnxruntime and the reference agree", async () => {
  const { graphs, nodes } = await checkRandomGraphs(5000, await testBackends(), 777_000);
  console.log(`${graphs} graphs of ${nodes} nodes`);
  expect(nodes).toBeGreaterThan(5 * graphs);
});
