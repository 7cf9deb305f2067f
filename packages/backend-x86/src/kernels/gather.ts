import {
  dtypeBytes,
  type Kernel,
  type Node,
  normalizeAxis,
  type Op,
  ops,
  rowMajorStrides,
  type Value,
} from "@coracle/core";
import { chunksOf, maxRank, padded } from "./loops.ts";
import { dims, firstReason, input, output, product, sized, streamNs } from "./values.ts";

export function indexReason(indices: Value): true | string {
  const { dtype } = indices.type;
  return dtype === "i32" || dtype === "i64" || `indices are ${dtype}; expected i32 or i64`;
}

const rankReason = (node: Node<unknown>): true | string =>
  dims(input(node, 0)).length <= maxRank || `at most rank ${maxRank}`;

const hasElements = (node: Node<unknown>): true | string =>
  product(dims(input(node, 0))) > 0 || "the input is empty";

const elementBytes = (value: Value): number => dtypeBytes(value.type.dtype);

const gatherKernel: Kernel<{ readonly axis: number }> = sized({
  op: ops.gather as Op<{ readonly axis: number }>,
  name: "x86/gather",
  supports: (node) => firstReason(indexReason(input(node, 1)), hasElements(node)),
  costNs: (node) => streamNs(node, 0.2),
  lower(node, plan) {
    const shape = dims(input(node, 0));
    const axis = normalizeAxis(node.attrs.axis, shape.length);
    const bytes = product(shape.slice(axis + 1)) * elementBytes(input(node, 0));
    const outer = product(shape.slice(0, axis));
    const count = product(dims(input(node, 1)));
    const { chunk, tasks } = chunksOf(outer * count, bytes, 65536);
    plan.step({
      kernel: "gather",
      args: [plan.arg(input(node, 0)), plan.arg(input(node, 1)), plan.arg(output(node))],
      params: Int32Array.of(outer, shape[axis]!, count, bytes, elementBytes(input(node, 1)), chunk),
      tasks,
    });
  },
});

const gatherElementsKernel: Kernel<{ readonly axis: number }> = sized({
  op: ops.gatherElements as Op<{ readonly axis: number }>,
  name: "x86/gather-elements",
  supports: (node) => firstReason(indexReason(input(node, 1)), rankReason(node), hasElements(node)),
  costNs: (node) => streamNs(node, 5),
  lower(node, plan) {
    const shape = dims(input(node, 0));
    const out = dims(output(node));
    const axis = normalizeAxis(node.attrs.axis, shape.length);
    const strides = rowMajorStrides(shape);
    const count = product(out);
    const { chunk, tasks } = chunksOf(count, 4);
    const sizes = [elementBytes(input(node, 0)), elementBytes(input(node, 1))];
    const others = strides.map((stride, d) => (d === axis ? 0 : stride));
    plan.step({
      kernel: "gather_elements",
      args: [plan.arg(input(node, 0)), plan.arg(input(node, 1)), plan.arg(output(node))],
      params: Int32Array.of(
        ...sizes,
        ...[shape[axis]!, strides[axis]!, count, chunk, out.length],
        ...padded(out, 1),
        ...padded(others),
      ),
      tasks,
    });
  },
});

const gatherNdKernel: Kernel<{ readonly batchDims: number }> = sized({
  op: ops.gatherND as Op<{ readonly batchDims: number }>,
  name: "x86/gather-nd",
  supports: (node) => firstReason(indexReason(input(node, 1)), rankReason(node), hasElements(node)),
  costNs: (node) => streamNs(node, 2),
  lower(node, plan) {
    const { batchDims } = node.attrs;
    const shape = dims(input(node, 0));
    const indexShape = dims(input(node, 1));
    const depth = indexShape.at(-1)!;
    const indexed = shape.slice(batchDims, batchDims + depth);
    const bytes = product(shape.slice(batchDims + depth)) * elementBytes(input(node, 0));
    const batch = product(shape.slice(0, batchDims));
    const count = product(indexShape.slice(batchDims, -1));
    const { chunk, tasks } = chunksOf(batch * count, bytes, 65536);
    plan.step({
      kernel: "gather_nd",
      args: [plan.arg(input(node, 0)), plan.arg(input(node, 1)), plan.arg(output(node))],
      params: Int32Array.of(
        ...[batch, count, depth, bytes, elementBytes(input(node, 1)), product(indexed), chunk],
        ...padded(indexed, 1),
      ),
      tasks,
    });
  },
});

/** gather, gatherElements and gatherND of any dtype; an index outside is held at the nearest end. */
export function gatherKernels(): Kernel[] {
  return [gatherKernel as Kernel, gatherElementsKernel as Kernel, gatherNdKernel as Kernel];
}
