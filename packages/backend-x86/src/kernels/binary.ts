import {
  type Activation,
  type Arg,
  type DType,
  type Kernel,
  type Node,
  type Op,
  ops,
  type PlanBuilder,
  type Value,
} from "@coracle/core";
import type { X86Context } from "../context.ts";
import { blockedStrides, broadcastChoices, storedDims } from "./layouts.ts";
import { broadcastStrides, chunksOf, collapse, gridOf, maxRank, type Nest, padded } from "./loops.ts";
import { unaryStep } from "./unary.ts";
import { allOf, dims, firstReason, floatBits, input, output, product, sized, streamNs } from "./values.ts";

interface MaybeActivated {
  readonly activation?: Activation;
}

const hasRank = (node: Node<unknown>): true | string =>
  dims(output(node)).length <= maxRank || `rank ${dims(output(node)).length}; at most ${maxRank}`;

/** The walk over the output's stored elements with each input's strides. */
export function broadcastNest(node: Node<unknown>): Nest {
  const out = output(node);
  const sizes = dims(out);
  if (out.type.layout === undefined) {
    return collapse({
      dims: sizes,
      strides: node.inputs.map((value) => broadcastStrides(dims(value), sizes)),
    });
  }
  const stored = storedDims(sizes, out.type.layout);
  return collapse({ dims: stored, strides: node.inputs.map((value) => blockedStrides(value, stored)) });
}

/** A constant per-channel vector beside a blocked output is read in whole blocks. */
function operandArg(context: X86Context, node: Node<unknown>, value: Value, plan: PlanBuilder): Arg {
  const isBlocked = output(node).type.layout !== undefined;
  const count = product(dims(value));
  const { data } = value;
  if (!isBlocked || value.type.layout !== undefined || !data || count % context.block === 0 || count === 1) {
    return plan.arg(value);
  }
  const channels = dims(output(node))[1];
  if (count !== channels) return plan.arg(value);
  const whole = Math.ceil(count / context.block) * context.block;
  return plan.packed(data, `whole-blocks-${context.block}`, whole * 4, (target) => {
    new Float32Array(target.buffer, target.byteOffset, whole).set(data.data as Float32Array);
  });
}

const activationWords = (activation: Activation | undefined): number[] => {
  if (!activation) return [0, 0, 0];
  const [a, b] = ops.activationParams(activation);
  return [ops.activationCodes[activation.kind], floatBits(a), floatBits(b)];
};

/** Swapping puts the operand that repeats second, where the kernel keeps it in a register. */
function shouldSwap(op: Op, nest: Nest): boolean {
  if (op.name !== "add" && op.name !== "mul") return false;
  const row = nest.dims.length - 2;
  return nest.strides[0]![row] === 0 && nest.strides[1]![row] !== 0;
}

function lowerFloat(context: X86Context, code: number, node: Node<MaybeActivated>, plan: PlanBuilder): void {
  const nest = broadcastNest(node);
  const grid = gridOf(nest.dims);
  const order = shouldSwap(node.op as Op, nest) ? [1, 0] : [0, 1];
  const operands = order.map((i) => operandArg(context, node, input(node, i), plan));
  plan.step({
    kernel: "f32_binary",
    args: [...operands, plan.arg(output(node))],
    params: Int32Array.of(
      code,
      ...activationWords(node.attrs.activation),
      nest.dims.length,
      grid.rowChunk,
      grid.innerChunks,
      grid.innerChunk,
      ...padded(nest.dims, 1),
      ...padded(nest.strides[order[0]!]!),
      ...padded(nest.strides[order[1]!]!),
    ),
    tasks: grid.tasks,
  });
}

/** Inputs as large as the output that may be overwritten, whatever their layout. */
function sameShaped(node: Node<unknown>): readonly number[] {
  const out = output(node);
  const wanted = dims(out).join();
  return node.inputs.flatMap((value, i) => {
    const isSame = dims(value).join() === wanted && value.type.dtype === out.type.dtype;
    return isSame && value.type.layout === out.type.layout ? [i] : [];
  });
}

function floatKernel<A>(context: X86Context, op: Op<A>, code: number, nsPerElement = 0): Kernel {
  return sized({
    op: op as Op,
    name: `x86/${op.name}`,
    supports: (node) => firstReason(allOf(node, ["f32"]), hasRank(node)),
    layouts: (node) => broadcastChoices(context, node),
    costNs: (node) => streamNs(node, nsPerElement),
    inPlace: sameShaped,
    lower: (node, plan) => lowerFloat(context, code, node as Node<MaybeActivated>, plan),
  });
}

/** The exponents with a shorter way than pow. */
const powerCodes: Readonly<Record<string, number>> = { "2": 59, "3": 60, "0.5": 38, "-1": 39 };

/** pow with one constant exponent, of any numeric dtype. */
function powScalarKernel(): Kernel {
  return sized<unknown>({
    op: ops.pow as Op,
    name: "x86/pow-scalar",
    supports(node) {
      const exponent = input(node, 1);
      if (!exponent.data || product(dims(exponent)) !== 1) return "the exponent must be one constant";
      return allOf(node, ["f32"], 1);
    },
    costNs: (node) => streamNs(node, 0.1),
    inPlace: (node) => (dims(input(node, 0)).length === dims(output(node)).length ? [0] : []),
    lower(node, plan) {
      const exponent = Number(input(node, 1).data!.data[0]);
      const code = powerCodes[String(exponent)] ?? 61;
      const step = unaryStep(product(dims(output(node))), { code, a: exponent });
      plan.step({ kernel: "f32_unary", args: [plan.arg(input(node, 0)), plan.arg(output(node))], ...step });
    },
  });
}

function nestedParams(
  node: Node<unknown>,
  code: number,
  dtype: number,
): { params: Int32Array; tasks: number } {
  const nest = broadcastNest(node);
  const inner = nest.dims.at(-1)!;
  const { chunk, tasks } = chunksOf(product(nest.dims.slice(0, -1)), inner);
  const words = [...padded(nest.dims, 1), ...padded(nest.strides[0]!), ...padded(nest.strides[1]!)];
  return { params: Int32Array.of(code, dtype, nest.dims.length, chunk, ...words), tasks };
}

interface NestedSpec {
  readonly op: Op;
  readonly kernel: "compare" | "int_binary";
  readonly code: number | ((attrs: never) => number);
  readonly dtypes: Partial<Record<DType, number>>;
}

function nestedKernel({ op, kernel, code, dtypes }: NestedSpec): Kernel {
  const names = Object.keys(dtypes) as DType[];
  return sized({
    op,
    name: kernel === "compare" ? `x86/${op.name}` : `x86/${op.name}-integer`,
    supports: (node) =>
      firstReason(
        allOf(node, names),
        hasRank(node),
        (node.attrs as MaybeActivated).activation === undefined || "integers take no activation",
      ),
    costNs: (node) => streamNs(node, 0.1),
    inPlace: kernel === "compare" ? () => [] : sameShaped,
    lower(node, plan) {
      const operation = typeof code === "number" ? code : code(node.attrs as never);
      const step = nestedParams(node, operation, dtypes[input(node, 0).type.dtype]!);
      const args = [plan.arg(input(node, 0)), plan.arg(input(node, 1)), plan.arg(output(node))];
      plan.step({ kernel, args, ...step });
    },
  });
}

const integers = { u8: 0, i8: 1, i32: 2, i64: 3 };
const comparable = { f32: 0, i32: 1, i64: 2, u8: 3, bool: 3, i8: 4 };

function compareKernels(): Kernel[] {
  const codes: [Op<never>, number][] = [
    [ops.equal, 0],
    [ops.less, 1],
    [ops.lessOrEqual, 2],
    [ops.greater, 3],
    [ops.greaterOrEqual, 4],
  ];
  return codes.map(([op, code]) =>
    nestedKernel({ op: op as Op, kernel: "compare", code, dtypes: comparable }),
  );
}

function integerKernels(): Kernel[] {
  const arithmetic: [Op<never>, NestedSpec["code"]][] = [
    [ops.add, 0],
    [ops.sub, 1],
    [ops.mul, 2],
    [ops.div, 3],
    [ops.pow, 4],
    [ops.min, 5],
    [ops.max, 6],
    [ops.prelu, 7],
    [ops.mod, ({ fmod }: { fmod: boolean }) => (fmod ? 9 : 8)],
    [ops.bitwiseAnd, 10],
    [ops.bitwiseOr, 11],
    [ops.bitwiseXor, 12],
    [ops.bitShift, ({ direction }: { direction: string }) => (direction === "left" ? 13 : 14)],
  ];
  const logic: [Op<never>, number][] = [
    [ops.and, 10],
    [ops.or, 11],
    [ops.xor, 12],
  ];
  const kernel = "int_binary";
  return [
    ...arithmetic.map(([op, code]) => nestedKernel({ op: op as Op, kernel, code, dtypes: integers })),
    ...logic.map(([op, code]) => nestedKernel({ op: op as Op, kernel, code, dtypes: { bool: 0 } })),
  ];
}

/** mod of floats: the remainder's sign is the divisor's, or with fmod the dividend's. */
function modKernel(context: X86Context): Kernel {
  return {
    ...floatKernel(context, ops.mod, 8, 10),
    lower: (node, plan) => {
      const { fmod } = node.attrs as { fmod: boolean };
      lowerFloat(context, fmod ? 9 : 8, { ...node, attrs: {} }, plan);
    },
  };
}

/** a, b -> y by numpy broadcasting: f32 in blocked layouts too, integers, bool, comparisons. */
export function binaryKernels(context: X86Context): Kernel[] {
  return [
    powScalarKernel(),
    floatKernel(context, ops.add, 0),
    floatKernel(context, ops.sub, 1),
    floatKernel(context, ops.mul, 2),
    floatKernel(context, ops.div, 3),
    floatKernel(context, ops.pow, 4, 1),
    floatKernel(context, ops.min, 5),
    floatKernel(context, ops.max, 6),
    floatKernel(context, ops.prelu, 7),
    modKernel(context),
    ...compareKernels(),
    ...integerKernels(),
  ];
}
