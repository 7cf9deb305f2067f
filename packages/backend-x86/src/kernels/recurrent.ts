import { type Arg, type Kernel, ops, type PlanBuilder } from "@coracle/core";
import type { X86Context } from "../context.ts";
import { prepared, tileRate } from "./conv-geometry.ts";
import { panelVectors, productStep } from "./matmul.ts";
import {
  functionWords,
  isZeros,
  paddedStateBytes,
  type RecurrentGeometry,
  type RecurrentNode,
  recurrentGeometry,
  recurrentReason,
  recurrentWork,
  strideWords,
} from "./recurrent-geometry.ts";
import { dims, floatBits, output, sized } from "./values.ts";

const stepNs = 300;
/** Bytes of weights in a nanosecond where one sequence has them read again at every step. */
const weightBytesPerNs = 90;
/** A step of less than that is not worth a barrier; a plan of more steps not its tables. */
const minStepNs = 5_000;
const maxPlanSteps = 2_048;
/** Weights of a direction that each of several threads may read for itself. */
const nearWeightBytes = 2 ** 21;
const weightsIndex = { ofInput: 1, ofHidden: 2 } as const;
/** Sequences of a register tile: kRecurrentRows of the kernels. */
const tileRows = { sse4: 2, avx2: 3, avx512: 6 } as const;

interface Lowering {
  readonly plan: PlanBuilder;
  readonly context: X86Context;
  readonly node: RecurrentNode;
  readonly sizes: RecurrentGeometry;
}

interface GateRange {
  readonly first: number;
  readonly count: number;
}

/** The gates of a weight, a unit's side by side, in panels of so many vectors. */
function packedGates(
  { plan, context, node, sizes }: Lowering,
  index: number,
  gates: GateRange,
  vectors: number,
): Arg {
  const { directions, hidden, blocks } = sizes;
  const depth = dims(node.inputs[index]!)[2]!;
  const columns = directions * blocks * gates.count;
  return prepared(plan, node.inputs[index]!, {
    kernel: "f32_recurrent_pack",
    params: Int32Array.of(directions, sizes.gates, gates.first, gates.count, hidden, depth, vectors),
    tasks: Math.ceil(columns / vectors),
    bytes: columns * context.block * depth * 4,
  });
}

function packedBias({ plan, context, node, sizes }: Lowering, keepsLast: boolean): Arg {
  const { directions, gates, hidden, blocks } = sizes;
  return prepared(plan, node.inputs[3]!, {
    kernel: "f32_recurrent_pack_bias",
    params: Int32Array.of(directions, gates, hidden, Number(keepsLast)),
    tasks: directions,
    bytes: directions * blocks * context.block * (gates + Number(keepsLast)) * 4,
  });
}

/** x w^T + bias of all steps and directions: one product. */
function inputProducts(lowering: Lowering, bias: Arg): Arg {
  const { plan, context, node, sizes } = lowering;
  const { steps, batch, input, rowFloats, gates } = sizes;
  const out = plan.temporary(steps * batch * rowFloats * 4);
  const b = packedGates(lowering, weightsIndex.ofInput, { first: 0, count: gates }, panelVectors);
  const product = { m: steps * batch, n: rowFloats, k: input, batch: [], batchA: [], batchB: [] };
  productStep(
    plan,
    context,
    { ...product, transA: false, transB: false },
    { a: plan.arg(node.inputs[0]!), b, out, bias },
  );
  return out;
}

/** How a cell's steps are run: what the kernel's name, args behind the common ones and option say. */
interface CellSteps {
  readonly kernel: string;
  readonly weights: Arg;
  readonly bias: Arg;
  readonly args: readonly Arg[];
  readonly option: number;
  /** Options one after the other where other units' results of the one before are needed. */
  readonly phases: readonly number[];
}

function lstmSteps(lowering: Lowering): CellSteps {
  const { plan, node } = lowering;
  const hasPeepholes = !isZeros(node, 7);
  const inputForget = (node.attrs as ops.LstmAttrs).inputForget ?? false;
  const option = Number(inputForget) + 2 * Number(hasPeepholes);
  return {
    kernel: "f32_lstm",
    weights: packedGates(lowering, weightsIndex.ofHidden, { first: 0, count: 4 }, 4),
    bias: packedBias(lowering, false),
    args: [
      plan.arg(node.inputs[6]!),
      plan.arg(output(node, 2)),
      ...(hasPeepholes ? [plan.arg(node.inputs[7]!)] : []),
    ],
    option,
    phases: [option],
  };
}

function gruSteps(lowering: Lowering): CellSteps {
  const { plan, context, node, sizes } = lowering;
  const isLinear = (node.attrs as ops.GruAttrs).linearBeforeReset ?? false;
  const bias = packedBias(lowering, isLinear);
  const shared = { kernel: "f32_gru", bias } as const;
  if (isLinear) {
    const weights = packedGates(lowering, weightsIndex.ofHidden, { first: 0, count: 3 }, 3);
    return { ...shared, weights, args: [bias], option: 0, phases: [0] };
  }
  const scratch = (): Arg => plan.temporary(paddedStateBytes(sizes, context.block));
  const candidate = packedGates(lowering, weightsIndex.ofHidden, { first: 2, count: 1 }, 1);
  return {
    ...shared,
    weights: packedGates(lowering, weightsIndex.ofHidden, { first: 0, count: 2 }, 2),
    args: [candidate, scratch(), scratch()],
    option: 3,
    phases: [1, 2],
  };
}

function rnnSteps(lowering: Lowering): CellSteps {
  const weights = packedGates(lowering, weightsIndex.ofHidden, { first: 0, count: 1 }, 1);
  const bias = packedBias(lowering, false);
  return { kernel: "f32_rnn", weights, bias, args: [], option: 0, phases: [0] };
}

const cellSteps: Readonly<Record<string, (lowering: Lowering) => CellSteps>> = {
  lstm: lstmSteps,
  gru: gruSteps,
  rnn: rnnSteps,
};

interface Split {
  readonly groupRows: number;
  readonly groupsPerTask: number;
  readonly blocksPerTask: number;
  readonly tasks: number;
  /** Each time step is a step of the plan, between whose tasks the units are divided. */
  readonly isByStep: boolean;
}

/** What a step of one direction takes one thread. */
function stepTimeNs({ level }: X86Context, sizes: RecurrentGeometry): number {
  const { ofStep } = recurrentWork(sizes);
  return Math.max((ofStep * 4) / weightBytesPerNs, (ofStep * sizes.batch) / tileRate[level]);
}

/** Sequences, which need no barrier, where they divide well and every thread's weights stay near it. */
function sharesSequences({ gates, hidden }: RecurrentGeometry, groups: number, shares: number): boolean {
  const isEven = groups % shares === 0 || groups >= 3 * shares;
  return isEven && gates * hidden * hidden * 4 <= nearWeightBytes;
}

/** Directions to threads where they suffice; else sequences, or units where that repays a barrier at each step. */
function splitWork({ plan, context, sizes }: Lowering): Split {
  const { steps, batch, directions, blocks } = sizes;
  const groups = Math.ceil(batch / tileRows[context.level]);
  const groupRows = Math.ceil(batch / groups);
  const shares = Math.ceil(plan.threads / directions);
  const whole = {
    groupRows,
    groupsPerTask: groups,
    blocksPerTask: blocks,
    tasks: directions,
    isByStep: false,
  };
  if (shares === 1) return whole;
  const isLong = stepTimeNs(context, sizes) >= minStepNs && steps <= maxPlanSteps && blocks > 1;
  if (isLong && !sharesSequences(sizes, groups, shares)) {
    const blocksPerTask = Math.ceil(blocks / shares);
    return { ...whole, blocksPerTask, tasks: directions * Math.ceil(blocks / blocksPerTask), isByStep: true };
  }
  const groupsPerTask = Math.ceil(groups / shares);
  return { ...whole, groupsPerTask, tasks: directions * Math.ceil(groups / groupsPerTask) };
}

function lower(lowering: Lowering): void {
  const { plan, node, sizes } = lowering;
  const { steps, batch, hidden, directions, gates } = sizes;
  const cell = cellSteps[node.op.name]!(lowering);
  const split = splitWork(lowering);
  const products = inputProducts(lowering, cell.bias);
  const common = [
    plan.arg(node.inputs[4]!),
    plan.arg(node.inputs[5]!),
    plan.arg(output(node)),
    plan.arg(output(node, 1)),
  ];
  const args = [products, cell.weights, ...common, ...cell.args];
  const reversed = node.attrs.direction === "forward" ? 0 : node.attrs.direction === "reverse" ? 1 : 2;
  const tail = [...strideWords(node, sizes), Number(isZeros(node, 5))];
  const functions = functionWords(node, sizes);
  const clip = floatBits(node.attrs.clip ?? Number.POSITIVE_INFINITY);
  const emit = (first: number, end: number, option: number): void =>
    plan.step({
      kernel: cell.kernel,
      args,
      params: Int32Array.of(
        ...[steps, batch, hidden, directions, gates, first, end],
        ...[split.groupRows, split.groupsPerTask, split.blocksPerTask, reversed],
        ...[...tail, option, clip, ...functions],
      ),
      tasks: split.tasks,
    });
  if (!split.isByStep) emit(0, steps, cell.option);
  else for (let t = 0; t < steps; t++) for (const phase of cell.phases) emit(t, t + 1, phase);
}

function kernelOf(op: Kernel["op"], context: X86Context): Kernel {
  const kernel: Kernel<ops.RecurrentAttrs> = {
    op: op as Kernel<ops.RecurrentAttrs>["op"],
    name: `x86/${op.name}-steps`,
    supports: (node) => recurrentReason(node, context),
    costNs(node) {
      const sizes = recurrentGeometry(node, context.block);
      const { steps, directions } = sizes;
      const { ofInput } = recurrentWork(sizes);
      return 2 * stepNs + ofInput / tileRate[context.level] + steps * directions * stepTimeNs(context, sizes);
    },
    lower(node, plan) {
      const sizes = recurrentGeometry(node, context.block);
      lower({ plan, context, node, sizes });
    },
  };
  return sized(kernel) as Kernel;
}

/** The input's products of all steps by one matrix product, then step by step; by directions, units or sequences on threads. */
export function recurrentKernels(context: X86Context): Kernel[] {
  return [ops.lstm, ops.gru, ops.rnn].map((op) => kernelOf(op as Kernel["op"], context));
}
