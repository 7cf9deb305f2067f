import { type DType, type Kernel, normalizeAxis, type Op, ops } from "@coracle/core";
import { chunksOf } from "./loops.ts";
import { allOf, dims, firstReason, input, output, product, sized, streamNs } from "./values.ts";

interface ArgAttrs {
  readonly axis: number;
  readonly selectLastIndex: boolean;
}

const panelColumns = 128;
const dtypeCodes: Partial<Record<DType, number>> = { f32: 0, i32: 1, i64: 2, u8: 3, i8: 4 };

function argKernel<A extends ArgAttrs>(op: Op<A>, isMin: boolean): Kernel<A> {
  return sized<A>({
    op,
    name: `x86/${op.name}`,
    supports: (node) =>
      firstReason(
        allOf(node, Object.keys(dtypeCodes) as DType[]),
        product(dims(input(node, 0))) > 0 || "the input is empty",
      ),
    costNs: (node) => streamNs(node) + product(dims(input(node, 0))) * 0.2,
    lower(node, plan) {
      const shape = dims(input(node, 0));
      const axis = normalizeAxis(node.attrs.axis, shape.length);
      const [outer, inner] = [product(shape.slice(0, axis)), product(shape.slice(axis + 1))];
      const panels = outer * Math.ceil(inner / panelColumns);
      const { chunk, tasks } = chunksOf(panels, shape[axis]! * Math.min(inner, panelColumns));
      const flags = [
        isMin ? 1 : 0,
        node.attrs.selectLastIndex ? 1 : 0,
        dtypeCodes[input(node, 0).type.dtype]!,
      ];
      plan.step({
        kernel: "arg_reduce",
        args: [plan.arg(input(node, 0)), plan.arg(output(node))],
        params: Int32Array.of(...flags, outer, shape[axis]!, inner, chunk),
        tasks,
      });
    },
  });
}

/** The i64 index of the extreme along one axis; a NaN is the extreme. */
export function argReduceKernels(): Kernel[] {
  return [argKernel(ops.argMax, false) as Kernel, argKernel(ops.argMin, true) as Kernel];
}
