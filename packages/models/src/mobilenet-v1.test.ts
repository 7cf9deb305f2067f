import { x86 } from "@coracle/backend-x86";
import { DataError, isStatic, type Node, numElements, Predictor } from "@coracle/core";
import { expect, test } from "vitest";
import { mobilenetV1, randomFeeds } from "./index.ts";
import { countMacs, countNumbers } from "./testing/count.ts";

const program = mobilenetV1({ numClasses: 1000, inputShape: [1, 3, 32, 32] });
const nodesOf = (...names: readonly string[]): readonly Node[] =>
  program.nodes.filter(({ op }) => names.includes(op.name));
const outputElements = (nodes: readonly Node[]): number =>
  nodes.reduce((sum, { outputs }) => sum + numElements(outputs[0]!.type.shape), 0);

test("has the numbers of PaddleSlim's MobileNetV1 at 32 x 32", () => {
  const inBatchNorms = nodesOf("batchNorm").reduce(
    (sum, { inputs }) => sum + 4 * inputs[1]!.data!.data.length,
    0,
  );
  expect(countNumbers(program)).toBe(4_253_864);
  expect(countNumbers(program) - inBatchNorms).toBe(4_210_088);
  const fullyConnected = 1024 * 1000;
  const pooled = outputElements(nodesOf("globalAveragePool"));
  const elements = outputElements(nodesOf("batchNorm", "relu"));
  expect(countMacs(program) - fullyConnected + elements + pooled).toBe(11_792_896);
});

test("names its convolutions in order, the odd ones depthwise", () => {
  const convs = nodesOf("conv");
  expect(convs.map(({ inputs }) => inputs[1]!.name)).toEqual(
    Array.from({ length: 27 }, (_, i) => `conv2d_${i}.w_0`),
  );
  convs.forEach(({ attrs }, i) => {
    expect((attrs as { groups: number }).groups > 1).toBe(i % 2 === 1);
  });
});

test("leaves batch, height and width open by default", async () => {
  const open = mobilenetV1({ numClasses: 10 });
  expect(open.inputs.map(({ name, type }) => [name, type.shape])).toEqual([["image", ["n", 3, "h", "w"]]]);
  expect(open.outputs[0]!.type.shape).toEqual(["n", 10]);
  using predictor = await Predictor.create(open, { backends: [x86], threads: 1, fallback: false });
  for (const shape of [
    [1, 3, 32, 32],
    [2, 3, 48, 64],
  ] as const) {
    const fixed = mobilenetV1({ numClasses: 10, inputShape: shape });
    expect(isStatic(fixed.outputs[0]!.type.shape)).toBe(true);
    const [logits] = Object.values(await predictor.run(randomFeeds(fixed)));
    expect(logits!.shape).toEqual([shape[0], 10]);
    expect(Array.from(logits!.data as Float32Array).every(Number.isFinite)).toBe(true);
  }
  expect(() => randomFeeds(open)).toThrow(
    new DataError('feed "image": shape [n,3,h,w]; expected only numbers.'),
  );
});

test("gives the same weights for the same seed only", () => {
  const first = (seed: number): Float32Array =>
    mobilenetV1({ numClasses: 1, seed }).nodes[0]!.inputs[1]!.data!.data as Float32Array;
  expect(first(7)).toEqual(first(7));
  expect(first(7)).not.toEqual(first(8));
  const variance = first(7).reduce((sum, x) => sum + x * x, 0) / first(7).length;
  expect(variance * 27).toBeGreaterThan(1.7);
  expect(variance * 27).toBeLessThan(2.3);
});
