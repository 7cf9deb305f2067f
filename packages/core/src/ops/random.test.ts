import { expect, test } from "vitest";
import { Tensor } from "../ir/tensor.ts";
import { bernoulli, randomNormal, randomUniform } from "./random.ts";

const shape = Tensor.ints([3]);
const drawn = (tensor: Tensor | undefined): number[] => Array.from(tensor!.data, Number);

test("a seed gives the stream of NumPy's RandomState", () => {
  const uniform = randomUniform.reference([shape], { low: 0, high: 1, dtype: "f64", seed: 0 });
  expect(drawn(uniform[0])).toEqual([0.5488135039273248, 0.7151893663724195, 0.6027633760716439]);
  const normal = randomNormal.reference([shape], { mean: 0, scale: 1, dtype: "f64", seed: 0 });
  expect(drawn(normal[0])).toEqual([1.764052345967664, 0.4001572083672233, 0.9787379841057392]);
});

test("seeds that differ in their fraction differ, and so do runs without a seed", () => {
  const attrs = { low: 0, high: 1, dtype: "f64" } as const;
  const [a, b] = [1, 1.5].map((seed) => drawn(randomUniform.reference([shape], { ...attrs, seed })[0]));
  expect(a).not.toEqual(b);
  const [c, d] = [0, 1].map(() => drawn(randomUniform.reference([shape], attrs)[0]));
  expect(c).not.toEqual(d);
});

test("bernoulli draws with its probabilities", () => {
  const probabilities = Tensor.from("f32", [4000], new Float32Array(4000).fill(0.3));
  const [y] = bernoulli.reference([probabilities], { dtype: "f32", seed: 3 });
  const mean = drawn(y).reduce((sum, value) => sum + value, 0) / 4000;
  expect(Math.abs(mean - 0.3)).toBeLessThan(0.03);
});
