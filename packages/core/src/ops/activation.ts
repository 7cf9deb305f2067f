import { ShapeError } from "../errors.ts";

/**
 * An element function that kernels can apply as they store: the `activation` attribute of conv, convTranspose,
 * matMul and others. `clip` with min 0, max 6 is relu6. Parameters not listed for a kind are absent.
 */
export type Activation =
  | { readonly kind: "relu" }
  | { readonly kind: "clip"; readonly min: number; readonly max: number }
  | { readonly kind: "leakyRelu"; readonly alpha: number }
  | { readonly kind: "hardSigmoid"; readonly alpha: number; readonly beta: number }
  | { readonly kind: "hardSwish" }
  | { readonly kind: "sigmoid" }
  | { readonly kind: "tanh" }
  | { readonly kind: "swish"; readonly alpha: number }
  | { readonly kind: "gelu"; readonly approximate: "none" | "tanh" }
  | { readonly kind: "elu"; readonly alpha: number }
  | { readonly kind: "softplus" }
  | { readonly kind: "mish" };

/** Codes shared with native kernels; `packages/cpu-native/include/coracle/abi.h` holds the same, and a test compares. */
export const activationCodes: Readonly<Record<Activation["kind"], number>> = {
  relu: 1,
  clip: 2,
  leakyRelu: 3,
  hardSigmoid: 4,
  hardSwish: 5,
  sigmoid: 6,
  tanh: 7,
  swish: 8,
  gelu: 9,
  elu: 10,
  softplus: 11,
  mish: 12,
};

/** The two parameters a kernel gets beside the code; unused ones are 0. */
export function activationParams(activation: Activation): readonly [number, number] {
  switch (activation.kind) {
    case "clip":
      return [activation.min, activation.max];
    case "leakyRelu":
    case "swish":
    case "elu":
      return [activation.alpha, 0];
    case "hardSigmoid":
      return [activation.alpha, activation.beta];
    case "gelu":
      return [activation.approximate === "tanh" ? 1 : 0, 0];
    default:
      return [0, 0];
  }
}

/** Abramowitz and Stegun 7.1.26 is too coarse for an oracle: this is a series below 3 and a continued fraction above. */
export function errorFunction(x: number): number {
  const magnitude = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (magnitude > 6) return Math.sign(x);
  if (magnitude < 3) {
    let term = magnitude;
    let sum = magnitude;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= -(magnitude * magnitude) / n;
      sum += term / (2 * n + 1);
      if (n > 200) break;
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let k = 60; k > 0; k--) fraction = k / 2 / (magnitude + fraction);
  const tail = Math.exp(-magnitude * magnitude) / ((magnitude + fraction) * Math.sqrt(Math.PI));
  return Math.sign(x) * (1 - tail);
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const clamp = (x: number, min: number, max: number): number => Math.min(Math.max(x, min), max);

/** The function itself, in double precision. */
export function activationFunction(activation: Activation): (x: number) => number {
  switch (activation.kind) {
    case "relu":
      return (x) => Math.max(x, 0);
    case "clip":
      return (x) => clamp(x, activation.min, activation.max);
    case "leakyRelu":
      return (x) => (x < 0 ? activation.alpha * x : x);
    case "hardSigmoid":
      return (x) => clamp(activation.alpha * x + activation.beta, 0, 1);
    case "hardSwish":
      return (x) => x * clamp(x / 6 + 0.5, 0, 1);
    case "sigmoid":
      return sigmoid;
    case "tanh":
      return Math.tanh;
    case "swish":
      return (x) => x * sigmoid(activation.alpha * x);
    case "gelu":
      return activation.approximate === "tanh"
        ? (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))
        : (x) => 0.5 * x * (1 + errorFunction(x / Math.SQRT2));
    case "elu":
      return (x) => (x < 0 ? activation.alpha * Math.expm1(x) : x);
    case "softplus":
      return softplus;
    case "mish":
      return (x) => x * Math.tanh(softplus(x));
    default:
      activation satisfies never;
      throw new ShapeError(`activation ${JSON.stringify(activation)}; expected a known kind.`);
  }
}
