/**
 * Bytes of a Paddle program (`__model__`, `*.pdmodel`) -> ProgramDesc, by the field numbers of the framework's public schema.
 * Knows the wire format only.
 */
import { ConvertError } from "@coracle/core";
import protobuf from "protobufjs";
import type { AttributeValue, BlockDesc, OpDesc, ProgramDesc, Slots, VarDesc } from "./desc.ts";

const definition = `
syntax = "proto2";
message Complex { required double r = 1; required double i = 2; }
message Scalar { required int32 type = 1; optional bool b = 2; optional int64 i = 3; optional double r = 4; optional Complex c = 5; }
message Attr {
  required string name = 1; required int32 type = 2; optional int32 i = 3; optional float f = 4; optional string s = 5;
  repeated int32 ints = 6; repeated float floats = 7; repeated string strings = 8; optional bool b = 10; repeated bool bools = 11;
  optional int32 block_idx = 12; optional int64 l = 13; repeated int32 blocks_idx = 14; repeated int64 longs = 15;
  repeated double float64s = 16; optional string var_name = 17; repeated string vars_name = 18; optional double float64 = 19;
  optional Scalar scalar = 20; repeated Scalar scalars = 21;
}
message Slot { required string parameter = 1; repeated string arguments = 2; }
message Op { repeated Slot inputs = 1; repeated Slot outputs = 2; required string type = 3; repeated Attr attrs = 4; }
message TensorDesc { required int32 data_type = 1; repeated int64 dims = 2; }
message TensorOf { required TensorDesc tensor = 1; optional int32 lod_level = 2; }
message VarType { required int32 type = 1; optional TensorDesc selected_rows = 2; optional TensorOf lod_tensor = 3; optional TensorOf tensor_array = 4; }
message Var { required string name = 1; required VarType type = 2; optional bool persistable = 3; }
message Block { required int32 idx = 1; required int32 parent_idx = 2; repeated Var vars = 3; repeated Op ops = 4; }
message Version { optional int64 version = 1; }
message Program { repeated Block blocks = 1; optional Version version = 4; }
`;

type Int64 = number | { toNumber(): number };

interface ScalarProto {
  readonly type: number;
  readonly b: boolean;
  readonly i: Int64;
  readonly r: number;
}

interface AttrProto {
  readonly name: string;
  readonly type: number;
  readonly i: number;
  readonly f: number;
  readonly s: string;
  readonly ints: readonly number[];
  readonly floats: readonly number[];
  readonly strings: readonly string[];
  readonly b: boolean;
  readonly bools: readonly boolean[];
  readonly blockIdx: number;
  readonly l: Int64;
  readonly blocksIdx: readonly number[];
  readonly longs: readonly Int64[];
  readonly float64s: readonly number[];
  readonly varName: string;
  readonly varsName: readonly string[];
  readonly float64: number;
  readonly scalar: ScalarProto | null;
  readonly scalars: readonly ScalarProto[];
}

interface SlotProto {
  readonly parameter: string;
  readonly arguments: readonly string[];
}

interface TensorDescProto {
  readonly dataType: number;
  readonly dims: readonly Int64[];
}

interface VarProto {
  readonly name: string;
  readonly type: {
    readonly type: number;
    readonly selectedRows: TensorDescProto | null;
    readonly lodTensor: { readonly tensor: TensorDescProto } | null;
    readonly tensorArray: { readonly tensor: TensorDescProto } | null;
  };
  readonly persistable: boolean;
}

interface OpProto {
  readonly type: string;
  readonly inputs: readonly SlotProto[];
  readonly outputs: readonly SlotProto[];
  readonly attrs: readonly AttrProto[];
}

interface ProgramProto {
  readonly blocks: readonly {
    readonly parentIdx: number;
    readonly vars: readonly VarProto[];
    readonly ops: readonly OpProto[];
  }[];
  readonly version: { readonly version: Int64 } | null;
}

const { root } = protobuf.parse(definition);
const programType = root.lookupType("Program");
const tensorDescType = root.lookupType("TensorDesc");

const toNumber = (value: Int64): number => (typeof value === "number" ? value : value.toNumber());

function scalarOf({ type, b, i, r }: ScalarProto): number | boolean {
  return type === 1 ? b : type === 2 ? toNumber(i) : r;
}

/** By AttrType. Values that are not on the wire are the proto's defaults. */
const readers: readonly ((attr: AttrProto) => AttributeValue)[] = [
  ({ i }) => i,
  ({ f }) => f,
  ({ s }) => s,
  ({ ints }) => ints,
  ({ floats }) => floats,
  ({ strings }) => strings,
  ({ b }) => b,
  ({ bools }) => bools,
  ({ blockIdx }) => ({ block: blockIdx }),
  ({ l }) => toNumber(l),
  ({ blocksIdx }) => blocksIdx,
  ({ longs }) => longs.map(toNumber),
  ({ float64s }) => float64s,
  ({ varName }) => varName,
  ({ varsName }) => varsName,
  ({ float64 }) => float64,
  ({ scalar }) => (scalar ? scalarOf(scalar) : 0),
  ({ scalars }) => scalars.map((scalar) => Number(scalarOf(scalar))),
];

function slotsOf(slots: readonly SlotProto[]): Slots {
  return new Map(slots.map(({ parameter, arguments: names }) => [parameter, names]));
}

function opOf({ type, inputs, outputs, attrs }: OpProto): OpDesc {
  const known = attrs.filter((attr) => readers[attr.type]);
  const attributes = new Map(known.map((attr) => [attr.name, readers[attr.type]!(attr)]));
  return { type, inputs: slotsOf(inputs), outputs: slotsOf(outputs), attributes };
}

function varOf({ name, type, persistable }: VarProto): VarDesc {
  const tensor = type.lodTensor?.tensor ?? type.tensorArray?.tensor ?? type.selectedRows;
  const desc = { name, kind: type.type, persistable };
  return tensor ? { ...desc, tensor: tensorOf(tensor) } : desc;
}

function tensorOf({ dataType, dims }: TensorDescProto): { dtype: number; dims: readonly number[] } {
  return { dtype: dataType, dims: dims.map(toNumber) };
}

function decode(type: protobuf.Type, bytes: Uint8Array, what: string): unknown {
  try {
    return type.decode(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConvertError(`paddle: ${what} is malformed (${reason}). Export or download the file again.`, {
      cause,
    });
  }
}

/** Throws ConvertError for bytes that are no program. */
export function decodeProgram(bytes: Uint8Array): ProgramDesc {
  const { blocks, version } = decode(programType, bytes, "the program") as ProgramProto;
  return {
    format: "paddle",
    version: version ? toNumber(version.version) : 0,
    blocks: blocks.map(
      ({ parentIdx, vars, ops }): BlockDesc => ({
        parent: parentIdx,
        vars: new Map(vars.map((desc) => [desc.name, varOf(desc)])),
        ops: ops.map(opOf),
      }),
    ),
  };
}

/** The description before a tensor's bytes in a parameter file. Throws ConvertError. */
export function decodeTensorDesc(
  bytes: Uint8Array,
  name: string,
): { dtype: number; dims: readonly number[] } {
  return tensorOf(decode(tensorDescType, bytes, `the description of parameter "${name}"`) as TensorDescProto);
}
