/** The flatbuffer ProgramDesc and ParamDesc of `.nb` files (meta versions 1 and 2), by the slots of the public schema. */
import type { Table } from "../../flat-table.ts";
import type { AttributeValue, BlockDesc, OpDesc, ProgramDesc, Slots, VarDesc } from "../desc.ts";

/** By AttrType; undefined for kinds without a field. */
const readers: readonly ((attr: Table) => AttributeValue)[] = [
  (attr) => attr.int32(2),
  (attr) => attr.float32(3),
  (attr) => attr.string(4),
  (attr) => attr.int32s(5),
  (attr) => attr.float32s(6),
  (attr) => attr.strings(7),
  (attr) => attr.bool(8),
  (attr) => attr.bools(9),
  (attr) => ({ block: attr.int32(10) }),
  (attr) => attr.int64(11),
  (attr) => attr.int32s(12),
  (attr) => attr.int64s(13),
  (attr) => attr.float64s(15),
  (attr) => attr.string(4),
  (attr) => attr.strings(7),
  (attr) => attr.float64(14),
];

const slotsOf = (slots: readonly Table[]): Slots =>
  new Map(slots.map((slot) => [slot.string(0), slot.strings(1)]));

function opOf(op: Table): OpDesc {
  const known = op.tables(3).filter((attr) => readers[attr.int32(1)]);
  return {
    type: op.string(0),
    inputs: slotsOf(op.tables(1)),
    outputs: slotsOf(op.tables(2)),
    attributes: new Map(known.map((attr) => [attr.string(0), readers[attr.int32(1)]!(attr)])),
  };
}

function varOf(desc: Table): VarDesc {
  const type = desc.table(1);
  const tensor = (type?.table(2) ?? type?.table(3))?.table(0) ?? type?.table(1);
  const made = { name: desc.string(0), kind: type?.int32(0) ?? -1, persistable: desc.bool(2) };
  return tensor ? { ...made, tensor: { dtype: tensor.int32(0), dims: tensor.int64s(1) } } : made;
}

export function flatProgram(root: Table): ProgramDesc {
  return {
    format: "paddle-lite",
    version: root.table(1)?.int64(0) ?? 0,
    blocks: root.tables(0).map(
      (block): BlockDesc => ({
        parent: block.int32(1, -1),
        vars: new Map(block.tables(2).map((desc) => [desc.string(0), varOf(desc)])),
        ops: block.tables(3).map(opOf),
      }),
    ),
  };
}

export interface RawParameter {
  readonly name: string;
  readonly dtype: number;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/** Throws RangeError for a parameter that is no tensor. */
export function flatParameter(root: Table): RawParameter {
  const tensor = root.table(3);
  if (!tensor || root.uint8(2) !== 1) throw new RangeError(`parameter "${root.string(1)}" that is no tensor`);
  return { name: root.string(1), dtype: tensor.int32(3), dims: tensor.int64s(2), bytes: tensor.bytes(4) };
}
