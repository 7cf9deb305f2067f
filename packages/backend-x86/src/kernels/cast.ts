import { type DType, dtypes, type Kernel, ops, type Value } from "@coracle/core";
import { chunksOf } from "./loops.ts";
import { dims, input, output, product, sized, streamNs } from "./values.ts";

const codeOf = (value: Value): number => (dtypes as readonly DType[]).indexOf(value.type.dtype);

/** Any dtype of 8 bits or more to any other. */
export function castKernels(): Kernel[] {
  return [
    sized({
      op: ops.cast,
      name: "x86/cast",
      supports: (node) => {
        const other = [input(node, 0), output(node)].find((value) => codeOf(value) < 0);
        return other === undefined || `${other.type.dtype}; expected 8 bits or more, and no 8-bit float`;
      },
      costNs: (node) => streamNs(node, 0.2),
      isView: (node) => input(node, 0).type.dtype === output(node).type.dtype,
      lower(node, plan) {
        const count = product(dims(output(node)));
        const { chunk, tasks } = chunksOf(count);
        const codes = [input(node, 0), output(node)].map(codeOf);
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
