/**
 * A Paddle program as plain data, whatever file it came from: blocks of variables and operators.
 * Knows no wire format, no operator and no Coracle type.
 */

/** VarType.Type of the framework's public schema, as far as inference models use it. */
export const varType = {
  bool: 0,
  int16: 1,
  int32: 2,
  int64: 3,
  fp16: 4,
  fp32: 5,
  fp64: 6,
  lodTensor: 7,
  selectedRows: 8,
  feedMinibatch: 9,
  fetchList: 10,
  lodTensorArray: 13,
  reader: 15,
  raw: 17,
  uint8: 20,
  int8: 21,
  bf16: 22,
} as const;

export interface BlockReference {
  readonly block: number;
}

export type AttributeValue =
  | number
  | string
  | boolean
  | BlockReference
  | readonly number[]
  | readonly string[]
  | readonly boolean[];

/** Slot -> variable names. */
export type Slots = ReadonlyMap<string, readonly string[]>;

export interface OpDesc {
  readonly type: string;
  readonly inputs: Slots;
  readonly outputs: Slots;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
}

export interface VarDesc {
  readonly name: string;
  /** A number of `varType`. */
  readonly kind: number;
  readonly persistable: boolean;
  /** Of tensors; a negative dimension is open. */
  readonly tensor?: { readonly dtype: number; readonly dims: readonly number[] };
}

export interface BlockDesc {
  readonly parent: number;
  readonly vars: ReadonlyMap<string, VarDesc>;
  readonly ops: readonly OpDesc[];
}

export interface ProgramDesc {
  /** For people: "paddle", "paddle lite"... */
  readonly format: string;
  readonly version: number;
  /** The first one runs; others are bodies of its control flow. */
  readonly blocks: readonly BlockDesc[];
}

const withoutData: ReadonlySet<number> = new Set([
  varType.feedMinibatch,
  varType.fetchList,
  varType.reader,
  varType.raw,
]);

/** The variables that parameter files hold, in the order of a combined file: by the bytes of their names. */
export function parametersOf({ blocks }: ProgramDesc): readonly VarDesc[] {
  const all = [...(blocks[0]?.vars.values() ?? [])];
  const encoder = new TextEncoder();
  return all
    .filter(({ name, kind, persistable }) => persistable && !withoutData.has(kind) && !isBorder(name))
    .map((desc) => ({ desc, bytes: encoder.encode(desc.name) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ desc }) => desc);
}

const isBorder = (name: string): boolean => name === "feed" || name === "fetch";
