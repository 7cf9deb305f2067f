import { defineOp, type Op } from "../../ir/op.ts";
import { staticShape } from "../../ir/shape.ts";
import { numbers, Tensor } from "../../ir/tensor.ts";

/** x -> x * by, elementwise. */
export const scale: Op<{ readonly by: number }> = defineOp<{ readonly by: number }>({
  name: "testScale",
  infer: ([x]) => [x!],
  reference: ([x], { by }) => [
    Tensor.from(
      "f32",
      x!.shape,
      Float32Array.from(numbers(x!), (v) => v * by),
    ),
  ],
  accuracy: "rounding",
});

/** a [..], b [..] of one shape -> a + b. */
export const sum: Op = defineOp({
  name: "testSum",
  infer: ([a]) => [a!],
  reference: ([a, b]) => [
    Tensor.from(
      "f32",
      a!.shape,
      Float32Array.from(numbers(a!), (v, i) => v + Number(b!.data[i])),
    ),
  ],
  accuracy: "rounding",
});

/** x [N,C,H,W], w [OC,C] -> y [N,OC,H,W]: each pixel's channels times w. */
export const mix: Op = defineOp({
  name: "testMix",
  infer: ([x, w]) => [{ dtype: "f32", shape: [x!.shape[0]!, w!.shape[0]!, ...x!.shape.slice(2)] }],
  reference: ([x, w]) => {
    const [n, c, h, width] = staticShape(x!.shape) as [number, number, number, number];
    const outputs = w!.shape[0]!;
    const y = Tensor.zeros("f32", [n, outputs, h, width]);
    const pixels = h * width;
    for (let i = 0; i < n * outputs * pixels; i++) {
      const [batch, o, p] = [
        Math.floor(i / (outputs * pixels)),
        Math.floor(i / pixels) % outputs,
        i % pixels,
      ];
      let total = 0;
      for (let k = 0; k < c; k++) {
        total += Number(x!.data[(batch * c + k) * pixels + p]) * Number(w!.data[o * c + k]);
      }
      y.data[i] = total;
    }
    return [y];
  },
  accuracy: "rounding",
  flops: ([x], [y]) =>
    2 * Number(x!.shape[1]) * y!.shape.reduce<number>((product, d) => product * Number(d), 1),
});

/** a [1,C,..], b [1,D,..] -> y [1,C+D,..]: one after the other. */
export const join: Op = defineOp({
  name: "testJoin",
  infer: ([a, b]) => [{ ...a!, shape: [1, Number(a!.shape[1]) + Number(b!.shape[1]), ...a!.shape.slice(2)] }],
  reference: ([a, b]) => {
    const shape = [1, a!.shape[1]! + b!.shape[1]!, ...a!.shape.slice(2)];
    return [Tensor.from("f32", shape, Float32Array.from([...numbers(a!), ...numbers(b!)]))];
  },
  accuracy: "exact",
});

/** x [1,2*C,..] -> [1,C,..], [1,C,..]: its halves. */
export const cut: Op = defineOp({
  name: "testCut",
  infer: ([x]) => {
    const half = { ...x!, shape: [1, Number(x!.shape[1]) / 2, ...x!.shape.slice(2)] };
    return [half, half];
  },
  reference: ([x]) => {
    const shape = [1, x!.shape[1]! / 2, ...x!.shape.slice(2)];
    const half = x!.data.length / 2;
    return [0, half].map((from) =>
      Tensor.from("f32", shape, Float32Array.from([...numbers(x!)].slice(from, from + half))),
    );
  },
  accuracy: "exact",
});

/** x [..] -> y [n]: the elements above 0; n is known only from the data. */
export const positives: Op = defineOp({
  name: "testPositives",
  infer: () => [{ dtype: "f32", shape: ["positives"] }],
  reference: ([x]) => {
    const kept = Float32Array.from(numbers(x!).filter((v) => v > 0));
    return [Tensor.from("f32", [kept.length], kept)];
  },
  accuracy: "exact",
});

/** x [..] -> y [numElements]: the same bytes. */
export const flat: Op = defineOp({
  name: "flatten",
  infer: ([x]) => [
    { dtype: x!.dtype, shape: [x!.shape.reduce<number>((product, d) => product * Number(d), 1)] },
  ],
  reference: ([x]) => [Tensor.from(x!.dtype, [x!.data.length], x!.data)],
  accuracy: "exact",
});
