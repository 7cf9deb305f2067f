import { type Kernel, normalizeAxis, type Op, ops } from "@coracle/core";
import type { X86Context } from "../context.ts";
import { chunksOf } from "./loops.ts";
import { allOf, dims, firstReason, input, output, product, sized, streamNs } from "./values.ts";

function softmaxKernel(
  context: X86Context,
  op: Op<{ readonly axis: number }>,
  isLog: boolean,
): Kernel<{ readonly axis: number }> {
  return sized({
    op,
    name: `x86/${op.name}`,
    supports: (node) =>
      firstReason(allOf(node, ["f32"]), dims(input(node, 0)).length > 0 || "a scalar has no axis"),
    costNs: (node) => streamNs(node, 0.4),
    inPlace: () => [0],
    lower(node, plan) {
      const shape = dims(input(node, 0));
      const at = normalizeAxis(node.attrs.axis, shape.length);
      const [outer, axis, inner] = [product(shape.slice(0, at)), shape[at]!, product(shape.slice(at + 1))];
      if (outer * axis * inner === 0) return;
      const columns = inner === 1 ? 1 : Math.ceil(inner / context.block);
      const { chunk, tasks } = chunksOf(outer * columns, inner === 1 ? axis : axis * context.block, 8192);
      plan.step({
        kernel: "f32_softmax",
        args: [plan.arg(input(node, 0)), plan.arg(output(node))],
        params: Int32Array.of(outer, axis, inner, isLog ? 1 : 0, chunk),
        tasks,
      });
    },
  });
}

/** softmax and logSoftmax along any axis. */
export function softmaxKernels(context: X86Context): Kernel[] {
  return [
    softmaxKernel(context, ops.softmax, false) as Kernel,
    softmaxKernel(context, ops.logSoftmax, true) as Kernel,
  ];
}
