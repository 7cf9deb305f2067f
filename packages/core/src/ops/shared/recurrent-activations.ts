import { ShapeError } from "../../errors.ts";

type Scalar = (x: number) => number;

interface Definition {
  readonly alpha?: number;
  readonly beta?: number;
  make(alpha: number, beta: number): Scalar;
}

const sigmoid: Scalar = (x) => 1 / (1 + Math.exp(-x));

const definitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ["relu", { make: () => (x) => Math.max(0, x) }],
  ["tanh", { make: () => Math.tanh }],
  ["sigmoid", { make: () => sigmoid }],
  ["affine", { alpha: 1, beta: 0, make: (alpha, beta) => (x) => alpha * x + beta }],
  ["leakyrelu", { alpha: 0.01, make: (alpha) => (x) => (x < 0 ? alpha * x : x) }],
  ["thresholdedrelu", { alpha: 1, make: (alpha) => (x) => (x > alpha ? x : 0) }],
  ["scaledtanh", { alpha: 1, beta: 1, make: (alpha, beta) => (x) => alpha * Math.tanh(beta * x) }],
  [
    "hardsigmoid",
    { alpha: 0.2, beta: 0.5, make: (alpha, beta) => (x) => Math.min(Math.max(alpha * x + beta, 0), 1) },
  ],
  ["elu", { alpha: 1, make: (alpha) => (x) => (x < 0 ? alpha * Math.expm1(x) : x) }],
  ["softsign", { make: () => (x) => x / (1 + Math.abs(x)) }],
  ["softplus", { make: () => (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) }],
]);

/**
 * The functions by ONNX's names, in any case; each takes its alpha and beta from the front of the lists, where it has
 * such a parameter and the list has one left. Throws ShapeError.
 */
export function recurrentActivations(
  names: readonly string[],
  alphas: readonly number[],
  betas: readonly number[],
): readonly Scalar[] {
  let [nextAlpha, nextBeta] = [0, 0];
  return names.map((name) => {
    const definition = definitions.get(name.toLowerCase());
    if (!definition)
      throw new ShapeError(`activation "${name}"; expected one of ${[...definitions.keys()].join(", ")}.`);
    const alpha = definition.alpha === undefined ? 0 : (alphas[nextAlpha++] ?? definition.alpha);
    const beta = definition.beta === undefined ? 0 : (betas[nextBeta++] ?? definition.beta);
    return definition.make(alpha, beta);
  });
}
