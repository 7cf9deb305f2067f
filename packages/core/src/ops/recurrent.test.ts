import { describe, expect, test } from "vitest";
import { Tensor, type TensorType } from "../ir/tensor.ts";
import { gru } from "./gru.ts";
import { type LstmAttrs, lstm } from "./lstm.ts";
import { rnn } from "./rnn.ts";
import type { RecurrentAttrs } from "./shared/recurrent-type.ts";

const f64 = (shape: readonly number[], values: readonly number[]): Tensor =>
  Tensor.from("f64", shape, values);
const lengths = (...values: number[]): Tensor => Tensor.from("i32", [values.length], values);
const wave = (shape: readonly number[], seed: number): Tensor =>
  f64(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(seed + i * 1.3)),
  );
const values = (y: Tensor | undefined): number[] => Array.from(y!.data as Float64Array);
const close = (given: readonly number[], expected: readonly number[]): void => {
  expect(given.length).toBe(expected.length);
  given.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 12);
  });
};
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

function attrs(activations: readonly string[], more: Partial<LstmAttrs> = {}): RecurrentAttrs {
  return {
    direction: "forward",
    hiddenSize: 1,
    activations,
    activationAlpha: [],
    activationBeta: [],
    layout: 0,
    ...more,
  };
}

/** One unit, one input: weights are the numbers themselves. */
const one = (...numbers: number[]): Tensor => f64([1, numbers.length, 1], numbers);
const x = f64([2, 1, 1], [0.5, -1]);

test("rnn: h = f(w x + r h + both biases)", () => {
  const inputs = [x, one(0.7), one(-0.4), f64([1, 2], [0.1, 0.2]), lengths(2), f64([1, 1, 1], [0.3])];
  const first = Math.tanh(0.35 - 0.12 + 0.3);
  const second = Math.tanh(-0.7 - 0.4 * first + 0.3);
  const [y, yh] = rnn.reference(inputs, attrs(["Tanh"]));
  close(values(y), [first, second]);
  close(values(yh), [second]);
});

test("lstm: gates i, o, f, c with peepholes on the old and the new cell", () => {
  const inputs = [
    x,
    one(0.1, 0.2, 0.3, 0.4),
    one(0.5, 0.6, 0.7, 0.8),
    f64([1, 8], [0.01, 0.02, 0.03, 0.04, 0, 0, 0, 0]),
    lengths(1),
    f64([1, 1, 1], [0.9]),
    f64([1, 1, 1], [-0.6]),
    f64([1, 3], [0.11, 0.12, 0.13]),
  ];
  const i = sigmoid(0.05 + 0.45 + 0.01 + 0.11 * -0.6);
  const f = sigmoid(0.15 + 0.63 + 0.03 + 0.13 * -0.6);
  const c = f * -0.6 + i * Math.tanh(0.2 + 0.72 + 0.04);
  const o = sigmoid(0.1 + 0.54 + 0.02 + 0.12 * c);
  const [y, yh, yc] = lstm.reference(inputs, attrs(["Sigmoid", "Tanh", "Tanh"]));
  close(values(y), [o * Math.tanh(c), 0]);
  close(values(yh), [o * Math.tanh(c)]);
  close(values(yc), [c]);
});

test("gru: the reset gate before or after the recurrent product", () => {
  const inputs = [
    x,
    one(0.1, 0.2, 0.3),
    one(0.4, 0.5, 0.6),
    f64([1, 6], [0, 0, 0.05, 0, 0, 0.07]),
    lengths(1),
    f64([1, 1, 1], [0.9]),
  ];
  const z = sigmoid(0.05 + 0.36);
  const r = sigmoid(0.1 + 0.45);
  const before = Math.tanh(0.15 + 0.6 * (r * 0.9) + 0.12);
  const after = Math.tanh(0.15 + 0.05 + r * (0.6 * 0.9 + 0.07));
  const given = attrs(["Sigmoid", "Tanh"]);
  close(values(gru.reference(inputs, given)[1]), [(1 - z) * before + z * 0.9]);
  close(values(gru.reference(inputs, { ...given, linearBeforeReset: true })[1]), [(1 - z) * after + z * 0.9]);
});

test("clip bounds the inputs of the activations; alphas and betas go to those that take them", () => {
  const inputs = [f64([1, 1, 1], [10]), one(1), one(0), f64([1, 2], [0, 0]), lengths(1), f64([1, 1, 1], [0])];
  close(
    values(
      rnn.reference(inputs, attrs(["Affine"], { clip: 2, activationAlpha: [3], activationBeta: [1] }))[1],
    ),
    [7],
  );
  close(
    values(rnn.reference(inputs, attrs(["ScaledTanh"], { activationAlpha: [3], activationBeta: [0.05] }))[1]),
    [3 * Math.tanh(0.5)],
  );
  close(values(rnn.reference(inputs, attrs(["LeakyRelu"]))[1]), [10]);
});

const [steps, batch, input, hidden] = [3, 2, 2, 2];
const activations = ["Sigmoid", "Tanh", "Tanh"];

function lstmInputs(directions: number): Tensor[] {
  return [
    wave([steps, batch, input], 1),
    wave([directions, 8, input], 2),
    wave([directions, 8, hidden], 3),
    wave([directions, 16], 4),
    lengths(3, 2),
    wave([directions, batch, hidden], 5),
    wave([directions, batch, hidden], 6),
    wave([directions, 6], 7),
  ];
}

function half(tensor: Tensor, index: number): Tensor {
  const size = tensor.data.length / 2;
  return f64([1, ...tensor.shape.slice(1)], values(tensor).slice(index * size, (index + 1) * size));
}

describe("lstm directions and layouts", () => {
  const both = attrs([...activations, ...activations], { direction: "bidirectional", hiddenSize: hidden });
  const inputs = lstmInputs(2);
  const [y, yh, yc] = lstm.reference(inputs, both);

  test("bidirectional is forward and reverse side by side", () => {
    const perDirection = (["forward", "reverse"] as const).map((direction, d) => {
      const own = inputs.map((tensor, i) => (i === 0 || i === 4 ? tensor : half(tensor, d)));
      return lstm.reference(own, attrs(activations, { direction, hiddenSize: hidden }));
    });
    close(
      values(yh),
      perDirection.flatMap((outputs) => values(outputs[1])),
    );
    close(
      values(yc),
      perDirection.flatMap((outputs) => values(outputs[2])),
    );
    const row = batch * hidden;
    const interleaved = Array.from({ length: steps }, (_, t) =>
      perDirection.flatMap((outputs) => values(outputs[0]).slice(t * row, (t + 1) * row)),
    ).flat();
    close(values(y), interleaved);
  });

  test("reverse ends at step 0, and steps past the length are zero", () => {
    const own = inputs.map((tensor, i) => (i === 0 || i === 4 ? tensor : half(tensor, 1)));
    const [out, last] = lstm.reference(own, attrs(activations, { direction: "reverse", hiddenSize: hidden }));
    close(values(out).slice(0, batch * hidden), values(last));
    expect(values(out).slice(-hidden)).toEqual([0, 0]);
  });

  test("layout 1 is the same with the batch first", () => {
    const swap = (tensor: Tensor): Tensor => {
      const [a, b, ...rest] = tensor.shape as [number, number, ...number[]];
      const size = rest.reduce((p, d) => p * d, 1);
      const from = values(tensor);
      const out = Array.from({ length: a * b }, (_, i) => {
        const at = (i % a) * b + Math.floor(i / a);
        return from.slice(at * size, (at + 1) * size);
      }).flat();
      return f64([b, a, ...rest], out);
    };
    const own = inputs.map((tensor, i) => ([0, 5, 6].includes(i) ? swap(tensor) : tensor));
    const [y1, yh1, yc1] = lstm.reference(own, { ...both, layout: 1 });
    expect(y1!.shape).toEqual([batch, steps, 2, hidden]);
    close(values(swap(yh1!)), values(yh));
    close(values(swap(yc1!)), values(yc));
    const fromBatchFirst = Array.from({ length: steps * 2 * batch }, (_, i) => {
      const [t, d, b] = [Math.floor(i / (2 * batch)), Math.floor(i / batch) % 2, i % batch];
      const at = ((b * steps + t) * 2 + d) * hidden;
      return values(y1).slice(at, at + hidden);
    }).flat();
    close(fromBatchFirst, values(y));
  });
});

test("types, with symbols", () => {
  const types = lstmInputs(1).map(({ type }): TensorType => type);
  const symbolic = types.map((type, i) => (i === 0 ? { ...type, shape: ["t", "n", input] } : type));
  const given = attrs(activations, { hiddenSize: hidden });
  expect(lstm.infer(symbolic, given, [])[0]!.shape).toEqual(["t", 1, "n", hidden]);
  expect(lstm.infer(types, given, []).map(({ shape }) => shape)).toEqual([
    [3, 1, 2, 2],
    [1, 2, 2],
    [1, 2, 2],
  ]);
});

test("inputs, activations and lengths that do not fit", () => {
  const inputs = [x, one(0.7), one(-0.4), f64([1, 2], [0, 0]), lengths(3), f64([1, 1, 1], [0])];
  const types = inputs.map(({ type }) => type);
  expect(() => rnn.reference(inputs, attrs(["Tanh"]))).toThrow("sequence length 3; expected 0 to 2 steps.");
  expect(() => rnn.reference(inputs, attrs(["Sine"]))).toThrow('activation "Sine"; expected one of relu,');
  expect(() => rnn.infer(types, attrs(["Tanh", "Tanh"]), [])).toThrow("2 activations; expected 1.");
  expect(() => rnn.infer(types.slice(0, 4), attrs(["Tanh"]), [])).toThrow("4 inputs; expected 6.");
  expect(() => rnn.infer(types, attrs(["Tanh"], { hiddenSize: 2 }), [])).toThrow(
    "w has shape [1,1,1]; expected [1,2,1].",
  );
});
