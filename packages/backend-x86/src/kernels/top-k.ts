import { type Kernel, normalizeAxis, type Op, ops } from "@coracle/core";
import { chunksOf } from "./loops.ts";
import { allOf, dims, input, output, product, sized, streamNs } from "./values.ts";

const few = 16;
const leastSpare = 256;

/** Items held while a lane is read; those beyond k make room for many before the next sort. */
const capacityOf = (k: number, length: number): number =>
  k <= few ? k : Math.min(length, k + Math.max(k, leastSpare));

const topKKernel: Kernel<ops.TopKAttrs> = sized({
  op: ops.topK as Op<ops.TopKAttrs>,
  name: "x86/top-k",
  supports: (node) => allOf(node, ["f32"], 1),
  costNs: (node) => streamNs(node, 10) + product(dims(input(node, 0))) * 0.2,
  lower(node, plan) {
    const shape = dims(input(node, 0));
    const axis = normalizeAxis(node.attrs.axis, shape.length);
    const [length, k] = [shape[axis]!, dims(output(node))[axis]!];
    const [outer, inner] = [product(shape.slice(0, axis)), product(shape.slice(axis + 1))];
    const capacity = capacityOf(k, length);
    const { chunk, tasks } = chunksOf(outer * inner, length + 8 * k);
    plan.step({
      kernel: "f32_top_k",
      args: [plan.arg(input(node, 0)), plan.arg(output(node, 0)), plan.arg(output(node, 1))],
      params: Int32Array.of(outer, length, inner, k, Number(node.attrs.largest), capacity, chunk),
      tasks,
      scratchBytes: 16 * capacity + (inner > 1 ? 4 * length : 0),
    });
  },
});

/** f32, always sorted; equal elements by lower index, NaN last. */
export function topKKernels(): Kernel[] {
  return [topKKernel as Kernel];
}
