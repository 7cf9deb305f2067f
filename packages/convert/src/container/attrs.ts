/** Attributes <-> JSON text. Tensors, blocks and numbers that JSON cannot write stand as objects of one key. */
import { type Block, ConvertError, isBlock, Tensor } from "@coracle/core";

export interface AttrParts {
  /** The index of a tensor or block that is stored beside the text. */
  tensor(tensor: Tensor): number;
  block(block: Block): number;
}

export function writeAttrs(attrs: unknown, parts: AttrParts): string {
  return JSON.stringify(plain(attrs, parts));
}

function plain(value: unknown, parts: AttrParts): unknown {
  if (typeof value === "number")
    return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: text(value) };
  if (value instanceof Tensor) return { $tensor: parts.tensor(value) };
  if (isBlock(value)) return { $block: parts.block(value) };
  if (Array.isArray(value)) return value.map((item) => plain(item, parts));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, parts)]));
}

const text = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

export interface AttrSources {
  readonly tensors: readonly Tensor[];
  readonly blocks: readonly Block[];
}

/** Throws ConvertError or SyntaxError. */
export function readAttrs(json: string, sources: AttrSources): unknown {
  return revived(JSON.parse(json), sources);
}

function revived(value: unknown, sources: AttrSources): unknown {
  if (Array.isArray(value)) return value.map((item) => revived(item, sources));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (first && entries.length === 1 && first[0].startsWith("$")) return special(first[0], first[1], sources);
  return Object.fromEntries(entries.map(([key, item]) => [key, revived(item, sources)]));
}

function special(kind: string, value: unknown, { tensors, blocks }: AttrSources): unknown {
  const found =
    kind === "$tensor" ? tensors[Number(value)] : kind === "$block" ? blocks[Number(value)] : undefined;
  if (found !== undefined) return found;
  if (kind === "$number") return Number(value);
  throw new ConvertError(`coracle: an attribute ${kind} ${String(value)}; expected one that the file holds.`);
}
