import { type Kernel, normalizeAxis, ops } from "@coracle/core";
import type { X86Context } from "../context.ts";
import { passThrough } from "./layouts.ts";
import { chunksOf } from "./loops.ts";
import { allOf, dims, firstReason, floatBits, input, output, product, sized, streamNs } from "./values.ts";

interface LayerNormAttrs {
  readonly axis: number;
  readonly epsilon: number;
}

const channelsOf = (shape: readonly number[]): readonly [n: number, c: number, spatial: number] => [
  shape[0]!,
  shape[1]!,
  product(shape.slice(2)),
];

function layerNorm(op: typeof ops.layerNorm | typeof ops.rmsNorm): Kernel<LayerNormAttrs> {
  const isRms = op.name === "rmsNorm";
  return sized<LayerNormAttrs>({
    op,
    name: `x86/${op.name}`,
    supports(node) {
      const shape = dims(input(node, 0));
      const n = product(shape.slice(normalizeAxis(node.attrs.axis, shape.length)));
      const odd = node.inputs.slice(1).find((value) => product(dims(value)) !== n);
      return firstReason(
        allOf(node, ["f32"]),
        odd === undefined || `"${odd.name}" does not cover the normalised axes`,
      );
    },
    costNs: (node) => streamNs(node, 0.1),
    inPlace: () => [0],
    lower(node, plan) {
      const shape = dims(input(node, 0));
      const at = normalizeAxis(node.attrs.axis, shape.length);
      const [rows, n] = [product(shape.slice(0, at)), product(shape.slice(at))];
      const { chunk, tasks } = chunksOf(rows, n, 8192);
      const flags = [isRms ? 1 : 0, node.inputs.length === 3 ? 1 : 0];
      plan.step({
        kernel: "f32_layer_norm",
        args: [...node.inputs, output(node)].map((value) => plan.arg(value)),
        params: Int32Array.of(rows, n, floatBits(node.attrs.epsilon), ...flags, chunk),
        tasks,
      });
    },
  });
}

function batchNorm(context: X86Context): Kernel<{ readonly epsilon: number }> {
  return sized({
    op: ops.batchNorm,
    name: "x86/batch-norm",
    supports: (node) => firstReason(allOf(node, ["f32"]), dims(input(node, 0)).length >= 2 || "rank below 2"),
    layouts: (node) => passThrough(context, node),
    costNs: (node) => streamNs(node),
    inPlace: () => [0],
    lower(node, plan) {
      const [n, c, spatial] = channelsOf(dims(input(node, 0)));
      const isBlocked = input(node, 0).type.layout !== undefined;
      const planes = n * (isBlocked ? Math.ceil(c / context.block) : c);
      const { chunk, tasks } = chunksOf(planes, spatial * (isBlocked ? context.block : 1));
      plan.step({
        kernel: "f32_batch_norm",
        args: [...node.inputs, output(node)].map((value) => plan.arg(value)),
        params: Int32Array.of(planes, c, spatial, floatBits(node.attrs.epsilon), isBlocked ? 1 : 0, chunk),
        tasks,
      });
    },
  });
}

function instanceNorm(context: X86Context): Kernel<{ readonly epsilon: number }> {
  return sized({
    op: ops.instanceNorm,
    name: "x86/instance-norm",
    supports: (node) => allOf(node, ["f32"]),
    layouts: (node) => passThrough(context, node),
    costNs: (node) => streamNs(node, 0.1),
    inPlace: () => [0],
    lower(node, plan) {
      const [n, c, spatial] = channelsOf(dims(input(node, 0)));
      const args = [...node.inputs, output(node)].map((value) => plan.arg(value));
      const epsilon = floatBits(node.attrs.epsilon);
      if (input(node, 0).type.layout === undefined) {
        plan.step({
          kernel: "f32_group_norm",
          args,
          params: Int32Array.of(c, 1, spatial, epsilon),
          tasks: n * c,
        });
        return;
      }
      const tasks = n * Math.ceil(c / context.block);
      plan.step({
        kernel: "f32_instance_norm_blocked",
        args,
        params: Int32Array.of(c, spatial, epsilon),
        tasks,
      });
    },
  });
}

function groupNorm(): Kernel<{ readonly groups: number; readonly epsilon: number }> {
  return sized({
    op: ops.groupNorm,
    name: "x86/group-norm",
    supports: (node) => allOf(node, ["f32"]),
    costNs: (node) => streamNs(node, 0.1),
    inPlace: () => [0],
    lower(node, plan) {
      const { groups, epsilon } = node.attrs;
      const [n, c, spatial] = channelsOf(dims(input(node, 0)));
      plan.step({
        kernel: "f32_group_norm",
        args: [...node.inputs, output(node)].map((value) => plan.arg(value)),
        params: Int32Array.of(groups, c / groups, spatial, floatBits(epsilon)),
        tasks: n * groups,
      });
    },
  });
}

function lpNorm(context: X86Context): Kernel<{ readonly axis: number; readonly p: number }> {
  return sized({
    op: ops.lpNorm,
    name: "x86/lp-norm",
    supports: (node) =>
      firstReason(allOf(node, ["f32"]), [1, 2].includes(node.attrs.p) || "p is neither 1 nor 2"),
    costNs: (node) => streamNs(node, 0.5),
    lower(node, plan) {
      const shape = dims(input(node, 0));
      const at = normalizeAxis(node.attrs.axis, shape.length);
      const [outer, axis, inner] = [product(shape.slice(0, at)), shape[at]!, product(shape.slice(at + 1))];
      const { chunk, tasks } = chunksOf(outer * Math.ceil(inner / context.block), axis * context.block);
      plan.step({
        kernel: "f32_lp_norm",
        args: [plan.arg(input(node, 0)), plan.arg(output(node))],
        params: Int32Array.of(outer, axis, inner, node.attrs.p, chunk),
        tasks,
      });
    },
  });
}

interface LrnAttrs {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly bias: number;
}

function lrn(context: X86Context): Kernel<LrnAttrs> {
  return sized<LrnAttrs>({
    op: ops.lrn,
    name: "x86/lrn",
    supports: (node) => allOf(node, ["f32"]),
    costNs: (node) => streamNs(node, 1.5 + node.attrs.size * 0.05),
    lower(node, plan) {
      const [n, c, spatial] = channelsOf(dims(input(node, 0)));
      const { size, alpha, beta, bias } = node.attrs;
      const { chunk, tasks } = chunksOf(n * Math.ceil(spatial / context.block), c * context.block * 4);
      plan.step({
        kernel: "f32_lrn",
        args: [plan.arg(input(node, 0)), plan.arg(output(node))],
        params: Int32Array.of(n, c, spatial, size, floatBits(alpha), floatBits(beta), floatBits(bias), chunk),
        tasks,
      });
    },
  });
}

/** Normalisations of f32; those by channel also in blocked layouts. */
export function normKernels(context: X86Context): Kernel[] {
  return [
    layerNorm(ops.layerNorm) as Kernel,
    layerNorm(ops.rmsNorm) as Kernel,
    batchNorm(context) as Kernel,
    instanceNorm(context) as Kernel,
    groupNorm() as Kernel,
    lpNorm(context) as Kernel,
    lrn(context) as Kernel,
  ];
}
