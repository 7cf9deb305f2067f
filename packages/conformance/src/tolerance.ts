import { type DType, isFloat, numElements, type Op, ops, type Tensor, type TensorType } from "@coracle/core";

export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

const none: Tolerance = { relative: 0, absolute: 0 };

/** One multiply-add, or one call of an element function. */
const rounding: Readonly<Partial<Record<DType, Tolerance>>> = {
  f64: { relative: 1e-12, absolute: 1e-13 },
  f32: { relative: 1e-5, absolute: 1e-6 },
  f16: { relative: 2e-3, absolute: 1e-3 },
  bf16: { relative: 1.6e-2, absolute: 1e-2 },
};

/** A real value that lies on the border between two stored ones may go either way. */
const quantised: Tolerance = { relative: 0, absolute: 1 };
const quantisedDTypes: readonly DType[] = ["i8", "u8", "i16", "u16"];

/** How many terms one output element sums up, by the op's own count of operations. */
function termsPerElement(
  op: Op,
  attrs: unknown,
  inputs: readonly TensorType[],
  outputs: readonly TensorType[],
): number {
  const elements = outputs.reduce((sum, { shape }) => sum + numElements(shape), 0);
  const flops = op.flops?.(inputs, outputs, attrs) ?? 0;
  return elements === 0 ? 1 : Math.max(1, flops / (2 * elements));
}

/** Floats in, small integers out: the op quantises. */
function isQuantising(inputs: readonly TensorType[], output: DType): boolean {
  return quantisedDTypes.includes(output) && inputs.some(({ dtype }) => isFloat(dtype));
}

/**
 * How far output elements of this dtype may lie from the reference: nothing where the op is exact; else by dtype,
 * growing with the root of the number of terms that one element sums up.
 */
export function toleranceOf(
  op: Op,
  attrs: unknown,
  { inputs, outputs }: { readonly inputs: readonly TensorType[]; readonly outputs: readonly TensorType[] },
  output: DType,
): Tolerance {
  if (op.accuracy === "exact") return none;
  const base = rounding[output];
  if (!base) return isQuantising(inputs, output) ? quantised : none;
  const growth = Math.sqrt(termsPerElement(op, attrs, inputs, outputs));
  return { relative: base.relative * growth, absolute: base.absolute * growth };
}

/** The first element that differs by more than it may, for people; undefined when all agree. */
export function firstDifference(
  given: Tensor,
  expected: Tensor,
  { relative, absolute }: Tolerance,
): string | undefined {
  const [a, b] = [valuesOf(given), valuesOf(expected)];
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (Object.is(x, y) || x === y) continue;
    if (typeof x === "number" && typeof y === "number") {
      if (Number.isFinite(y) && Math.abs(x - y) <= absolute + relative * Math.abs(y)) continue;
    }
    const position = positionOf(i, expected.shape).join();
    return `element [${position}] of [${expected.shape.join()}] is ${x}; expected ${y} (relative ${relative}, absolute ${absolute})`;
  }
  return undefined;
}

function valuesOf(tensor: Tensor): ArrayLike<number | bigint> {
  const { dtype, data } = tensor;
  if (dtype !== "f16" && dtype !== "bf16") return data;
  return ops.cast.reference([tensor], { to: "f32" })[0]!.data;
}

function positionOf(index: number, shape: readonly number[]): number[] {
  let rest = index;
  return shape
    .toReversed()
    .map((dim) => {
      const position = rest % dim;
      rest = Math.floor(rest / dim);
      return position;
    })
    .toReversed();
}
