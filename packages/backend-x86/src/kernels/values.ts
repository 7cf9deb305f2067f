/**
 * From a node to a plan's steps on this processor, a file for each family; the words of `params` are the structs of
 * cpu-native/kernels. What the families share about values: shapes, bytes, dtypes, costs.
 */
import {
  type DType,
  dtypeBytes,
  ints,
  isStatic,
  type Kernel,
  type Node,
  numElements,
  type Shape,
  storedElements,
  type Value,
} from "@coracle/core";

const maxElements = 2 ** 31 - 1;
const bytesPerNs = 10;
const stepNs = 300;

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);

/** The int32 word that holds a float parameter. */
export function floatBits(value: number): number {
  float[0] = value;
  return bits[0]!;
}

/** The shape as numbers: placement and planning only see such. */
export function dims(value: Value): readonly number[] {
  return value.type.shape as readonly number[];
}

export function input(node: Node<unknown>, index: number): Value {
  return node.inputs[index]!;
}

export function output(node: Node<unknown>, index = 0): Value {
  return node.outputs[index]!;
}

export function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1);
}

export function valueBytes(value: Value): number {
  return storedElements(value.type) * dtypeBytes(value.type.dtype);
}

/** Every input is read and every output written once, plus what an element costs beyond memory. */
export function streamNs(node: Node<unknown>, nsPerElement = 0): number {
  const bytes = [...node.inputs, ...node.outputs].reduce((sum, value) => sum + valueBytes(value), 0);
  return stepNs + bytes / bytesPerNs + nsPerElement * numElements(output(node).type.shape);
}

/** The constant's elements as numbers, or undefined when the value is not a constant. */
export function constantInts(value: Value | undefined): number[] | undefined {
  return value?.data === undefined ? undefined : ints(value.data);
}

function isTooLarge(shape: Shape): boolean {
  return !isStatic(shape) || product(shape) > maxElements - 64;
}

/** The same kernel, which refuses values whose elements 32 bits cannot count, and does nothing for empty outputs. */
export function sized<A>(kernel: Kernel<A>): Kernel<A> {
  return {
    ...kernel,
    supports(node) {
      const large = [...node.inputs, ...node.outputs].find((value) => isTooLarge(value.type.shape));
      if (large) return `"${large.name}" has 2^31 elements or more`;
      return kernel.supports(node);
    },
    lower(node, plan) {
      if (node.outputs.every((value) => product(dims(value)) === 0)) return;
      kernel.lower(node, plan);
    },
  };
}

/** true, or the reason that names the first input of another dtype. */
export function allOf(
  node: Node<unknown>,
  dtypes: readonly DType[],
  count: number = node.inputs.length,
): true | string {
  const other = node.inputs.slice(0, count).find((value) => !dtypes.includes(value.type.dtype));
  return other ? `"${other.name}" is ${other.type.dtype}; expected ${dtypes.join(" or ")}` : true;
}

/** The first reason among the answers, or true. */
export function firstReason(...answers: readonly (true | string)[]): true | string {
  return answers.find((answer) => answer !== true) ?? true;
}

export function requireConstants(
  node: Node<unknown>,
  names: Readonly<Record<string, number>>,
): true | string {
  for (const [name, index] of Object.entries(names)) {
    if (node.inputs[index] && node.inputs[index].data === undefined) return `${name} must be constant`;
  }
  return true;
}
