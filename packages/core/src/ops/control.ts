import { DataError, ShapeError } from "../errors.ts";
import { evaluateCalls } from "../ir/evaluate.ts";
import { type BlockCalls, defineOp, type Op } from "../ir/op.ts";
import type { Block } from "../ir/program.ts";
import { type Dim, normalizeAxis } from "../ir/shape.ts";
import { Tensor, type TensorType } from "../ir/tensor.ts";
import { carriedType, checkBlockInputs, checkCount, checkScans, mergedType } from "./shared/block-types.ts";
import { canEqual } from "./shared/channels.ts";
import { checkDType } from "./shared/check.ts";
import { checkScalar } from "./shared/quant-params.ts";
import { Stacks, selectAlong } from "./shared/stacking.ts";

export interface IfAttrs {
  readonly then: Block;
  readonly else: Block;
}

function* branchCalls([condition, ...feeds]: readonly Tensor[], attrs: IfAttrs): BlockCalls {
  return yield { block: condition!.data[0] ? attrs.then : attrs.else, feeds };
}

/**
 * cond (bool, one element), ...captures -> the outputs of `then` or `else`, whose inputs are the captures.
 * Throws ShapeError when their outputs differ in count, dtype or rank.
 */
export const ifElse: Op<IfAttrs> = defineOp<IfAttrs>({
  name: "if",
  accuracy: "rounding",
  takes: "anything",
  infer(inputs, attrs) {
    const [condition, ...captures] = inputs;
    if (!condition) throw new ShapeError("0 inputs; expected a condition.");
    checkDType(condition, ["bool"], "condition");
    checkScalar(condition, "condition");
    checkBlockInputs(attrs.then, captures, "then");
    checkBlockInputs(attrs.else, captures, "else");
    const [a, b] = [attrs.then.outputs, attrs.else.outputs];
    if (a.length !== b.length)
      throw new ShapeError(`else has ${b.length} outputs; expected ${a.length} as then.`);
    return a.map(({ type }, i) => mergedType(type, b[i]!.type, i));
  },
  reference: (inputs, attrs) => evaluateCalls(branchCalls(inputs, attrs)),
  calls: branchCalls,
});

export interface LoopAttrs {
  /** Inputs: iteration (i64 []), condition (bool []), carried..., captures...; outputs: condition, carried..., scans... */
  readonly body: Block;
  readonly numCarried: number;
}

/** A model that runs longer by reference is taken to never end. */
const maxIterations = 2 ** 20;

const counter: TensorType = { dtype: "i64", shape: [] };
const flag: TensorType = { dtype: "bool", shape: [] };

function tripCount(tensor: Tensor): number {
  return Math.max(0, Number(tensor.data[0]));
}

/** Body outputs may be [1] where a flag is meant. */
const isTrue = (tensor: Tensor): boolean => tensor.data[0] === 1;

function* loopCalls(inputs: readonly Tensor[], { body, numCarried }: LoopAttrs): BlockCalls {
  const [maxTrip, condition, ...rest] = inputs;
  const limit = tripCount(maxTrip!);
  const captures = rest.slice(numCarried);
  const scans = new Stacks(body.outputs.slice(1 + numCarried).map(({ type }) => type));
  let [carried, isRunning] = [rest.slice(0, numCarried) as readonly Tensor[], isTrue(condition!)];
  for (let trip = 0; trip < limit && isRunning; trip++) {
    if (trip === maxIterations) {
      throw new DataError(`more than ${maxIterations} iterations; expected a loop that ends.`);
    }
    const feeds = [Tensor.scalar("i64", trip), Tensor.scalar("bool", 1), ...carried, ...captures];
    const [next, ...outputs] = (yield { block: body, feeds }) as readonly [Tensor, ...Tensor[]];
    isRunning = isTrue(next);
    carried = outputs.slice(0, numCarried);
    scans.push(outputs.slice(numCarried));
  }
  const numScans = body.outputs.length - 1 - numCarried;
  return [...carried, ...Array.from({ length: numScans }, (_, i) => scans.stacked(i))];
}

/**
 * maxTrip (i64, one element), cond (bool, one element), ...carried, ...captures -> carried..., scans... (stacked along
 * a new axis 0): the body while the condition holds, at most maxTrip times. Throws ShapeError; DataError beyond
 * 2^20 iterations or 1 GiB of scans.
 */
export const loop: Op<LoopAttrs> = defineOp<LoopAttrs>({
  name: "loop",
  accuracy: "rounding",
  takes: "anything",
  infer(inputs, { body, numCarried }, known) {
    const [maxTrip, condition, ...rest] = inputs;
    if (!maxTrip || !condition || rest.length < numCarried) {
      throw new ShapeError(`${inputs.length} inputs; expected at least ${2 + numCarried}.`);
    }
    checkDType(maxTrip, ["i64"], "maxTrip");
    checkScalar(maxTrip, "maxTrip");
    checkDType(condition, ["bool"], "condition");
    checkScalar(condition, "condition");
    checkCount(body, 1 + numCarried, "body");
    checkDType(body.outputs[0]!.type, ["bool"], "the body's condition");
    const carried = rest.slice(0, numCarried);
    const ends = carried.map((type, i) =>
      carriedType(type, body.inputs[2 + i]?.type ?? type, body.outputs[1 + i]!.type, i),
    );
    checkBlockInputs(body, [counter, flag, ...ends, ...rest.slice(numCarried)], "body");
    const trips: Dim = known[0] && tripCount(known[0]) === 0 ? 0 : "?trips";
    const scans = body.outputs.slice(1 + numCarried);
    checkScans(scans);
    return [...ends, ...scans.map(({ type }) => ({ dtype: type.dtype, shape: [trips, ...type.shape] }))];
  },
  reference: (inputs, attrs) => evaluateCalls(loopCalls(inputs, attrs)),
  calls: loopCalls,
});

export interface ScanAttrs {
  /** Inputs: states..., one slice of each x, captures...; outputs: states..., one slice of each scan output. */
  readonly body: Block;
  readonly numStates: number;
  readonly numScanInputs: number;
  readonly scanInputAxes: readonly number[];
  /** 0 forward, 1 backward. */
  readonly scanInputDirections: readonly number[];
  readonly scanOutputAxes: readonly number[];
  readonly scanOutputDirections: readonly number[];
}

function scanLength(types: readonly TensorType[], axes: readonly number[]): Dim {
  const lengths = types.map(({ shape }, i) => shape[normalizeAxis(axes[i]!, shape.length)]!);
  const [first] = lengths;
  if (first === undefined) throw new ShapeError("0 scan inputs; expected at least 1.");
  const known = lengths.find((length) => typeof length === "number") ?? first;
  const wrong = lengths.find((length) => !canEqual(length, known));
  if (wrong !== undefined)
    throw new ShapeError(`scan inputs of lengths ${known} and ${wrong}; expected one length.`);
  return known;
}

function checkScanAttrs(attrs: ScanAttrs, numInputs: number): void {
  const { body, numStates, numScanInputs } = attrs;
  if (numInputs < numStates + numScanInputs) {
    throw new ShapeError(`${numInputs} inputs; expected at least ${numStates + numScanInputs}.`);
  }
  checkCount(body, numStates, "body");
  const numOutputs = body.outputs.length - numStates;
  const lists: readonly (readonly [string, readonly number[], number])[] = [
    ["scanInputAxes", attrs.scanInputAxes, numScanInputs],
    ["scanInputDirections", attrs.scanInputDirections, numScanInputs],
    ["scanOutputAxes", attrs.scanOutputAxes, numOutputs],
    ["scanOutputDirections", attrs.scanOutputDirections, numOutputs],
  ];
  for (const [name, list, length] of lists) {
    if (list.length !== length)
      throw new ShapeError(`${name} of ${list.length} numbers; expected ${length}.`);
  }
}

function inserted(type: TensorType, length: Dim, axis: number): TensorType {
  const shape = [...type.shape];
  shape.splice(normalizeAxis(axis, shape.length + 1), 0, length);
  return { dtype: type.dtype, shape };
}

function* scanCalls(inputs: readonly Tensor[], attrs: ScanAttrs): BlockCalls {
  const { body, numStates, numScanInputs } = attrs;
  const xs = inputs.slice(numStates, numStates + numScanInputs);
  const captures = inputs.slice(numStates + numScanInputs);
  const axes = xs.map(({ shape }, i) => normalizeAxis(attrs.scanInputAxes[i]!, shape.length));
  const length = scanLength(
    xs.map(({ type }) => type),
    axes,
  ) as number;
  const scans = new Stacks(body.outputs.slice(numStates).map(({ type }) => type));
  let states = inputs.slice(0, numStates);
  for (let step = 0; step < length; step++) {
    const slices = xs.map((x, i) =>
      selectAlong(x, axes[i]!, attrs.scanInputDirections[i] === 1 ? length - 1 - step : step),
    );
    const outputs = yield { block: body, feeds: [...states, ...slices, ...captures] };
    states = outputs.slice(0, numStates);
    scans.push(outputs.slice(numStates));
  }
  const numScans = body.outputs.length - numStates;
  return [
    ...states,
    ...Array.from({ length: numScans }, (_, i) =>
      scans.stacked(i, attrs.scanOutputAxes[i]!, attrs.scanOutputDirections[i] === 1),
    ),
  ];
}

/**
 * ...states, ...xs, ...captures -> states..., scans...: the body once for each index of the xs' scan axes, its further
 * outputs stacked along scanOutputAxes. Throws ShapeError; DataError beyond 1 GiB of scans.
 */
export const scan: Op<ScanAttrs> = defineOp<ScanAttrs>({
  name: "scan",
  accuracy: "rounding",
  takes: "anything",
  infer(inputs, attrs) {
    checkScanAttrs(attrs, inputs.length);
    const { body, numStates, numScanInputs } = attrs;
    const xs = inputs.slice(numStates, numStates + numScanInputs);
    const length = scanLength(xs, attrs.scanInputAxes);
    const slices = xs.map(({ dtype, shape }, i): TensorType => {
      const axis = normalizeAxis(attrs.scanInputAxes[i]!, shape.length);
      return { dtype, shape: shape.filter((_, at) => at !== axis) };
    });
    const states = inputs
      .slice(0, numStates)
      .map((type, i) => carriedType(type, body.inputs[i]?.type ?? type, body.outputs[i]!.type, i));
    checkBlockInputs(body, [...states, ...slices, ...inputs.slice(numStates + numScanInputs)], "body");
    const scans = body.outputs.slice(numStates);
    checkScans([...scans, ...body.inputs.slice(numStates, numStates + numScanInputs)]);
    return [...states, ...scans.map(({ type }, i) => inserted(type, length, attrs.scanOutputAxes[i]!))];
  },
  reference: (inputs, attrs) => evaluateCalls(scanCalls(inputs, attrs)),
  calls: scanCalls,
});
