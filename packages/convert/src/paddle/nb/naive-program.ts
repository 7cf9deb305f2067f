/** The ProgramDesc and ParamDesc of the oldest `.nb` files (meta version 0): fields one after another, none left out. */
import type { AttributeValue, BlockDesc, OpDesc, ProgramDesc, Slots, VarDesc } from "../desc.ts";
import { varType } from "../desc.ts";
import type { Cursor } from "./cursor.ts";
import type { RawParameter } from "./flat-program.ts";

/** VarDataType of these files -> VarType of the others. */
const kinds: readonly number[] = [
  varType.bool,
  varType.int16,
  varType.int32,
  varType.int64,
  varType.fp16,
  varType.fp32,
  varType.fp64,
  19,
  varType.uint8,
  varType.int8,
  varType.lodTensor,
  varType.selectedRows,
  varType.feedMinibatch,
  varType.fetchList,
  11,
  12,
  varType.lodTensorArray,
  14,
  varType.reader,
  varType.raw,
  18,
];

interface TensorDesc {
  readonly dtype: number;
  readonly dims: readonly number[];
}

const kindOf = (cursor: Cursor): number => kinds[cursor.i32()] ?? -1;

function tensorDesc(cursor: Cursor): TensorDesc {
  return { dtype: kindOf(cursor), dims: cursor.list(() => cursor.i64()) };
}

/** A tensor and its level of detail. */
function lodTensor(cursor: Cursor): TensorDesc {
  const tensor = tensorDesc(cursor);
  cursor.i32();
  return tensor;
}

function varOf(cursor: Cursor): VarDesc {
  const name = cursor.string();
  const kind = kindOf(cursor);
  const rows = tensorDesc(cursor);
  const dense = lodTensor(cursor);
  const array = lodTensor(cursor);
  cursor.list(() => lodTensor(cursor));
  cursor.list(() => cursor.i32());
  const persistable = cursor.u8() !== 0;
  const tensors = new Map([
    [varType.lodTensor as number, dense],
    [varType.lodTensorArray, array],
    [varType.selectedRows, rows],
  ]);
  const tensor = tensors.get(kind);
  return tensor ? { name, kind, persistable, tensor } : { name, kind, persistable };
}

function slots(cursor: Cursor): Slots {
  return new Map(cursor.list(() => [cursor.string(), cursor.list(() => cursor.string())] as const));
}

function attribute(cursor: Cursor): readonly [string, AttributeValue | undefined] {
  const name = cursor.string();
  const type = cursor.i32();
  const values: readonly AttributeValue[] = [
    cursor.i32(),
    cursor.f32(),
    cursor.string(),
    cursor.list(() => cursor.i32()),
    cursor.list(() => cursor.f32()),
    cursor.list(() => cursor.string()),
    cursor.u8() !== 0,
    cursor.list(() => cursor.u8() !== 0),
    { block: cursor.i32() },
    cursor.i64(),
    cursor.list(() => cursor.i32()),
    cursor.list(() => cursor.i64()),
  ];
  return [name, values[type]];
}

function opOf(cursor: Cursor): OpDesc {
  const type = cursor.string();
  const inputs = slots(cursor);
  const outputs = slots(cursor);
  const attributes = cursor.list(() => attribute(cursor)).filter(([, value]) => value !== undefined);
  cursor.u8();
  return {
    type,
    inputs,
    outputs,
    attributes: new Map(attributes as readonly (readonly [string, AttributeValue])[]),
  };
}

function blockOf(cursor: Cursor): BlockDesc {
  cursor.i32();
  const parent = cursor.i32();
  const vars = cursor.list(() => varOf(cursor));
  const ops = cursor.list(() => opOf(cursor));
  cursor.i32();
  return { parent, vars: new Map(vars.map((desc) => [desc.name, desc])), ops };
}

export function naiveProgram(cursor: Cursor): ProgramDesc {
  const blocks = cursor.list(() => blockOf(cursor));
  return { format: "paddle-lite", version: cursor.i64(), blocks };
}

export function naiveParameter(cursor: Cursor): RawParameter {
  const name = cursor.string();
  cursor.u32();
  cursor.u64();
  cursor.list(() => cursor.list(() => cursor.u64()));
  cursor.u32();
  const { dtype, dims } = tensorDesc(cursor);
  return { name, dtype, dims, bytes: cursor.take(cursor.u64()) };
}
