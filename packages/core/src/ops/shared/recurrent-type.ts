import { ShapeError } from "../../errors.ts";
import { type Dim, formatShape, isStatic, numElements, type Shape } from "../../ir/shape.ts";
import type { TensorType } from "../../ir/tensor.ts";
import { canEqual } from "./channels.ts";
import { checkDType, checkFloat, checkInputs } from "./check.ts";

export interface RecurrentAttrs {
  readonly direction: "forward" | "reverse" | "bidirectional";
  readonly hiddenSize: number;
  /** Per direction, in the order ONNX gives its functions f, g, h. */
  readonly activations: readonly string[];
  readonly activationAlpha: readonly number[];
  readonly activationBeta: readonly number[];
  /** Bounds the inputs of the activations to [-clip, clip]. */
  readonly clip?: number;
  /** 0: x [steps,batch,input]; 1: x [batch,steps,input], and the batch leads in states and outputs too. */
  readonly layout: 0 | 1;
}

export interface CellShape {
  readonly gates: number;
  readonly functions: number;
  /** 1: h; 2: h and c, with peepholes. */
  readonly states: 1 | 2;
}

export const numDirections = (attrs: RecurrentAttrs): 1 | 2 => (attrs.direction === "bidirectional" ? 2 : 1);

export interface RecurrentDims {
  readonly steps: Dim;
  readonly batch: Dim;
  readonly input: Dim;
}

export function recurrentDims(x: Shape, layout: 0 | 1): RecurrentDims {
  const [a, b, input] = x as [Dim, Dim, Dim];
  return layout === 0 ? { steps: a, batch: b, input } : { steps: b, batch: a, input };
}

export function stateShape(batch: Dim, attrs: RecurrentAttrs): Shape {
  const directions = numDirections(attrs);
  return attrs.layout === 0 ? [directions, batch, attrs.hiddenSize] : [batch, directions, attrs.hiddenSize];
}

export function sequenceShape(dims: RecurrentDims, attrs: RecurrentAttrs): Shape {
  const [directions, hidden] = [numDirections(attrs), attrs.hiddenSize];
  const { steps, batch } = dims;
  return attrs.layout === 0 ? [steps, directions, batch, hidden] : [batch, steps, directions, hidden];
}

function checkShape(type: TensorType, expected: Shape, what: string): void {
  const fits =
    type.shape.length === expected.length && type.shape.every((dim, i) => canEqual(dim, expected[i]!));
  if (fits) return;
  throw new ShapeError(`${what} has shape ${formatShape(type.shape)}; expected ${formatShape(expected)}.`);
}

function checkAttrs(attrs: RecurrentAttrs, cell: CellShape): void {
  const { hiddenSize, activations } = attrs;
  if (!Number.isInteger(hiddenSize) || hiddenSize < 1) {
    throw new ShapeError(`hiddenSize ${hiddenSize}; expected a positive integer.`);
  }
  const wanted = cell.functions * numDirections(attrs);
  if (activations.length !== wanted)
    throw new ShapeError(`${activations.length} activations; expected ${wanted}.`);
}

/** Output types y, yh[, yc] of a recurrent op whose inputs are all present. Throws ShapeError. */
export function recurrentTypes(
  inputs: readonly TensorType[],
  attrs: RecurrentAttrs,
  cell: CellShape,
): readonly TensorType[] {
  const names = ["x", "w", "r", "b", "seqLens", "h0", "c0", "p"].slice(0, cell.states === 1 ? 6 : 8);
  checkInputs(inputs, names.length);
  checkAttrs(attrs, cell);
  const x = inputs[0]!;
  checkFloat(x, "x");
  if (x.shape.length !== 3) throw new ShapeError(`x has shape ${formatShape(x.shape)}; expected rank 3.`);
  const dims = recurrentDims(x.shape, attrs.layout);
  const [directions, hidden] = [numDirections(attrs), attrs.hiddenSize];
  const state = stateShape(dims.batch, attrs);
  const expected: readonly Shape[] = [
    x.shape,
    [directions, cell.gates * hidden, dims.input],
    [directions, cell.gates * hidden, hidden],
    [directions, 2 * cell.gates * hidden],
    [dims.batch],
    state,
    state,
    [directions, 3 * hidden],
  ];
  names.forEach((name, i) => {
    checkShape(inputs[i]!, expected[i]!, name);
    if (name === "seqLens") checkDType(inputs[i]!, ["i32"], name);
    else checkDType(inputs[i]!, [x.dtype], name);
  });
  const stateType: TensorType = { dtype: x.dtype, shape: state };
  return [
    { dtype: x.dtype, shape: sequenceShape(dims, attrs) },
    ...new Array<TensorType>(cell.states).fill(stateType),
  ];
}

export function recurrentFlops(inputs: readonly TensorType[], attrs: RecurrentAttrs): number {
  const [x, w, r] = inputs;
  const { steps, batch } = recurrentDims(x!.shape, attrs.layout);
  const known = [steps, batch, ...w!.shape, ...r!.shape];
  if (!isStatic(known)) return 0;
  return 2 * Number(steps) * Number(batch) * (numElements(w!.shape) + numElements(r!.shape));
}
