import { type Kernel, type Node, normalizeAxis, type Op, ops, rowMajorStrides } from "@coracle/core";
import { broadcastStrides } from "./loops.ts";
import { copyReason, type StridedCopy, stridedCopyStep } from "./strided-copy.ts";
import { constantInts, dims, input, output, product, requireConstants, sized, streamNs } from "./values.ts";

/** A kernel whose whole work is one strided copy of its first input. */
function copyKernel<A>(
  op: Op<A>,
  needs: Readonly<Record<string, number>>,
  copyOf: (node: Node<A>) => Omit<StridedCopy, "dtype">,
): Kernel {
  const full = (node: Node<A>): StridedCopy => ({ dtype: input(node, 0).type.dtype, ...copyOf(node) });
  return sized<A>({
    op,
    name: `x86/${op.name}`,
    supports(node) {
      const constants = requireConstants(node, needs);
      return constants === true ? copyReason(full(node)) : constants;
    },
    costNs: (node) => streamNs(node, 0.1),
    lower: (node, plan) =>
      stridedCopyStep(plan, plan.arg(input(node, 0)), plan.arg(output(node)), full(node)),
  }) as Kernel;
}

function transposed(node: Node<{ readonly perm: readonly number[] }>): Omit<StridedCopy, "dtype"> {
  const shape = dims(input(node, 0));
  const strides = rowMajorStrides(shape);
  const out = node.attrs.perm.map((d) => shape[d]!);
  return { dims: out, srcStrides: node.attrs.perm.map((d) => strides[d]!), dstStrides: rowMajorStrides(out) };
}

function sliced(node: Node<unknown>): Omit<StridedCopy, "dtype"> {
  const shape = dims(input(node, 0));
  const out = dims(output(node));
  const strides = rowMajorStrides(shape);
  const [starts, axes, steps] = [1, 3, 4].map((i) => constantInts(node.inputs[i])!) as [
    number[],
    number[],
    number[],
  ];
  const srcStrides = [...strides];
  let srcOffset = 0;
  axes.forEach((given, i) => {
    const axis = normalizeAxis(given, shape.length);
    const size = shape[axis]!;
    const step = steps[i]!;
    const raw = starts[i]! < 0 ? starts[i]! + size : starts[i]!;
    const start = Math.min(Math.max(raw, 0), step < 0 ? size - 1 : size);
    srcOffset += start * strides[axis]!;
    srcStrides[axis] = strides[axis]! * step;
  });
  if (product(out) === 0) srcOffset = 0;
  return { dims: out, srcOffset, srcStrides, dstStrides: rowMajorStrides(out) };
}

function expanded(node: Node<unknown>): Omit<StridedCopy, "dtype"> {
  const out = dims(output(node));
  return {
    dims: out,
    srcStrides: broadcastStrides(dims(input(node, 0)), out),
    dstStrides: rowMajorStrides(out),
  };
}

function tiled(node: Node<unknown>): Omit<StridedCopy, "dtype"> {
  const shape = dims(input(node, 0));
  const repeats = constantInts(node.inputs[1])!;
  const strides = rowMajorStrides(shape);
  const sizes = shape.flatMap((size, d) => [repeats[d]!, size]);
  const srcStrides = strides.flatMap((stride) => [0, stride]);
  return { dims: sizes, srcStrides, dstStrides: rowMajorStrides(sizes) };
}

interface DepthAttrs {
  readonly blockSize: number;
  readonly mode: "DCR" | "CRD";
}

/** y[n, c, h, i, w, j] from x's channels: DCR holds them as (i, j, c), CRD as (c, i, j). */
function depthToSpace(node: Node<DepthAttrs>): Omit<StridedCopy, "dtype"> {
  const [n, channels, h, w] = dims(input(node, 0)) as [number, number, number, number];
  const b = node.attrs.blockSize;
  const c = channels / (b * b);
  const plane = h * w;
  const [ci, cj, cc] = node.attrs.mode === "DCR" ? [b * c, c, 1] : [b, 1, b * b];
  const sizes = [n, c, h, b, w, b];
  const srcStrides = [channels * plane, cc * plane, w, ci * plane, 1, cj * plane];
  return { dims: sizes, srcStrides, dstStrides: rowMajorStrides(sizes) };
}

/** y's channels are (i, j, c). */
function spaceToDepth(node: Node<{ readonly blockSize: number }>): Omit<StridedCopy, "dtype"> {
  const [n, c, height, width] = dims(input(node, 0)) as [number, number, number, number];
  const b = node.attrs.blockSize;
  const [h, w] = [height / b, width / b];
  const sizes = [n, b, b, c, h, w];
  const srcStrides = [c * height * width, width, 1, height * width, b * width, b];
  return { dims: sizes, srcStrides, dstStrides: rowMajorStrides(sizes) };
}

function viewKernel(op: Op<never>): Kernel {
  return sized<unknown>({
    op: op as Op,
    name: `x86/${op.name}`,
    supports: () => true,
    costNs: () => 0,
    isView: () => true,
    lower: () => {},
  });
}

const sliceInputs = { starts: 1, ends: 2, axes: 3, steps: 4 };

/** Kernels that move elements of any dtype without looking at them, as views or by one strided copy. */
export function movementKernels(): Kernel[] {
  const views: Op<never>[] = [
    ops.reshape,
    ops.flatten,
    ops.squeeze,
    ops.unsqueeze,
    ops.identity,
    ops.bitCast,
  ];
  return [
    ...views.map(viewKernel),
    copyKernel(ops.transpose, {}, transposed),
    copyKernel(ops.slice, sliceInputs, sliced),
    copyKernel(ops.expand, {}, expanded),
    copyKernel(ops.tile, { repeats: 1 }, tiled),
    copyKernel(ops.depthToSpace, {}, depthToSpace),
    copyKernel(ops.spaceToDepth, {}, spaceToDepth),
  ];
}
