import { ops, type Value } from "@coracle/core";
import type { Convert, PaddleContext } from "../context.ts";

const activations: Readonly<Record<string, (c: PaddleContext, x: Value) => Value>> = {
  relu: (c, x) => c.emit(ops.relu, {}, [x]),
  relu6: (c, x) => c.emit(ops.clip, { min: 0, max: c.float("threshold", 6) }, [x]),
  leaky_relu: (c, x) => c.emit(ops.leakyRelu, { alpha: c.float("alpha", 0.02) }, [x]),
  elu: (c, x) => c.emit(ops.elu, { alpha: c.float("alpha", 1) }, [x]),
  sigmoid: (c, x) => c.emit(ops.sigmoid, {}, [x]),
  tanh: (c, x) => c.emit(ops.tanh, {}, [x]),
  swish: (c, x) => c.emit(ops.swish, { alpha: c.float("beta", 1) }, [x]),
  silu: (c, x) => c.emit(ops.swish, { alpha: 1 }, [x]),
  mish: (c, x) => c.emit(ops.mish, {}, [x]),
  gelu: (c, x) => c.emit(ops.gelu, { approximate: c.bool("approximate", false) ? "tanh" : "none" }, [x]),
  softsign: (c, x) => c.emit(ops.softsign, {}, [x]),
  hard_sigmoid: (c, x) =>
    c.emit(ops.hardSigmoid, { alpha: c.float("slope", 0.2), beta: c.float("offset", 0.5) }, [x]),
  hard_swish: hardSwish,
  softplus,
  thresholded_relu: (c, x) => c.emit(ops.thresholdedRelu, { alpha: c.float("threshold", 1) }, [x]),
  selu: (c, x) =>
    c.emit(
      ops.selu,
      { alpha: c.float("alpha", 1.6732632423543772), gamma: c.float("scale", 1.0507009873554805) },
      [x],
    ),
};

/** x clip(x + offset, 0, threshold) / scale. */
function hardSwish(c: PaddleContext, x: Value): Value {
  const [threshold, scale, offset] = [c.float("threshold", 6), c.float("scale", 6), c.float("offset", 3)];
  if (threshold === 6 && scale === 6 && offset === 3) return c.emit(ops.hardSwish, {}, [x]);
  const shifted = c.emit(ops.add, {}, [x, c.scalarLike(x, offset)]);
  const clipped = c.emit(ops.clip, { min: 0, max: threshold }, [shifted]);
  return c.emit(ops.div, {}, [c.emit(ops.mul, {}, [x, clipped]), c.scalarLike(x, scale)]);
}

/** log(1 + exp(beta x)) / beta; x itself where beta x is beyond the threshold, which rounds to the same. */
function softplus(c: PaddleContext, x: Value): Value {
  const beta = c.float("beta", 1);
  if (beta === 1) return c.emit(ops.softplus, {}, [x]);
  const scaled = c.emit(ops.mul, {}, [x, c.scalarLike(x, beta)]);
  return c.emit(ops.div, {}, [c.emit(ops.softplus, {}, [scaled]), c.scalarLike(x, beta)]);
}

/** A named activation on a value, its parameters by the operator's own attributes. */
export function activate(c: PaddleContext, x: Value, name: string): Value {
  const make = activations[name];
  return make ? make(c, x) : c.fail(`activation ${name}`, Object.keys(activations).join(", "));
}

export const activation: Readonly<Record<string, Convert>> = Object.fromEntries(
  Object.entries(activations).map(([name, make]): [string, Convert] => [
    name,
    (c) => ({ Out: make(c, c.input("X")) }),
  ]),
);
