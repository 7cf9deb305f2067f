import { ShapeError } from "../errors.ts";
import { type DType, isFloat } from "../ir/dtype.ts";
import { fromNumbers, toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { type Dim, formatShape } from "../ir/shape.ts";
import { ints, type TensorType } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { checkFloat, checkIndexVector, checkInputs, checkRank } from "./shared/check.ts";
import { gaussian, mersenneTwister } from "./shared/mersenne.ts";

interface SeedAttrs {
  /** The same numbers in every run; absent: others in every run. */
  readonly seed?: number;
}

/** Fractions of a seed count too, as ONNX's are floats. */
function generator(seed: number | undefined): () => number {
  const start = seed ?? Math.random() * 2 ** 32;
  return mersenneTwister(
    (Math.trunc(start) ^ Math.imul(Math.round((start % 1) * 2 ** 32), 0x9e3779b1)) >>> 0,
  );
}

interface RandomAttrs extends SeedAttrs {
  readonly dtype: DType;
}

function defineRandom<A extends RandomAttrs>(
  name: string,
  drawing: (next: () => number, attrs: A) => () => number,
): Op<A> {
  return defineOp<A>({
    name,
    accuracy: "random",
    infer(inputs, { dtype }, [known]) {
      checkInputs(inputs, 1);
      checkIndexVector(inputs[0]!, "shape");
      if (!isFloat(dtype)) throw new ShapeError(`dtype ${dtype}; expected a float.`);
      return [{ dtype, shape: known ? checkedShape(ints(known)) : unknownShape(inputs[0]!) }];
    },
    reference([wanted], attrs) {
      const shape = checkedShape(ints(wanted!));
      const out = allocate("f64", shape) as Float64Array;
      const draw = drawing(generator(attrs.seed), attrs);
      for (let i = 0; i < out.length; i++) out[i] = draw();
      return [fromNumbers(attrs.dtype, shape, out)];
    },
  });
}

function checkedShape(shape: readonly number[]): readonly number[] {
  if (shape.every((dim) => dim >= 0)) return shape;
  throw new ShapeError(`shape ${formatShape(shape)}; expected non-negative sizes.`);
}

function unknownShape(shape: TensorType): Dim[] {
  const [rank] = shape.shape;
  if (typeof rank !== "number") throw new ShapeError(`shape has length "${rank}"; expected a known rank.`);
  return Array.from({ length: rank }, (_, i) => `?${i}`);
}

export interface RandomNormalAttrs extends RandomAttrs {
  readonly mean: number;
  /** The standard deviation. */
  readonly scale: number;
}
/** shape i64 [r] -> that shape, normally distributed. */
export const randomNormal: Op<RandomNormalAttrs> = defineRandom("randomNormal", (next, { mean, scale }) => {
  const draw = gaussian(next);
  return () => mean + scale * draw();
});

export interface RandomUniformAttrs extends RandomAttrs {
  readonly low: number;
  readonly high: number;
}
/** shape i64 [r] -> that shape, evenly distributed in [low, high). */
export const randomUniform: Op<RandomUniformAttrs> = defineRandom(
  "randomUniform",
  (next, { low, high }) =>
    () =>
      low + (high - low) * next(),
);

export interface BernoulliAttrs extends SeedAttrs {
  readonly dtype: DType;
}
/** probabilities any shape -> same shape, 1 with that probability, else 0. */
export const bernoulli: Op<BernoulliAttrs> = defineOp<BernoulliAttrs>({
  name: "bernoulli",
  accuracy: "random",
  infer(inputs, { dtype }) {
    checkInputs(inputs, 1);
    checkFloat(inputs[0]!, "probabilities");
    return [{ dtype, shape: inputs[0]!.shape }];
  },
  reference([probabilities], { dtype, seed }) {
    const next = generator(seed);
    const values = toNumbers(probabilities!);
    const out = allocate("f64", probabilities!.shape) as Float64Array;
    for (let i = 0; i < out.length; i++) out[i] = next() < values[i]! ? 1 : 0;
    return [fromNumbers(dtype, probabilities!.shape, out)];
  },
});

export interface MultinomialAttrs extends SeedAttrs {
  readonly sampleSize: number;
  readonly dtype: "i32" | "i64";
}
/** logits [N,classes], unnormalised log-probabilities -> [N,sampleSize] classes drawn with repetition. */
export const multinomial: Op<MultinomialAttrs> = defineOp<MultinomialAttrs>({
  name: "multinomial",
  accuracy: "random",
  infer(inputs, { dtype, sampleSize }) {
    checkInputs(inputs, 1);
    checkFloat(inputs[0]!, "logits");
    checkRank(inputs[0]!, 2, 2, "logits");
    if (!Number.isInteger(sampleSize) || sampleSize < 0) {
      throw new ShapeError(`sampleSize ${sampleSize}; expected a non-negative integer.`);
    }
    return [{ dtype, shape: [inputs[0]!.shape[0]!, sampleSize] }];
  },
  reference([logits], { dtype, sampleSize, seed }) {
    const [rows, classes] = logits!.shape as readonly [number, number];
    const next = generator(seed);
    const values = toNumbers(logits!);
    const out = allocate("f64", [rows, sampleSize]) as Float64Array;
    for (let row = 0; row < rows; row++) {
      const sums = cumulative(values.subarray(row * classes, (row + 1) * classes));
      for (let i = 0; i < sampleSize; i++) out[row * sampleSize + i] = sample(sums, next());
    }
    return [fromNumbers(dtype, [rows, sampleSize], out)];
  },
});

/** Running sums of exp(logit). */
function cumulative(logits: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(logits.length);
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) most = Math.max(most, logits[i]!);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    sum += Math.exp(logits[i]! - most);
    sums[i] = sum;
  }
  return sums;
}

function sample(sums: Float64Array, uniform: number): number {
  const wanted = uniform * (sums.at(-1) ?? 0);
  const found = sums.findIndex((sum) => wanted < sum);
  return found < 0 ? Math.max(0, sums.length - 1) : found;
}
