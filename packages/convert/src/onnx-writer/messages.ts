import { type Dim, type ElementType, packedBits, type Tensor, type TensorType } from "@coracle/core";
import { dataTypeOf } from "../onnx/data-type.ts";

/** A message as the encoder takes it. */
export type Message = Record<string, unknown>;

export type Attribute = Message;

export const int = (value: number | boolean): Attribute => ({ type: 2, i: Number(value) });
export const float = (value: number): Attribute => ({ type: 1, f: value });
export const text = (value: string): Attribute => ({ type: 3, s: new TextEncoder().encode(value) });
export const ints = (values: readonly number[]): Attribute => ({ type: 7, ints: [...values] });
export const floats = (values: readonly number[]): Attribute => ({ type: 6, floats: [...values] });
export const texts = (values: readonly string[]): Attribute => ({
  type: 8,
  strings: values.map((value) => new TextEncoder().encode(value)),
});
export const tensor = (value: Tensor): Attribute => ({ type: 4, t: tensorMessage(value, "") });
export const graph = (value: Message): Attribute => ({ type: 5, g: value });

/** Attributes by name; undefined ones are left out. */
export type Attributes = Readonly<Record<string, Attribute | undefined>>;

export function attributeMessages(attributes: Attributes): Message[] {
  return Object.entries(attributes).flatMap(([name, value]) => (value ? [{ name, ...value }] : []));
}

export function tensorMessage(value: Tensor, name: string): Message {
  const head = { name, dims: [...value.shape], dataType: dataTypeOf(value.dtype) };
  if (value.dtype === "string") {
    return { ...head, stringData: value.strings.map((item) => new TextEncoder().encode(item)) };
  }
  if (packedBits(value.dtype) !== undefined) return { ...head, rawData: value.toPacked() };
  const { data } = value;
  return { ...head, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

function dimMessage(dim: Dim): Message {
  return typeof dim === "number" ? { dimValue: dim } : { dimParam: dim };
}

/** The message of a type; a container's own length is not part of it. */
function typeMessage({ dtype, shape, element }: ElementType): Message {
  if (element) {
    return { [dtype === "sequence" ? "sequenceType" : "optionalType"]: { elemType: typeMessage(element) } };
  }
  const elemType = dataTypeOf(dtype);
  return { tensorType: shape ? { elemType, shape: { dim: shape.map(dimMessage) } } : { elemType } };
}

export const type = (value: ElementType): Attribute => ({ type: 13, tp: typeMessage(value) });

export function valueInfo(name: string, value: TensorType): Message {
  return { name, type: typeMessage(value) };
}
