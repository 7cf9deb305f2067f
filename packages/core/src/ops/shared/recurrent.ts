import { DataError } from "../../errors.ts";
import { fromNumbers } from "../../ir/numeric.ts";
import type { Tensor } from "../../ir/tensor.ts";
import { doubles, toDoubles } from "./doubles.ts";
import { recurrentActivations } from "./recurrent-activations.ts";
import {
  type CellShape,
  numDirections,
  type RecurrentAttrs,
  type RecurrentDims,
  recurrentDims,
  sequenceShape,
  stateShape,
} from "./recurrent-type.ts";

/** One direction's parameters. */
export interface Weights {
  /** [gates hidden, input] */
  readonly w: Float64Array;
  /** [gates hidden, hidden] */
  readonly r: Float64Array;
  /** [2 gates hidden]: for w, then for r. */
  readonly b: Float64Array;
  /** [3 hidden]; empty without peepholes. */
  readonly peepholes: Float64Array;
  readonly functions: readonly ((x: number) => number)[];
}

export interface Step {
  readonly weights: Weights;
  readonly hidden: number;
  /** w x + its bias, [gates hidden]; may be written. */
  readonly input: Float64Array;
  /** [hidden], to be replaced. */
  readonly h: Float64Array;
  readonly c: Float64Array;
  clip(x: number): number;
}

export type Cell = CellShape & { step(step: Step): void };

export interface Rows {
  readonly first: number;
  readonly count: number;
  readonly cols: number;
}

/** out[i] = matrix[first + i, :] . vector + bias[i] */
export function multiplyRows(
  matrix: Float64Array,
  vector: Float64Array,
  rows: Rows,
  bias: Float64Array,
): Float64Array {
  const { first, count, cols } = rows;
  const out = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let sum = bias[i]!;
    const at = (first + i) * cols;
    for (let k = 0; k < cols; k++) sum += matrix[at + k]! * vector[k]!;
    out[i] = sum;
  }
  return out;
}

interface Job {
  readonly cell: Cell;
  readonly attrs: RecurrentAttrs;
  readonly dims: { readonly [K in keyof RecurrentDims]: number };
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** h, and c where there is one; start values, replaced by the final ones. */
  readonly states: readonly Float64Array[];
}

function weightsOf(inputs: readonly Tensor[], direction: number, attrs: RecurrentAttrs, cell: Cell): Weights {
  const part = (index: number): Float64Array => {
    const tensor = inputs[index];
    if (!tensor) return new Float64Array(0);
    const size = tensor.data.length / tensor.shape[0]!;
    return toDoubles(tensor).subarray(direction * size, (direction + 1) * size);
  };
  const all = recurrentActivations(attrs.activations, attrs.activationAlpha, attrs.activationBeta);
  const functions = all.slice(direction * cell.functions, (direction + 1) * cell.functions);
  return { w: part(1), r: part(2), b: part(3), peepholes: part(7), functions };
}

interface Sequence {
  readonly direction: number;
  readonly batch: number;
  readonly length: number;
  readonly isReverse: boolean;
}

function runSequence(job: Job, weights: Weights, { direction, batch, length, isReverse }: Sequence): void {
  const { cell, attrs, dims, x, y } = job;
  const [hidden, directions] = [attrs.hiddenSize, numDirections(attrs)];
  const stateAt =
    (attrs.layout === 0 ? direction * dims.batch + batch : batch * directions + direction) * hidden;
  const [h, c] = [0, 1].map((i) => job.states[i]?.slice(stateAt, stateAt + hidden) ?? new Float64Array(0));
  const limit = attrs.clip ?? Number.POSITIVE_INFINITY;
  const clip = (v: number): number => Math.min(Math.max(v, -limit), limit);
  const rows = { first: 0, count: cell.gates * hidden, cols: dims.input };
  for (let i = 0; i < length; i++) {
    const t = isReverse ? length - 1 - i : i;
    const xAt = (attrs.layout === 0 ? t * dims.batch + batch : batch * dims.steps + t) * dims.input;
    const input = multiplyRows(weights.w, x.subarray(xAt, xAt + dims.input), rows, weights.b);
    cell.step({ weights, hidden, input, h: h!, c: c!, clip });
    const yRow =
      attrs.layout === 0
        ? (t * directions + direction) * dims.batch + batch
        : (batch * dims.steps + t) * directions + direction;
    y.set(h!, yRow * hidden);
  }
  job.states[0]!.set(h!, stateAt);
  job.states[1]?.set(c!, stateAt);
}

/** inputs x, w, r, b, seqLens, h0[, c0, p] -> y, yh[, yc]. Steps past a sequence's length give zeros in y. */
export function runRecurrent(
  inputs: readonly Tensor[],
  attrs: RecurrentAttrs,
  cell: Cell,
): readonly Tensor[] {
  const x = inputs[0]!;
  const dims = recurrentDims(x.shape, attrs.layout) as Job["dims"];
  const yShape = sequenceShape(dims, attrs) as readonly number[];
  const shape = stateShape(dims.batch, attrs) as readonly number[];
  const states = Array.from({ length: cell.states }, (_, i) => toDoubles(inputs[5 + i]!).slice());
  const job: Job = { cell, attrs, dims, x: toDoubles(x), y: doubles(yShape), states };
  const lengths = inputs[4]!.data as Int32Array;
  for (let direction = 0; direction < numDirections(attrs); direction++) {
    const weights = weightsOf(inputs, direction, attrs, cell);
    const isReverse = attrs.direction === "reverse" || direction === 1;
    for (let batch = 0; batch < dims.batch; batch++) {
      const length = lengths[batch]!;
      if (length < 0 || length > dims.steps) {
        throw new DataError(`sequence length ${length}; expected 0 to ${dims.steps} steps.`);
      }
      runSequence(job, weights, { direction, batch, length, isReverse });
    }
  }
  return [fromNumbers(x.dtype, yShape, job.y), ...states.map((state) => fromNumbers(x.dtype, shape, state))];
}
