import { type DType, type Kernel, type Node, type Op, ops, storedElements } from "@coracle/core";
import type { X86Context } from "../context.ts";
import { passThrough } from "./layouts.ts";
import { chunksOf } from "./loops.ts";
import { allOf, floatBits, input, output, sized, streamNs } from "./values.ts";

/** A code of cpu-native/kernels/elementwise/unary_ops.h and its two parameters. */
export interface UnaryCode {
  readonly code: number;
  readonly a?: number;
  readonly b?: number;
}

interface Entry {
  readonly op: Op;
  readonly nsPerElement: number;
  readonly code: (attrs: never) => UnaryCode;
}

const plain = (op: Op<never>, code: number, nsPerElement = 0): Entry => ({
  op: op as Op,
  nsPerElement,
  code: () => ({ code }),
});

function withAttrs<A>(op: Op<A>, nsPerElement: number, code: (attrs: A) => UnaryCode): Entry {
  return { op: op as Op, nsPerElement, code: code as (attrs: never) => UnaryCode };
}

const mathNs = 0.4;
const libmNs = 12;

const entries: readonly Entry[] = [
  plain(ops.relu, 1),
  withAttrs(ops.clip, 0, ({ min, max }) => ({ code: 2, a: min, b: max })),
  withAttrs(ops.leakyRelu, 0, ({ alpha }) => ({ code: 3, a: alpha })),
  withAttrs(ops.hardSigmoid, 0, ({ alpha, beta }) => ({ code: 4, a: alpha, b: beta })),
  plain(ops.hardSwish, 5),
  plain(ops.sigmoid, 6, mathNs),
  plain(ops.tanh, 7, mathNs),
  withAttrs(ops.swish, mathNs, ({ alpha }) => ({ code: 8, a: alpha })),
  withAttrs(ops.gelu, mathNs, ({ approximate }) => ({ code: 9, a: approximate === "tanh" ? 1 : 0 })),
  withAttrs(ops.elu, mathNs, ({ alpha }) => ({ code: 10, a: alpha })),
  plain(ops.softplus, 11, mathNs),
  plain(ops.mish, 12, mathNs),
  plain(ops.abs, 32),
  plain(ops.neg, 33),
  plain(ops.sign, 34),
  plain(ops.ceil, 35),
  plain(ops.floor, 36),
  plain(ops.round, 37),
  plain(ops.sqrt, 38),
  plain(ops.reciprocal, 39),
  plain(ops.exp, 40, mathNs),
  plain(ops.log, 41, mathNs),
  plain(ops.sin, 42, mathNs),
  plain(ops.cos, 43, mathNs),
  plain(ops.tan, 44, libmNs),
  plain(ops.asin, 45, libmNs),
  plain(ops.acos, 46, libmNs),
  plain(ops.atan, 47, libmNs),
  plain(ops.sinh, 48, libmNs),
  plain(ops.cosh, 49, libmNs),
  plain(ops.asinh, 50, libmNs),
  plain(ops.acosh, 51, libmNs),
  plain(ops.atanh, 52, libmNs),
  plain(ops.erf, 53, mathNs),
  plain(ops.softsign, 54),
  withAttrs(ops.celu, mathNs, ({ alpha }) => ({ code: 55, a: alpha })),
  withAttrs(ops.thresholdedRelu, 0, ({ alpha }) => ({ code: 56, a: alpha })),
  withAttrs(ops.selu, mathNs, ({ alpha, gamma }) => ({ code: 57, a: alpha, b: gamma })),
  withAttrs(ops.shrink, 0, ({ lambd, bias }) => ({ code: 58, a: lambd, b: bias })),
];

/** The words of UnaryParams and the tasks for `count` elements. */
export function unaryStep(
  count: number,
  { code, a = 0, b = 0 }: UnaryCode,
): { params: Int32Array; tasks: number } {
  const { chunk, tasks } = chunksOf(count);
  return { params: Int32Array.of(count, code, floatBits(a), floatBits(b), chunk), tasks };
}

function floatKernel(context: X86Context, { op, nsPerElement, code }: Entry): Kernel {
  return sized({
    op,
    name: `x86/${op.name}`,
    supports: (node) => allOf(node, ["f32"]),
    layouts: (node) => passThrough(context, node),
    costNs: (node) => streamNs(node, nsPerElement),
    inPlace: () => [0],
    lower(node, plan) {
      const step = unaryStep(storedElements(input(node, 0).type), code(node.attrs as never));
      plan.step({ kernel: "f32_unary", args: [plan.arg(input(node, 0)), plan.arg(output(node))], ...step });
    },
  });
}

const integerCodes: Partial<Record<DType, number>> = { bool: 0, u8: 0, i8: 1, i32: 2, i64: 3 };

function integerKernel(op: Op, code: number, dtypes: readonly DType[]): Kernel {
  return sized({
    op,
    name: `x86/${op.name}-integer`,
    supports: (node) => allOf(node, dtypes),
    costNs: (node) => streamNs(node),
    inPlace: () => [0],
    lower(node, plan) {
      const count = storedElements(input(node, 0).type);
      const { chunk, tasks } = chunksOf(count);
      plan.step({
        kernel: "int_unary",
        args: [plan.arg(input(node, 0)), plan.arg(output(node))],
        params: Int32Array.of(count, code, integerCodes[input(node, 0).type.dtype]!, chunk),
        tasks,
      });
    },
  });
}

function predicateKernel<A>(
  op: Op<A>,
  words: (attrs: A) => readonly [code: number, signs: number],
): Kernel<A> {
  return sized<A>({
    op,
    name: `x86/${op.name}`,
    supports: (node) => allOf(node, ["f32"]),
    costNs: (node) => streamNs(node),
    lower(node: Node<A>, plan) {
      const count = storedElements(input(node, 0).type);
      const { chunk, tasks } = chunksOf(count);
      plan.step({
        kernel: "f32_predicate",
        args: [plan.arg(input(node, 0)), plan.arg(output(node))],
        params: Int32Array.of(count, ...words(node.attrs), chunk),
        tasks,
      });
    },
  });
}

/** x -> y of the same shape: f32 in any layout, the cheap ones also for integers. */
export function unaryKernels(context: X86Context): Kernel[] {
  const integers: readonly DType[] = ["i8", "i32", "i64"];
  return [
    ...entries.map((entry) => floatKernel(context, entry)),
    integerKernel(ops.not as Op, 0, ["bool"]),
    integerKernel(ops.bitwiseNot as Op, 1, ["u8", ...integers]),
    integerKernel(ops.abs as Op, 2, integers),
    integerKernel(ops.neg as Op, 3, integers),
    integerKernel(ops.sign as Op, 4, integers),
    predicateKernel(ops.isNaN, () => [0, 0]) as Kernel,
    predicateKernel(ops.isInf, ({ detectNegative, detectPositive }) => [
      1,
      (detectPositive ? 1 : 0) + (detectNegative ? 2 : 0),
    ]) as Kernel,
  ];
}
