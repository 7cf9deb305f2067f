/**
 * The JSON of a Paddle 3 program (`inference.json`) -> ProgramDesc with the older operators.
 * Values are named after their numbers; inputs, parameters and outputs by their names.
 */
import { ConvertError, CoracleError } from "@coracle/core";
import { type AttributeValue, type OpDesc, type ProgramDesc, type VarDesc, varType } from "./desc.ts";
import { type PirOp, pirOps } from "./pir-ops.ts";

interface Attribute {
  readonly "#": string;
  readonly D?: unknown;
  /** Numbers that JSON cannot write. */
  readonly VD?: string;
}

interface TypeObject {
  readonly "#": string;
  readonly D?: unknown;
}

interface ResultObject {
  readonly "%": number;
  readonly TT?: TypeObject;
}

interface OpObject {
  readonly "#": string;
  readonly I?: readonly { readonly "%": number }[];
  readonly O?: readonly ResultObject[] | ResultObject;
  readonly A?: readonly unknown[];
  readonly regions?: readonly unknown[];
}

const fail = (given: string, expected: string): never => {
  throw new ConvertError(`paddle: the JSON program has ${given}; expected ${expected}. Export it again.`);
};

const specials: Readonly<Record<string, number>> = {
  NAN: Number.NaN,
  NaN: Number.NaN,
  INF: Number.POSITIVE_INFINITY,
  "-INF": Number.NEGATIVE_INFINITY,
};

const typeNumbers: Readonly<Record<string, number>> = {
  bool: varType.bool,
  int16: varType.int16,
  int32: varType.int32,
  int64: varType.int64,
  float16: varType.fp16,
  float32: varType.fp32,
  float64: varType.fp64,
  uint8: varType.uint8,
  int8: varType.int8,
  bfloat16: varType.bf16,
};

const typeNames: Readonly<Record<string, string>> = {
  "0.t_bool": "bool",
  "0.t_i8": "int8",
  "0.t_ui8": "uint8",
  "0.t_i16": "int16",
  "0.t_i32": "int32",
  "0.t_i64": "int64",
  "0.t_f16": "float16",
  "0.t_bf16": "bfloat16",
  "0.t_f32": "float32",
  "0.t_f64": "float64",
};

function numberOf(attribute: Attribute): AttributeValue {
  if (attribute.VD !== undefined) return specials[attribute.VD] ?? Number.NaN;
  return attribute.D as AttributeValue;
}

/** Undefined for kinds that no operator here reads (places, layouts, pointers). */
function attributeOf(attribute: Attribute): AttributeValue | undefined {
  switch (attribute["#"]) {
    case "0.a_array":
      return (attribute.D as readonly Attribute[]).map(numberOf) as readonly number[];
    case "1.a_intarray":
      return attribute.D as readonly number[];
    case "1.a_scalar":
      return (attribute.D as readonly [string, number])[1];
    case "1.a_dtype":
      return typeNumbers[attribute.D as string] ?? -1;
    case "0.a_bool":
    case "0.a_i32":
    case "0.a_i64":
    case "0.a_index":
    case "0.a_f32":
    case "0.a_f64":
    case "0.a_str":
    case "0.a_tensorname":
      return numberOf(attribute);
    default:
      return undefined;
  }
}

function attributesOf({ A }: OpObject): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  for (const { N, AT } of (A ?? []) as readonly { readonly N: string; readonly AT: Attribute }[]) {
    const value = attributeOf(AT);
    if (value !== undefined) attributes.set(N, value);
  }
  return attributes;
}

function tensorOf({ TT }: ResultObject): NonNullable<VarDesc["tensor"]> {
  const [element, dims] = (TT?.D ?? []) as readonly [TypeObject, readonly number[]];
  const dtype = typeNumbers[typeNames[element?.["#"] ?? ""] ?? ""];
  if (TT?.["#"] !== "0.t_dtensor" || dtype === undefined)
    return fail(`a value of type ${TT?.["#"]}`, "a dense tensor");
  return { dtype, dims };
}

/** Reads operators in order. */
class PirReader {
  readonly vars = new Map<string, VarDesc>();
  readonly ops: OpDesc[] = [];
  /** Value number -> variables; more than one for lists. */
  readonly #names = new Map<number, readonly string[]>([[0, []]]);
  readonly #constants = new Map<number, AttributeValue>();
  readonly #fetched: ReadonlyMap<number, string>;
  #numFeeds = 0;

  constructor(list: readonly OpObject[]) {
    const fetches = list.filter((op) => op["#"] === "1.fetch");
    this.#fetched = new Map(fetches.map((op) => [op.I![0]!["%"], String(attributesOf(op).get("name"))]));
  }

  read(op: OpObject): void {
    if (op.regions) fail(`control flow (${op["#"]})`, "none");
    const [dialect, name] = op["#"].split(".") as [string, string];
    if (op["#"] === "p") this.#parameter(op);
    else if (dialect === "0") this.#builtin(name, op);
    else if (name === "data" || name === "feed") this.#feed(op);
    else if (name === "fetch") this.#fetch(op);
    else this.#operator(name, op);
  }

  #parameter(op: OpObject): void {
    const [, , , name] = op.A as readonly [number, number, number, string];
    const result = op.O as ResultObject;
    this.#names.set(result["%"], [name]);
    this.vars.set(name, { name, kind: varType.lodTensor, persistable: true, tensor: tensorOf(result) });
  }

  /** Lists of values: made, taken apart, and read at one place. */
  #builtin(name: string, op: OpObject): void {
    const operands = (op.I ?? []).map((operand) => this.#namesOf(operand["%"]));
    const results = op.O as readonly ResultObject[];
    if (name === "combine") this.#names.set(results[0]!["%"], operands.flat());
    else if (name === "split")
      for (const [i, result] of results.entries()) this.#names.set(result["%"], [operands[0]![i]!]);
    else if (name === "slice")
      this.#names.set(results[0]!["%"], [operands[0]![Number(attributesOf(op).get("index") ?? 0)]!]);
    else fail(`operator builtin.${name}`, "combine, split, slice or a parameter");
  }

  #feed(op: OpObject): void {
    const name = String(attributesOf(op).get("name"));
    const [result] = op.O as readonly ResultObject[];
    this.#names.set(result!["%"], [name]);
    this.vars.set(name, { name, kind: varType.lodTensor, persistable: false, tensor: tensorOf(result!) });
    this.#border("feed", "outputs", { Out: [name] }, this.#numFeeds++);
  }

  #fetch(op: OpObject): void {
    const names = this.#namesOf(op.I![0]!["%"]);
    this.#border("fetch", "inputs", { X: names }, Number(attributesOf(op).get("col") ?? 0));
  }

  #border(
    type: string,
    side: "inputs" | "outputs",
    slots: Record<string, readonly string[]>,
    col: number,
  ): void {
    const empty = new Map<string, readonly string[]>();
    const made = { type, inputs: empty, outputs: empty, attributes: new Map([["col", col]]) };
    this.ops.push({ ...made, [side]: new Map(Object.entries(slots)) });
  }

  #operator(name: string, op: OpObject): void {
    const known = pirOps.get(name);
    const { type, operands, results, renamed }: PirOp = known ?? {
      type: name,
      operands: [],
      results: [],
      renamed: {},
    };
    const attributes = new Map([...attributesOf(op)].map(([key, value]) => [renamed[key] ?? key, value]));
    const inputs = new Map<string, readonly string[]>();
    for (const [i, operand] of (op.I ?? []).entries())
      this.#operand(operands[i] ?? "", operand["%"], inputs, attributes);
    const made = (op.O ?? []) as readonly ResultObject[];
    const outputs = new Map(made.map((result, i) => [results[i] ?? `_${i}`, this.#result(result)]));
    if (name === "full" || name === "full_int_array") this.#constant(name, made[0]!["%"], attributes);
    if (name === "full_int_array")
      attributes.set("shape", [(attributes.get("values") as readonly number[]).length]);
    if (name === "tril" || name === "triu") attributes.set("lower", name === "tril");
    this.ops.push({ type, inputs, outputs, attributes });
  }

  #constant(name: string, value: number, attributes: ReadonlyMap<string, AttributeValue>): void {
    this.#constants.set(value, attributes.get(name === "full" ? "value" : "values")!);
  }

  #operand(
    role: string,
    value: number,
    inputs: Map<string, readonly string[]>,
    attributes: Map<string, AttributeValue>,
  ): void {
    if (role === "") return;
    const [first, slot] = role.split("|") as [string, string?];
    const isAttribute = /^[a-z]/.test(first) || slot !== undefined;
    const constant = this.#constants.get(value);
    if (isAttribute && constant !== undefined) attributes.set(first, constant);
    else if (!isAttribute || slot !== undefined) inputs.set(slot ?? first, this.#namesOf(value));
    else if (value !== 0) fail(`${first} that only a run makes known`, "a constant");
  }

  #result(result: ResultObject): readonly string[] {
    const value = result["%"];
    const fetched = this.#fetched.get(value);
    const name = fetched ?? `value_${value}`;
    const count = result.TT?.["#"] === "0.t_vec" ? (result.TT.D as readonly unknown[]).length : undefined;
    const names = count === undefined ? [name] : Array.from({ length: count }, (_, i) => `${name}_${i}`);
    this.#names.set(value, names);
    return names;
  }

  #namesOf(value: number): readonly string[] {
    return this.#names.get(value) ?? fail(`operand %${value} that nothing makes`, "an earlier value");
  }
}

interface ProgramObject {
  readonly base_code?: { readonly magic?: string; readonly version?: number };
  readonly program?: {
    readonly regions?: readonly { readonly blocks?: readonly { readonly ops?: readonly OpObject[] }[] }[];
  };
}

/** Whether text is the JSON of a Paddle program. */
export function isPir(text: string): boolean {
  return /^\s*\{\s*"base_code"/.test(text);
}

/** Throws ConvertError for JSON that is no program. */
export function decodePir(bytes: Uint8Array): ProgramDesc {
  try {
    return programOf(JSON.parse(new TextDecoder().decode(bytes)) as ProgramObject);
  } catch (cause) {
    if (CoracleError.isInstance(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return fail(`a malformed part (${reason})`, "JSON as the framework writes it");
  }
}

function programOf(parsed: ProgramObject): ProgramDesc {
  const list = parsed.program?.regions?.[0]?.blocks?.[0]?.ops;
  if (parsed.base_code?.magic !== "pir" || !Array.isArray(list))
    return fail("no operators", "a program of magic pir");
  const reader = new PirReader(list);
  for (const op of list) reader.read(op);
  const block = { parent: -1, vars: reader.vars, ops: reader.ops };
  return { format: "paddle-pir", version: parsed.base_code.version ?? 0, blocks: [block] };
}
