import { ConvertError, type ElementType, Tensor } from "@coracle/core";
import type { ExternalData } from "./external.ts";
import {
  decodeOptionalProto,
  decodeSequenceProto,
  decodeTensorProto,
  type OptionalProto,
  type SequenceProto,
} from "./proto.ts";
import { readTensor } from "./tensor.ts";

interface Wanted {
  readonly dtype: string;
  readonly element?: ElementType;
}

/**
 * One serialised value as the standard cases keep inputs and outputs: a tensor, or the container that `wanted` says.
 * Throws ConvertError.
 */
export function readValue(bytes: Uint8Array, wanted: Wanted, external: ExternalData, what: string): Tensor {
  const { dtype, element } = wanted;
  if (dtype === "sequence" && element) return sequenceOf(decodeSequenceProto(bytes), element, external, what);
  if (dtype === "optional" && element) return optionalOf(decodeOptionalProto(bytes), element, external, what);
  return readTensor(decodeTensorProto(bytes), external, what);
}

function sequenceOf(
  proto: SequenceProto,
  element: ElementType,
  external: ExternalData,
  what: string,
): Tensor {
  const nested = element.element;
  const items = nested
    ? proto.sequenceValues.map((item) => sequenceOf(item, nested, external, what))
    : proto.tensorValues.map((item) => readTensor(item, external, what));
  return Tensor.sequence(items, element);
}

function optionalOf(
  proto: OptionalProto,
  element: ElementType,
  external: ExternalData,
  what: string,
): Tensor {
  if (proto.sequenceValue) {
    if (!element.element)
      throw new ConvertError(`onnx: ${what} holds a sequence; expected ${element.dtype}.`);
    return Tensor.optional(sequenceOf(proto.sequenceValue, element.element, external, what), element);
  }
  const item = proto.tensorValue ? readTensor(proto.tensorValue, external, what) : null;
  return Tensor.optional(item, element);
}
