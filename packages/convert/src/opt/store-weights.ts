/** Weights in fewer bytes: stored as halves or integers, with a node that makes floats of them again when loaded. */
import {
  ConvertError,
  constantValue,
  makeValue,
  type Node,
  numElements,
  ops,
  type Program,
  Tensor,
  type Value,
} from "@coracle/core";

/** How weights are stored; computing stays in f32. */
export const weightForms = ["f16", "bf16", "int8", "int16"] as const;
export type WeightForm = (typeof weightForms)[number];

/** Smaller constants are biases and shapes: nothing is saved by storing them otherwise. */
const fewestElements = 1024;

const isWeight = ({ data }: Value): boolean =>
  data?.dtype === "f32" && data.shape.length >= 2 && numElements(data.shape) >= fewestElements;

/** The axis of the outputs in a weight of this operator: each index has a scale of its own. */
function outputAxis({ op, attrs, inputs }: Node, weight: Value): number {
  const rank = weight.type.shape.length;
  if (op.name === "convTranspose") return 1;
  if (op.name !== "matMul" || inputs[1] !== weight) return 0;
  return (attrs as { readonly transB?: boolean }).transB ? rank - 2 : rank - 1;
}

interface Quantised {
  readonly stored: Tensor;
  readonly scale: Tensor;
}

const limits = { int8: 127, int16: 32767 } as const;

/** Symmetric, a scale for each index of the axis: q = round(w / scale), scale = max |w| / limit. */
function quantise(weight: Tensor, axis: number, form: "int8" | "int16"): Quantised {
  const { shape } = weight;
  const data = weight.data as Float32Array;
  const channels = shape[axis]!;
  const inner = numElements(shape.slice(axis + 1));
  const channelOf = (i: number): number => Math.floor(i / inner) % channels;
  const scale = new Float32Array(channels);
  for (let i = 0; i < data.length; i++)
    scale[channelOf(i)] = Math.max(scale[channelOf(i)]!, Math.abs(data[i]!));
  for (let c = 0; c < channels; c++) scale[c] = scale[c] === 0 ? 1 : scale[c]! / limits[form];
  const stored = form === "int8" ? new Int8Array(data.length) : new Int16Array(data.length);
  for (let i = 0; i < data.length; i++) stored[i] = Math.round(data[i]! / scale[channelOf(i)]!);
  return {
    stored: Tensor.from(form === "int8" ? "i8" : "i16", shape, stored),
    scale: Tensor.from("f32", [channels], scale),
  };
}

function decoder(weight: Value, form: WeightForm, axis: number): Node {
  const output = makeValue(weight.name, weight.type);
  const name = `${weight.name}.decode`;
  if (form === "f16" || form === "bf16") {
    const [stored] = ops.cast.reference([weight.data!], { to: form });
    const inputs = [constantValue(`${weight.name}.${form}`, stored!)];
    return { name, op: ops.cast as Node["op"], attrs: { to: "f32" }, inputs, outputs: [output] };
  }
  const { stored, scale } = quantise(weight.data!, axis, form);
  const parts = [stored, scale, Tensor.zeros(stored.dtype, scale.shape)];
  const inputs = parts.map((tensor, i) => constantValue(`${weight.name}.${form}.${i}`, tensor));
  return {
    name,
    op: ops.dequantizeLinear as Node["op"],
    attrs: { axis, blockSize: 0 },
    inputs,
    outputs: [output],
  };
}

/**
 * The program with its weights (f32 constants of 2 dimensions or more, 1,024 elements or more) in another form.
 * int8 and int16 keep a scale for each output. Throws ConvertError for an unknown form.
 */
export function storeWeights(program: Program, form: WeightForm): Program {
  if (!weightForms.includes(form)) {
    throw new ConvertError(`weights "${form}"; expected one of ${weightForms.join(", ")}.`);
  }
  const decoders = new Map<Value, Node>();
  const nodes = program.nodes.flatMap((node): Node[] => {
    const made: Node[] = [];
    const inputs = node.inputs.map((input) => {
      if (!isWeight(input)) return input;
      const known = decoders.get(input) ?? decoder(input, form, outputAxis(node, input));
      if (!decoders.has(input)) made.push(known);
      decoders.set(input, known);
      return known.outputs[0]!;
    });
    return [
      ...made,
      made.length > 0 || inputs.some((input, i) => input !== node.inputs[i]) ? { ...node, inputs } : node,
    ];
  });
  return { ...program, nodes, meta: { ...program.meta, weights: form } };
}
