import { type Kernel, type Node, ops, type PlanBuilder } from "@coracle/core";
import type { X86Context } from "../context.ts";
import {
  andThen,
  type ConvLikeAttrs,
  convGeometry,
  convReason,
  epilogueWords,
  multiplyAdds,
  paddedBias,
  prepared,
  roundUp,
  tileRate,
} from "./conv-geometry.ts";
import { sized, valueBytes } from "./values.ts";

const stepNs = 300;
const bytesPerNs = 25;
const taskFloats = 16384;

function depthwiseReason(node: Node<ConvLikeAttrs>): true | string {
  const { groups, inChannels, outChannels } = convGeometry(node);
  return (
    (inChannels === 1 && outChannels === 1) ||
    `${groups} groups of ${inChannels} to ${outChannels} channels; expected 1 to 1`
  );
}

/** Rows to a task: enough tasks for every thread, each worth starting. */
function stripRows(planes: number, height: number, rowFloats: number, threads: number): number {
  const worth = Math.max(1, Math.ceil(taskFloats / Math.max(1, rowFloats)));
  const wanted = threads === 1 ? height : Math.ceil((planes * height) / (threads * 8));
  return Math.max(1, Math.min(height, Math.max(worth, wanted)));
}

function lower(plan: PlanBuilder, context: X86Context, node: Node<ConvLikeAttrs>): void {
  const { batch, groups, rows, cols } = convGeometry(node);
  const { block } = context;
  const [x, w, bias, residual] = node.inputs;
  const blocks = Math.ceil(groups / block);
  const taps = rows.kernel * cols.kernel;
  const weights = prepared(plan, w!, {
    kernel: "f32_depthwise_pack",
    params: Int32Array.of(groups, taps),
    tasks: blocks,
    bytes: blocks * block * taps * 4,
  });
  const padded = paddedBias(plan, context, { bias, owner: w! }, { groups: 1, each: groups });
  const strip = stripRows(batch * blocks, rows.output, cols.output * block, plan.threads);
  const args = [plan.arg(x!), weights, padded, plan.arg(node.outputs[0]!)];
  plan.step({
    kernel: "f32_depthwise",
    args: residual ? [...args, plan.arg(residual)] : args,
    params: Int32Array.from([
      ...[batch, blocks, rows.input, cols.input, rows.output, cols.output, rows.kernel, cols.kernel],
      ...[rows.step, cols.step, rows.dilation, cols.dilation, rows.pad, cols.pad],
      ...[strip, Number(residual !== undefined)],
      ...epilogueWords(node.attrs.activation),
    ]),
    tasks: batch * blocks * Math.ceil(rows.output / strip),
  });
}

/** Blocked, one filter a channel. */
export function depthwiseKernels(context: X86Context): Kernel[] {
  const kernel: Kernel<ConvLikeAttrs> = {
    op: ops.conv as Kernel<ConvLikeAttrs>["op"],
    name: "x86/conv-depthwise",
    supports: (node) => andThen(convReason(node), () => depthwiseReason(node)),
    layouts: (node) => [
      {
        inputs: node.inputs.map((_, i) => (i === 0 || i === 3 ? context.layout : undefined)),
        outputs: [context.layout],
      },
    ],
    costNs(node) {
      const { groups } = convGeometry(node);
      const padding = roundUp(groups, context.block) / groups;
      const streamed = (valueBytes(node.inputs[0]!) + valueBytes(node.outputs[0]!)) / bytesPerNs;
      const work = multiplyAdds(convGeometry(node)) / (tileRate[context.level] * 0.7);
      return stepNs + Math.max(streamed, work) * padding;
    },
    lower: (node, plan) => lower(plan, context, node),
  };
  return [sized(kernel) as Kernel];
}
