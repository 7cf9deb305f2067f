import { DataError } from "../errors.ts";
import { isBigInt } from "../ir/dtype.ts";
import { fromNumbers, toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { isStatic, numElements, rowMajorStrides } from "../ir/shape.ts";
import { Tensor } from "../ir/tensor.ts";
import { type Contraction, contractionOf } from "./einsum-equation.ts";
import { allocate } from "./shared/allocate.ts";
import { checkInputs, checkSameDType } from "./shared/check.ts";
import { forEachStrided } from "./shared/strided.ts";

export interface EinsumAttrs {
  /** "bij,bjk->bik", as numpy reads it. */
  readonly equation: string;
}

const sizes = (labels: readonly string[], { dims }: Contraction): number[] =>
  labels.map((label) => dims.get(label) as number);

/** For each label, how far one step along it moves in the tensor; a repeated label walks a diagonal. */
function labelStrides(
  shape: readonly number[],
  labels: readonly string[],
  over: readonly string[],
): number[] {
  const strides = rowMajorStrides(shape);
  return over.map((label) =>
    labels.reduce(
      (sum, other, axis) => (other === label && shape[axis] !== 1 ? sum + strides[axis]! : sum),
      0,
    ),
  );
}

/** Sums, over the labels that the output lacks, the products of the inputs' elements. xs: one dtype. Throws ShapeError. */
export const einsum: Op<EinsumAttrs> = defineOp<EinsumAttrs>({
  name: "einsum",
  accuracy: "rounding",
  infer(inputs, { equation }) {
    checkInputs(inputs, 1, Number.POSITIVE_INFINITY);
    checkSameDType(inputs);
    const { output, dims } = contractionOf(
      equation,
      inputs.map(({ shape }) => shape),
    );
    return [{ dtype: inputs[0]!.dtype, shape: output.map((label) => dims.get(label)!) }];
  },
  reference(inputs, { equation }) {
    const contraction = contractionOf(
      equation,
      inputs.map(({ shape }) => shape),
    );
    return [isBigInt(inputs[0]!.dtype) ? contractBig(inputs, contraction) : contract(inputs, contraction)];
  },
  flops(inputs, _, { equation }) {
    if (!inputs.every(({ shape }) => isStatic(shape))) return 0;
    const { dims } = contractionOf(
      equation,
      inputs.map(({ shape }) => shape),
    );
    return inputs.length * numElements([...dims.values()]);
  },
});

/** More would not end by reference. */
const mostTerms = 2 ** 34;

function walk(
  inputs: readonly Tensor[],
  contraction: Contraction,
  visit: (out: number, offsets: Int32Array | Float64Array) => void,
): readonly number[] {
  const { output, summed } = contraction;
  const over = [...output, ...summed];
  const total = numElements(sizes(over, contraction));
  if (!(total <= mostTerms)) throw new DataError(`${total} products; expected at most ${mostTerms}.`);
  const shape = sizes(output, contraction);
  const terms = numElements(sizes(summed, contraction));
  const strides = inputs.map((input, i) => labelStrides(input.shape, contraction.inputs[i]!, over));
  forEachStrided(sizes(over, contraction), strides, (i, offsets) => visit(Math.floor(i / terms), offsets));
  return shape;
}

function contract(inputs: readonly Tensor[], contraction: Contraction): Tensor {
  const values = inputs.map(toNumbers);
  const out = allocate("f64", sizes(contraction.output, contraction)) as Float64Array;
  const shape = walk(inputs, contraction, (at, offsets) => {
    let product = 1;
    for (let i = 0; i < values.length; i++) product *= values[i]![offsets[i]!]!;
    out[at]! += product;
  });
  return fromNumbers(inputs[0]!.dtype, shape, out);
}

function contractBig(inputs: readonly Tensor[], contraction: Contraction): Tensor {
  const { dtype } = inputs[0]!;
  const out = allocate(dtype, sizes(contraction.output, contraction)) as BigInt64Array;
  const shape = walk(inputs, contraction, (at, offsets) => {
    let product = 1n;
    for (let i = 0; i < inputs.length; i++) product *= inputs[i]!.data[offsets[i]!] as bigint;
    out[at]! += BigInt.asIntN(64, product);
  });
  return Tensor.from(dtype, shape, out);
}
