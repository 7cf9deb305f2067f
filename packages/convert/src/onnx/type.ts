import { ConvertError, type Dim, type ElementType, type Shape, type TensorType } from "@coracle/core";
import { dtypeOf } from "./data-type.ts";
import { type DimensionProto, type TypeProto, toNumber } from "./proto.ts";

/** Sequences and optionals nest no deeper in any model. */
const maxTypeDepth = 8;

/** A name that says nothing ("?") is a symbol of its own; characters that expressions use are replaced. */
function symbolOf(param: string, fresh: string): string {
  return /^[^\w]*$/.test(param) ? fresh : param.replace(/[^\w.]/g, "_");
}

/** Negative and missing sizes are open, as files write them for "any". */
function dimOf(dim: DimensionProto, fresh: string): Dim {
  if (dim.dimParam) return symbolOf(dim.dimParam, fresh);
  if (!Object.hasOwn(dim, "dimValue")) return fresh;
  const value = toNumber(dim.dimValue ?? 0);
  return value >= 0 ? value : fresh;
}

/** Sizes as the file tells them, those it leaves open under `name`_axis; undefined where it tells none. */
export function shapeIn(type: TypeProto | null, name: string): Shape | undefined {
  return type?.tensorType?.shape?.dim.map((dim, i) => dimOf(dim, `${name}_${i}`));
}

/** What a sequence or optional holds. Throws ConvertError for maps, sparse tensors and types nested too deep. */
export function elementIn(type: TypeProto | null, what: string, depth = 0): ElementType {
  if (depth > maxTypeDepth) {
    throw new ConvertError(`onnx: ${what} nests over ${maxTypeDepth} types; expected fewer.`);
  }
  const container = containerIn(type, what, depth);
  if (container) return container;
  if (!type?.tensorType) {
    const kind = type?.mapType ? "a map" : type?.sparseTensorType ? "a sparse tensor" : "of no type";
    throw new ConvertError(`onnx: ${what} is ${kind}; expected a tensor, sequence or optional.`);
  }
  const shape = shapeIn(type, "item");
  const dtype = dtypeOf(type.tensorType.elemType, what);
  return shape === undefined ? { dtype } : { dtype, shape };
}

/** The type of a sequence or optional, its length under `length`; undefined for anything else. Throws ConvertError. */
export function containerIn(
  type: TypeProto | null,
  what: string,
  depth = 0,
  length = "length",
): (TensorType & { readonly element: ElementType }) | undefined {
  const inner = type?.sequenceType ?? type?.optionalType;
  if (!inner) return undefined;
  const element = elementIn(inner.elemType, what, depth + 1);
  return { dtype: type?.sequenceType ? "sequence" : "optional", shape: [length], element };
}
