import { dtypeBytes, type Kernel, ops } from "@coracle/core";
import { broadcastNest } from "./binary.ts";
import { chunksOf, maxRank, padded } from "./loops.ts";
import { dims, output, product, sized, streamNs } from "./values.ts";

/** where(condition, x, y) of any dtype, by bytes. */
export function whereKernels(): Kernel[] {
  return [
    sized({
      op: ops.where,
      name: "x86/where",
      supports: (node) => dims(output(node)).length <= maxRank || `at most rank ${maxRank}`,
      costNs: (node) => streamNs(node, 0.1),
      lower(node, plan) {
        const nest = broadcastNest(node);
        const { chunk, tasks } = chunksOf(product(nest.dims.slice(0, -1)), nest.dims.at(-1)!);
        plan.step({
          kernel: "where",
          args: [...node.inputs, output(node)].map((value) => plan.arg(value)),
          params: Int32Array.of(
            dtypeBytes(output(node).type.dtype),
            nest.dims.length,
            chunk,
            ...padded(nest.dims, 1),
            ...nest.strides.flatMap((own) => padded(own)),
          ),
          tasks,
        });
      },
    }) as Kernel,
  ];
}
