import { dtypes, type Kernel, ops } from "@coracle/core";
import { chunksOf } from "./loops.ts";
import { dims, input, output, product, sized, streamNs } from "./values.ts";

/** Any dtype to any other. */
export function castKernels(): Kernel[] {
  return [
    sized({
      op: ops.cast,
      name: "x86/cast",
      supports: () => true,
      costNs: (node) => streamNs(node, 0.2),
      isView: (node) => input(node, 0).type.dtype === output(node).type.dtype,
      lower(node, plan) {
        const count = product(dims(output(node)));
        const { chunk, tasks } = chunksOf(count);
        const codes = [input(node, 0), output(node)].map((value) => dtypes.indexOf(value.type.dtype));
        plan.step({
          kernel: "cast",
          args: [plan.arg(input(node, 0)), plan.arg(output(node))],
          params: Int32Array.of(count, ...codes, chunk),
          tasks,
        });
      },
    }) as Kernel,
  ];
}
