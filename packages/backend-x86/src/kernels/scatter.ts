import {
  type DType,
  dtypeBytes,
  type Kernel,
  type Node,
  normalizeAxis,
  type Op,
  ops,
  type PlanBuilder,
  rowMajorStrides,
} from "@coracle/core";
import { indexReason } from "./gather.ts";
import { maxRank, padded } from "./loops.ts";
import { stridedCopyStep } from "./strided-copy.ts";
import { dims, firstReason, input, output, product, sized, streamNs } from "./values.ts";

type Reduction = "none" | "add" | "mul" | "max" | "min";

const reductions: readonly Reduction[] = ["none", "add", "mul", "max", "min"];
const elements: Partial<Record<DType, number>> = { f32: 1, i32: 2, i64: 3 };

interface ScatterAttrs {
  readonly reduction: Reduction;
}

interface ScatterElementsAttrs extends ScatterAttrs {
  readonly axis: number;
}

function reason(node: Node<ScatterAttrs>): true | string {
  const { dtype, shape } = input(node, 0).type;
  return firstReason(
    indexReason(input(node, 1)),
    shape.length <= maxRank || `at most rank ${maxRank}`,
    node.attrs.reduction === "none" || dtype in elements || `reduction of ${dtype}`,
  );
}

/** The data that updates go over. */
function copyData(node: Node<unknown>, plan: PlanBuilder): void {
  const count = product(dims(output(node)));
  const { dtype } = output(node).type;
  const copy = { dtype, dims: [count], srcStrides: [1], dstStrides: [1] };
  stridedCopyStep(plan, plan.arg(input(node, 0)), plan.arg(output(node)), copy);
}

function head(node: Node<ScatterAttrs>): number[] {
  const { dtype } = input(node, 0).type;
  const index = dtypeBytes(input(node, 1).type.dtype);
  return [reductions.indexOf(node.attrs.reduction), elements[dtype] ?? 0, dtypeBytes(dtype), index];
}

const scatterElementsKernel: Kernel<ScatterElementsAttrs> = sized<ScatterElementsAttrs>({
  op: ops.scatterElements as Op<ScatterElementsAttrs>,
  name: "x86/scatter-elements",
  supports: reason,
  costNs: (node) => streamNs(node) + product(dims(input(node, 2))) * 6,
  lower(node, plan) {
    copyData(node, plan);
    const shape = dims(output(node));
    const updates = dims(input(node, 2));
    if (product(updates) === 0) return;
    const axis = normalizeAxis(node.attrs.axis, shape.length);
    const strides = rowMajorStrides(shape);
    const others = strides.map((stride, d) => (d === axis ? 0 : stride));
    plan.step({
      kernel: "scatter_elements",
      args: [plan.arg(input(node, 1)), plan.arg(input(node, 2)), plan.arg(output(node))],
      params: Int32Array.of(
        ...head(node),
        ...[shape[axis]!, strides[axis]!, product(updates), updates.length],
        ...padded(updates, 1),
        ...padded(others),
      ),
      tasks: 1,
    });
  },
});

const scatterNdKernel: Kernel<ScatterAttrs> = sized({
  op: ops.scatterND as Op<ScatterAttrs>,
  name: "x86/scatter-nd",
  supports: reason,
  costNs: (node) => streamNs(node) + product(dims(input(node, 2))) * 3,
  lower(node, plan) {
    copyData(node, plan);
    const shape = dims(output(node));
    const indexShape = dims(input(node, 1));
    const depth = indexShape.at(-1)!;
    const count = product(indexShape.slice(0, -1));
    if (count === 0) return;
    plan.step({
      kernel: "scatter_nd",
      args: [plan.arg(input(node, 1)), plan.arg(input(node, 2)), plan.arg(output(node))],
      params: Int32Array.of(
        ...head(node),
        count,
        depth,
        product(shape.slice(depth)),
        ...padded(shape.slice(0, depth), 1),
      ),
      tasks: 1,
    });
  },
});

/** scatterElements and scatterND: a copy of the data, then the updates in order. */
export function scatterKernels(): Kernel[] {
  return [scatterElementsKernel as Kernel, scatterNdKernel as Kernel];
}
