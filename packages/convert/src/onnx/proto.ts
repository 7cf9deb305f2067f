/**
 * Bytes of an ONNX file -> its messages as plain objects, by the field numbers of the public ONNX specification.
 * Knows the wire format only, no operator and no Coracle type except errors.
 */
import { ConvertError } from "@coracle/core";
import protobuf from "protobufjs";

/** An int64 as protobufjs gives it. */
export type Int64 = number | { readonly low: number; readonly high: number; toNumber(): number };

export interface TensorProto {
  readonly dims: readonly Int64[];
  readonly dataType: number;
  readonly name: string;
  readonly rawData: Uint8Array;
  /** Packed fields are kept as their bytes: little-endian elements (float, double) or varints. */
  readonly floatData: readonly Uint8Array[];
  readonly int32Data: readonly Uint8Array[];
  readonly int64Data: readonly Uint8Array[];
  readonly doubleData: readonly Uint8Array[];
  readonly uint64Data: readonly Uint8Array[];
  readonly stringData: readonly Uint8Array[];
  readonly externalData: readonly StringEntry[];
  readonly dataLocation: number;
}

export interface StringEntry {
  readonly key: string;
  readonly value: string;
}

export interface SparseTensorProto {
  readonly values: TensorProto | null;
  readonly indices: TensorProto | null;
  readonly dims: readonly Int64[];
}

export interface AttributeProto {
  readonly name: string;
  readonly refAttrName: string;
  readonly type: number;
  readonly f: number;
  readonly i: Int64;
  readonly s: Uint8Array;
  readonly t: TensorProto | null;
  readonly g: GraphProto | null;
  readonly tp: TypeProto | null;
  readonly sparseTensor: SparseTensorProto | null;
  readonly floats: readonly number[];
  readonly ints: readonly Int64[];
  readonly strings: readonly Uint8Array[];
  readonly tensors: readonly TensorProto[];
  readonly graphs: readonly GraphProto[];
}

export interface NodeProto {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly overload: string;
  readonly attribute: readonly AttributeProto[];
}

export interface DimensionProto {
  readonly dimValue?: Int64;
  readonly dimParam?: string;
}

export interface TypeProto {
  readonly tensorType: {
    readonly elemType: number;
    readonly shape: { readonly dim: readonly DimensionProto[] } | null;
  } | null;
  readonly sequenceType: ElementTypeProto | null;
  readonly mapType: object | null;
  readonly optionalType: ElementTypeProto | null;
  readonly sparseTensorType: object | null;
}

export interface ElementTypeProto {
  readonly elemType: TypeProto | null;
}

export interface SequenceProto {
  readonly name: string;
  readonly elemType: number;
  readonly tensorValues: readonly TensorProto[];
  readonly sequenceValues: readonly SequenceProto[];
  readonly optionalValues: readonly OptionalProto[];
}

export interface OptionalProto {
  readonly name: string;
  readonly elemType: number;
  readonly tensorValue: TensorProto | null;
  readonly sequenceValue: SequenceProto | null;
  readonly optionalValue: OptionalProto | null;
}

export interface ValueInfoProto {
  readonly name: string;
  readonly type: TypeProto | null;
}

export interface GraphProto {
  readonly name: string;
  readonly node: readonly NodeProto[];
  readonly initializer: readonly TensorProto[];
  readonly sparseInitializer: readonly SparseTensorProto[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
}

export interface OperatorSetId {
  readonly domain: string;
  readonly version: Int64;
}

export interface FunctionProto {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly string[];
  readonly attributeProto: readonly AttributeProto[];
  readonly node: readonly NodeProto[];
  readonly opsetImport: readonly OperatorSetId[];
}

export interface ModelProto {
  readonly irVersion: Int64;
  readonly opsetImport: readonly OperatorSetId[];
  readonly producerName: string;
  readonly producerVersion: string;
  readonly docString: string;
  readonly graph: GraphProto | null;
  readonly functions: readonly FunctionProto[];
  readonly metadataProps: readonly StringEntry[];
}

const definition = `
syntax = "proto2";
message StringEntry { optional string key = 1; optional string value = 2; }
message OperatorSetId { optional string domain = 1; optional int64 version = 2; }
message Tensor {
  repeated int64 dims = 1; optional int32 data_type = 2;
  repeated bytes float_data = 4; repeated bytes int32_data = 5; repeated bytes string_data = 6;
  repeated bytes int64_data = 7; optional string name = 8; optional bytes raw_data = 9;
  repeated bytes double_data = 10; repeated bytes uint64_data = 11;
  repeated StringEntry external_data = 13; optional int32 data_location = 14;
}
message SparseTensor { optional Tensor values = 1; optional Tensor indices = 2; repeated int64 dims = 3; }
message Attribute {
  optional string name = 1; optional float f = 2; optional int64 i = 3; optional bytes s = 4;
  optional Tensor t = 5; optional Graph g = 6; repeated float floats = 7; repeated int64 ints = 8;
  repeated bytes strings = 9; repeated Tensor tensors = 10; repeated Graph graphs = 11;
  optional Type tp = 14; optional int32 type = 20; optional string ref_attr_name = 21; optional SparseTensor sparse_tensor = 22;
}
message Node {
  repeated string input = 1; repeated string output = 2; optional string name = 3; optional string op_type = 4;
  repeated Attribute attribute = 5; optional string domain = 7; optional string overload = 8;
}
message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
message TensorShape { repeated Dimension dim = 1; }
message TensorTypeOf { optional int32 elem_type = 1; optional TensorShape shape = 2; }
message Other {}
message Type {
  optional TensorTypeOf tensor_type = 1; optional ElementType sequence_type = 4; optional Other map_type = 5;
  optional Other sparse_tensor_type = 8; optional ElementType optional_type = 9;
}
message ElementType { optional Type elem_type = 1; }
message Sequence {
  optional string name = 1; optional int32 elem_type = 2; repeated Tensor tensor_values = 3;
  repeated Sequence sequence_values = 5; repeated Optional optional_values = 7;
}
message Optional {
  optional string name = 1; optional int32 elem_type = 2; optional Tensor tensor_value = 3;
  optional Sequence sequence_value = 5; optional Optional optional_value = 7;
}
message ValueInfo { optional string name = 1; optional Type type = 2; }
message Graph {
  repeated Node node = 1; optional string name = 2; repeated Tensor initializer = 5;
  repeated ValueInfo input = 11; repeated ValueInfo output = 12; repeated SparseTensor sparse_initializer = 15;
}
message Function {
  optional string name = 1; repeated string input = 4; repeated string output = 5; repeated string attribute = 6;
  repeated Node node = 7; repeated OperatorSetId opset_import = 9; optional string domain = 10;
  repeated Attribute attribute_proto = 11; optional string overload = 13;
}
message Model {
  optional int64 ir_version = 1; optional string producer_name = 2; optional string producer_version = 3;
  optional string domain = 4; optional int64 model_version = 5; optional string doc_string = 6;
  optional Graph graph = 7; repeated OperatorSetId opset_import = 8;
  repeated StringEntry metadata_props = 14; repeated Function functions = 25;
}
`;

const { root } = protobuf.parse(definition);
const model = root.lookupType("Model");
const tensor = root.lookupType("Tensor");
const sequence = root.lookupType("Sequence");
const optional = root.lookupType("Optional");

function decode(type: protobuf.Type, bytes: Uint8Array, what: string): unknown {
  try {
    return type.decode(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConvertError(`onnx: ${what} is malformed (${reason}). Export or download the file again.`, {
      cause,
    });
  }
}

/** Byte fields are views of `bytes`. Throws ConvertError for bytes that are no such message. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  return decode(model, bytes, "the model") as ModelProto;
}

/** One serialised TensorProto, as the standard cases keep inputs and outputs. Throws ConvertError. */
export function decodeTensorProto(bytes: Uint8Array): TensorProto {
  return decode(tensor, bytes, "the tensor") as TensorProto;
}

/** One serialised SequenceProto. Throws ConvertError. */
export function decodeSequenceProto(bytes: Uint8Array): SequenceProto {
  return decode(sequence, bytes, "the sequence") as SequenceProto;
}

/** One serialised OptionalProto. Throws ConvertError. */
export function decodeOptionalProto(bytes: Uint8Array): OptionalProto {
  return decode(optional, bytes, "the optional") as OptionalProto;
}

/** A message given as a plain object -> the bytes of a model file. */
export function encodeModel(message: Record<string, unknown>): Uint8Array {
  return model.encode(model.fromObject(message)).finish();
}

/** An int64 as a number; beyond 2^53 the nearest safe integer, for lengths "to the end" are written that way. */
export function toNumber(value: Int64): number {
  const number = typeof value === "number" ? value : value.toNumber();
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, number));
}

/** An int64 exactly. */
export function toBigInt(value: Int64): bigint {
  if (typeof value === "number") return BigInt(value);
  return (BigInt(value.high) << 32n) | BigInt(value.low >>> 0);
}
