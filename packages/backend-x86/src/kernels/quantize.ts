import { type DType, type Kernel, type Node, normalizeAxis, type Op, ops } from "@coracle/core";
import { chunksOf } from "./loops.ts";
import { allOf, dims, firstReason, input, output, product, sized, streamNs } from "./values.ts";

interface QuantAttrs {
  readonly axis: number;
  readonly blockSize: number;
}

const dtypeCodes: Partial<Record<DType, number>> = { u8: 0, i8: 1, i32: 2 };

function quantParams(node: Node<QuantAttrs>, dtype: DType): { params: Int32Array; tasks: number } {
  const shape = dims(input(node, 0));
  const count = product(shape);
  const { chunk, tasks } = chunksOf(count);
  const isPerTensor = product(dims(input(node, 1))) === 1;
  const axis = isPerTensor ? 0 : normalizeAxis(node.attrs.axis, shape.length);
  const [size, inner] = isPerTensor ? [1, 1] : [shape[axis]!, product(shape.slice(axis + 1))];
  return { params: Int32Array.of(dtypeCodes[dtype]!, count, size, inner, chunk), tasks };
}

const isUnblocked = (node: Node<QuantAttrs>): true | string => {
  const scales = product(dims(input(node, 1)));
  const isVector = scales === 1 || (dims(input(node, 1)).length === 1 && node.attrs.blockSize === 0);
  return (isVector && product(dims(input(node, 2))) === scales) || "scales in blocks";
};

const scaleReason = (node: Node<QuantAttrs>): true | string =>
  input(node, 1).type.dtype === "f32" || `scale is ${input(node, 1).type.dtype}; expected f32`;

const quantizeKernel: Kernel<QuantAttrs> = sized({
  op: ops.quantizeLinear as Op<QuantAttrs>,
  name: "x86/quantize-linear",
  supports(node) {
    const { dtype } = output(node).type;
    const fits = dtype === "u8" || dtype === "i8" || `to ${dtype}; expected u8 or i8`;
    return firstReason(allOf(node, ["f32"], 1), scaleReason(node), fits, isUnblocked(node));
  },
  costNs: (node) => streamNs(node, 0.1),
  lower(node, plan) {
    const args = [...node.inputs.slice(0, 3), output(node)].map((value) => plan.arg(value));
    plan.step({ kernel: "f32_quantize", args, ...quantParams(node, output(node).type.dtype) });
  },
});

const dequantizeKernel: Kernel<QuantAttrs> = sized({
  op: ops.dequantizeLinear as Op<QuantAttrs>,
  name: "x86/dequantize-linear",
  supports: (node) => firstReason(allOf(node, ["u8", "i8", "i32"], 1), scaleReason(node), isUnblocked(node)),
  costNs: (node) => streamNs(node, 0.1),
  lower(node, plan) {
    const args = [...node.inputs.slice(0, 3), output(node)].map((value) => plan.arg(value));
    plan.step({ kernel: "f32_dequantize", args, ...quantParams(node, input(node, 0).type.dtype) });
  },
});

const dynamicKernel: Kernel = sized<unknown>({
  op: ops.dynamicQuantizeLinear as Op,
  name: "x86/dynamic-quantize-linear",
  supports: (node) => allOf(node, ["f32"]),
  costNs: (node) => 2 * streamNs(node, 0.1),
  lower(node, plan) {
    const [x, scale, zeroPoint] = [input(node, 0), output(node, 1), output(node, 2)].map((value) =>
      plan.arg(value),
    );
    const count = product(dims(input(node, 0)));
    const { chunk, tasks } = chunksOf(count);
    plan.step({
      kernel: "f32_dynamic_range",
      args: [x!, scale!, zeroPoint!],
      params: Int32Array.of(count),
      tasks: 1,
    });
    const args = [x!, scale!, zeroPoint!, plan.arg(output(node))];
    plan.step({ kernel: "f32_quantize", args, params: Int32Array.of(0, count, 1, 1, chunk), tasks });
  },
});

/** f32 to and from u8 and i8 (i32 back only), one scale or one for each index of an axis. */
export function quantizeKernels(): Kernel[] {
  return [quantizeKernel as Kernel, dequantizeKernel as Kernel, dynamicKernel];
}
